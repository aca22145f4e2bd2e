"""PostgreSQL and Valkey from wheels, for running and testing the portal on one machine.

Nothing here needs Django: `manage.py`, the test suite and `make run` call it before settings are loaded.
"""
