"""Lists as tables for spreadsheets: one row a record, one column a field."""
