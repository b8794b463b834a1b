from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Where it meets"

    def ready(self) -> None:
        from governance import celery, jobs, resources  # noqa: F401  what sends tasks, kinds of work, sheets
        from governance.workbook import coming_back  # noqa: F401  the workbook among the files that people bring
