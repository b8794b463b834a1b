"""The auditor's workbook: what goes out as sheets, and how it comes back."""
