"""`make reset`: forget the local data, so that the next `make run` starts over."""

from __future__ import annotations

import os
import shutil
import sys

from . import postgres, valkey
from .children import end_forgotten
from .places import (
    DEFAULT_DATABASE,
    LocalError,
    broker_number,
    database_name,
    local_folder,
    log_folder,
    places,
)
from .run import only_run
from .services import alone, ensure_services, prepare_base, stop_servers


def main() -> None:
    """Drop the data of this folder's portal. Raises `LocalError` while anything uses it."""
    if os.environ.get("DATABASE_URL"):
        raise LocalError("DATABASE_URL is set: `make reset` only drops the local database. Nothing was done.")
    name = database_name(os.environ.get("DATABASE_NAME", DEFAULT_DATABASE))
    where = places("run")
    prepare_base(where)
    with only_run(where, name):
        end_forgotten(where.base / f"{name}.children.json")
        if name == DEFAULT_DATABASE:
            with alone(where):
                stop_servers(where)
                for folder in (where.postgres, where.valkey, where.sockets):
                    shutil.rmtree(folder, ignore_errors=True)
            for folder in (local_folder() / "mail", local_folder() / "media"):
                shutil.rmtree(folder, ignore_errors=True)
        else:  # the default database shares these servers: it stays
            with ensure_services(where, name=name):
                postgres.drop_database(where, name)
                valkey.empty_database(where, broker_number(name))
        shutil.rmtree(log_folder(name), ignore_errors=True)
        for leftover in where.base.glob(f"{name}.prepared.json"):
            leftover.unlink()
    sys.stdout.write("The local data is gone. `make run` starts over.\n")


if __name__ == "__main__":
    try:
        main()
    except LocalError as error:
        sys.exit(str(error))
