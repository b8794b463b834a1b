"""What the office does when a database is connected to, and after every migrate."""

import sqlite3
from typing import Any

from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from office.services import triggers


def install_triggers(**kwargs: Any) -> None:
    """The journal's triggers: SQLite drops those of a table that a migration rebuilds."""
    triggers.install()


def know_the_real_limit(connection: Any, **kwargs: Any) -> None:
    """How many values a statement of this very SQLite takes; the framework assumes 999, the limit of releases before 2020."""
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit


def connect() -> None:
    post_migrate.connect(install_triggers, dispatch_uid="office.install_triggers")
    connection_created.connect(know_the_real_limit, dispatch_uid="office.know_the_real_limit")
