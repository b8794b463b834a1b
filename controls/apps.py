from django.apps import AppConfig


class ControlsConfig(AppConfig):
    name = "controls"
    verbose_name = "What we do"

    def ready(self) -> None:
        from controls import bringing, resources  # noqa: F401  the files and sheets of this app
        from controls.services.mappings import lapse_outdated
        from frameworks.services import catalogues

        catalogues.AFTER_LOAD.append(lambda actor: lapse_outdated(actor=actor))
