from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Where it meets"

    def ready(self) -> None:
        from governance import celery, jobs  # noqa: F401  the application that tasks are sent by, and the kinds of long work
