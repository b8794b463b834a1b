"""After every migrate the journal's triggers are installed again."""

from typing import Any

from django.db.models.signals import post_migrate

from office.services import triggers


def install_triggers(**kwargs: Any) -> None:
    triggers.install()


def connect() -> None:
    post_migrate.connect(install_triggers, dispatch_uid="office.install_triggers")
