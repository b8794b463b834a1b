#!/usr/bin/env python3
"""The command line of the office. `manage.py quickstart` sets everything up and starts it."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is the sentence that an older Python prints
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        f"Python 3.11 or newer is needed; this is Python {found}. Install a newer Python and run the command again."
    )

try:
    from django.core.management import execute_from_command_line
except ImportError:
    sys.exit(
        "Django is not installed for this Python. Run `make run`, or:\n"
        "  python3 -m venv .venv && .venv/bin/pip install -r requirements.txt\n"
        "and then use .venv/bin/python instead of python3."
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
