#!/usr/bin/env python
"""Command-line entry point. Starts the local database and broker for commands that need them."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cooperation_portal.settings.local")
    try:
        from django.core.management import execute_from_command_line

        from cooperation_portal.local.commands import servers_for
        from cooperation_portal.local.places import LocalError
    except ImportError as error:
        sys.exit(f"{error}. Run `make install` first, and use .venv/bin/python.")
    try:
        with servers_for(sys.argv):
            execute_from_command_line(sys.argv)
    except LocalError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
