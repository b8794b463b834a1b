"""Crosswalk rows in the formats that others read: OSCAL 1.2, STRM sheets, OLIR sheets. Nothing here asks the database."""
