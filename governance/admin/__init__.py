"""Where it meets, in the admin: one file a group of nouns."""

from governance.admin import answers, clocks, gaps, inventory  # noqa: F401  they register themselves
