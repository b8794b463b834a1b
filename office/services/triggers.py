"""Database triggers that refuse UPDATE and DELETE (and TRUNCATE on PostgreSQL) on the journal.

SQLite drops the triggers of a table that a migration rebuilds, so they are installed again after every migrate and
checked at start.
"""

from django.db import connection

TABLES = ("office_journalevent", "office_journalbatch")
_SENTENCE = "The journal is append-only: events are never changed or removed."


def _names(table: str) -> list[str]:
    kinds = ["update", "delete"] + (["truncate"] if connection.vendor == "postgresql" else [])
    return [f"{table}_no_{kind}" for kind in kinds]


def install() -> None:
    """Installs every trigger anew; harmless when they stand."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        statements = [statement for table in TABLES if table in tables for statement in _statements(table)]
        for statement in statements:
            cursor.execute(statement)


def lift() -> None:
    """Takes the triggers away. Only the test suite's flush and a restore into an empty database need this."""
    with connection.cursor() as cursor:
        for table in TABLES:
            for name in _names(table):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def _statements(table: str) -> list[str]:
    if connection.vendor == "sqlite":
        return [
            statement
            for name in _names(table)
            for statement in (
                f"DROP TRIGGER IF EXISTS {name}",
                f"CREATE TRIGGER {name} BEFORE {name.rsplit('_', 1)[1].upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_SENTENCE}'); END",
            )
        ]
    function = (
        "CREATE OR REPLACE FUNCTION office_journal_refuses() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_SENTENCE}'; END $$"
    )
    statements = [function]
    for name in _names(table):
        kind = name.rsplit("_", 1)[1].upper()
        each = "STATEMENT" if kind == "TRUNCATE" else "ROW"
        statements += [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} BEFORE {kind} ON {table} FOR EACH {each} EXECUTE FUNCTION office_journal_refuses()",
        ]
    return statements


def missing_triggers() -> list[str]:
    """A sentence for each trigger that should stand and does not."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        cursor.execute(query)
        standing = {name for (name,) in cursor.fetchall()}
    return [
        f"Trigger {name} is missing on {table}: run `manage.py migrate` to install it again."
        for table in TABLES
        if table in tables
        for name in _names(table)
        if name not in standing
    ]
