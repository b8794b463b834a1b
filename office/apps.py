from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "office"
    verbose_name = "Who we are"

    def ready(self) -> None:
        from office import checks, importing, outbox, resources, signals  # noqa: F401  kinds of work, sheets

        checks.register_all()
        signals.connect()
