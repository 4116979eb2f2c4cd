"""Brings the databases of an MLflow server to the schema of the MLflow that is installed here, or waits for that.

    python -P mlflow/database.py upgrade    # once per release: creates or upgrades both schemas
    python -P mlflow/database.py wait       # before every start: returns when both are as they must be

MLFLOW_BACKEND_STORE_URI names the one of runs and models, MLFLOW_AUTH_CONFIG_PATH the file that names the one of users.
A server by itself would create an empty database too, but several that start at once would do so at once, and it
refuses one of an older release. Every line printed is something done or something waited for.
"""

from __future__ import annotations

import argparse
import configparser
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Database:
    """One of the two, and how MLflow looks after it."""

    name: str
    uri: str
    migrations: Path
    version_table: str
    upgrade: tuple[str, ...]
    """The arguments of Python that bring it up to date."""

    def obstacle(self) -> str | None:
        """Why a server can't use it yet; None when it can."""
        wanted = ScriptDirectory(str(self.migrations)).get_current_head()
        try:
            present = self._revision()
        except OperationalError as error:
            return f"{self.name}: no connection: {str(error.orig).strip().splitlines()[0]}"
        if present == wanted:
            return None
        return f"{self.name}: its schema is {present or 'not there'}, this MLflow needs {wanted}"

    def reachable(self) -> str | None:
        """Why there is no connection; None when there is one."""
        try:
            self._revision()
        except OperationalError as error:
            return f"{self.name}: no connection: {str(error.orig).strip().splitlines()[0]}"
        return None

    def _revision(self) -> str | None:
        # Without a pool: whoever upgrades the schema must not find us in its way.
        engine = create_engine(self.uri, poolclass=NullPool)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": self.version_table})
            return context.get_current_revision()


def databases(environment: dict[str, str]) -> list[Database]:
    """Those that the environment names; SystemExit with one clear line where it names none."""
    uri = environment.get("MLFLOW_BACKEND_STORE_URI", "")
    if not uri:
        sys.exit("MLFLOW_BACKEND_STORE_URI is not set: there is no database to look after")
    package = _package_folder()
    found = [
        Database(
            name="runs and models",
            uri=uri,
            migrations=package / "store" / "db_migrations",
            version_table="alembic_version",
            upgrade=("-m", "mlflow", "db", "upgrade", uri),
        )
    ]
    if path := environment.get("MLFLOW_AUTH_CONFIG_PATH"):
        configuration = configparser.ConfigParser()
        configuration.read_string(Path(path).read_text(encoding="utf-8"))
        users = configuration["mlflow"]["database_uri"]
        found.append(
            Database(
                name="users",
                uri=users,
                migrations=package / "server" / "auth" / "db" / "migrations",
                version_table="alembic_version_auth",
                upgrade=("-m", "mlflow.server.auth", "db", "upgrade", "--url", users),
            )
        )
    return found


def wait_until_none(obstacle: Callable[[], str | None], deadline: float) -> None:
    """Returns when nothing is in the way; SystemExit with the reason when time is up."""
    told = None
    while (reason := obstacle()) is not None:
        if time.monotonic() > deadline:
            sys.exit(f"gave up: {reason}")
        if reason != told:
            print(reason, flush=True)
        told = reason
        time.sleep(_POLL_SECONDS)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["upgrade", "wait"])
    parser.add_argument("--timeout-seconds", type=float, default=300, help="how long to wait")
    options = parser.parse_args(arguments)
    deadline = time.monotonic() + options.timeout_seconds
    for database in databases(dict(os.environ)):
        if options.command == "upgrade":
            wait_until_none(database.reachable, deadline)
            done = subprocess.run([sys.executable, "-P", *database.upgrade], check=False)
            if done.returncode != 0:
                sys.exit(f"{database.name}: not upgraded, see above")
        wait_until_none(database.obstacle, deadline)
        print(f"{database.name}: up to date", flush=True)


def _package_folder() -> Path:
    # Found, not imported: that would take seconds, at every start of a server.
    spec = find_spec("mlflow")
    if spec is None or spec.origin is None:
        sys.exit("MLflow is not installed for this Python")
    return Path(spec.origin).parent


if __name__ == "__main__":
    main()
