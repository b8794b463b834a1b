"""The team's portal: register, answer what still matters, see what is owed and why; the auditor's crosswalk."""
