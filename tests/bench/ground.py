"""Where the benchmarks run: a folder, and the servers that they share."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

from tests import servers
from tests.servers import KafkaServer, PostgresServer


class Ground:
    """Servers are started when they are first asked for, and end with the ground."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.folder, self._ends = folder, ends
        self._numbers = count(1)

    @cached_property
    def kafka(self) -> str:
        """The broker's `host:port`."""
        server: KafkaServer = servers.open_kafka()
        self._ends.callback(server.discard)
        return server.bootstrap

    @cached_property
    def _postgres(self) -> PostgresServer:
        server = servers.open_postgres()
        self._ends.callback(server.discard)
        return server

    def database(self, kind: str) -> str:
        """The URL of a new, empty database; `kind` is "sqlite" or "postgresql"."""
        if kind == "sqlite":
            return f"sqlite:///{self.room() / 'bench.db'}"
        name = f"hedgerow_bench_{next(self._numbers)}"
        self._postgres.drop_database(name)
        url = self._postgres.create_database(name)
        self._ends.callback(self._postgres.drop_database, name)
        return url

    def room(self) -> Path:
        """A new, empty folder, on the disk that temporary files are on."""
        room = self.folder / str(next(self._numbers))
        room.mkdir()
        return room


@contextmanager
def ground() -> Iterator[Ground]:
    with tempfile.TemporaryDirectory(prefix="hedgerow-bench-") as folder, ExitStack() as ends:
        yield Ground(Path(folder), ends)
