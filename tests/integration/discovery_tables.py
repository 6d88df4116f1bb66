"""Discovery's tables, written by hand: what its worker reads and its web follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.discovery.meaning.work import Computing
from services.discovery.projections.registry import DOCUMENTS
from shared.database import Database
from shared.migrations.migrate import migrate
from shared.projection.projection import load_rows, write_rows

VERSIONS = Path(__file__).parents[2] / "services" / "discovery" / "migrations"


@contextmanager
def discovery_database(url: str) -> Iterator[Database]:
    """Discovery's database with every migration, empty."""
    migrate(url, url, VERSIONS)
    database = Database(url)
    yield database
    database.close()


def write(database: Database, generation: int = 1, **domains: str) -> None:
    """Put communities by id and domain, or change them."""
    with database.write() as connection:
        before = load_rows(connection, DOCUMENTS, generation, domains)
        rows: dict[str, Any] = {name: _row(before, name, text) for name, text in domains.items()}
        write_rows(connection, DOCUMENTS, generation, before, rows)


def _row(before: dict[str, Any], name: str, domain: str) -> dict[str, Any]:
    texts = dict.fromkeys(("name", "practice", "learning_question", "region", "stage"), "")
    lists: dict[str, Any] = {f: [] for f in ("topics", "sectors", "networks", "successors")}
    version = before[name]["version"] + 1 if name in before else 1
    content = {**texts, **lists, "domain": domain, "state": "active"}
    return {"id": name, "version": version, "at": "2026-01-01T00:00:00Z", "content": content}


def compute_all(computing: Computing) -> None:
    """Let the worker's loop run until it has nothing left to do."""
    while computing.step():
        pass


def hashes(database: Database) -> set[str]:
    """What has a vector."""
    with database.read() as connection:
        return set(connection.exec_driver_sql("SELECT text_hash FROM vectors").scalars())
