"""The peer: PostgreSQL's own full-text ranking of the same communities."""

import uuid
from types import TracebackType

import psycopg
from sqlalchemy.engine import make_url

from tests.bench.landscapes import Landscape
from tests.servers import PostgresServer

_RANKED = (
    "SELECT id FROM communities, to_tsquery('english', %s) AS asked WHERE words @@ asked"
    " ORDER BY ts_rank_cd(words, asked) DESC LIMIT 10"
)


class FullText:
    """A database of its own, with a GIN index."""

    def __init__(self, server: PostgresServer, landscape: Landscape) -> None:
        self._server, self._name = server, f"hedgerow_bench_{uuid.uuid4().hex}"
        url = make_url(server.create_database(self._name)).set(drivername="postgresql")
        self._connection = psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True
        )
        run = self._connection.execute
        run("CREATE TABLE communities (id text PRIMARY KEY, words tsvector NOT NULL)")
        run("CREATE TEMP TABLE coming (id text, name text, domain text)")
        with self._connection.cursor().copy("COPY coming FROM STDIN") as copy:
            for row in landscape.rows():
                copy.write_row((row["id"], row["content"]["name"], row["content"]["domain"]))
        run(
            "INSERT INTO communities SELECT id, setweight(to_tsvector('english', name), 'A')"
            " || to_tsvector('english', domain) FROM coming"
        )
        run("CREATE INDEX ON communities USING gin (words)")
        run("VACUUM ANALYZE communities")

    def __enter__(self) -> "FullText":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        self._server.drop_database(self._name)

    def related(self, text: str) -> None:
        """Rank by any of the words."""
        self._connection.execute(_RANKED, (" | ".join(text.split()),)).fetchall()

    def search(self, text: str) -> None:
        """Rank by any of the words, as discovery's search does."""
        self.related(text)
