from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "office"
    verbose_name = "Who we are"

    def ready(self) -> None:
        from office import checks, outbox, signals  # noqa: F401  the kinds of long work

        checks.register_all()
        signals.connect()
