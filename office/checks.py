"""System checks that look at the database; run by `migrate` and by `manage.py check --database default`.

Warnings, not errors: an error would keep `migrate` from putting the triggers back. `serve` refuses to start without them.
"""

from typing import Any

from django.core import checks
from django.db import DatabaseError

from office.services.triggers import missing_triggers


def journal_triggers_stand(databases: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    if not databases:
        return []
    try:
        missing = missing_triggers()
    except DatabaseError as error:
        return [checks.Warning(f"The database cannot be read: {error}", id="office.W001")]
    return [
        checks.Warning(
            sentence, hint="Run `manage.py verify_journal` too: somebody took the trigger away.", id="office.W002"
        )
        for sentence in missing
    ]


def register_all() -> None:
    checks.register(journal_triggers_stand, checks.Tags.database)
