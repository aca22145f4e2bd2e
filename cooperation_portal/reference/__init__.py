"""Reference data: CSV and JSON files that the apps own, read with their row numbers and brought into the database."""
