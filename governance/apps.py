from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Where it meets"

    def ready(self) -> None:
        from governance import jobs  # noqa: F401  registers the kinds of long work
