"""What we do, in the admin: one file a group of nouns."""

from controls.admin import conflicts, controls, implementations, mappings  # noqa: F401  they register themselves
