"""Reading saved searches, and the table of what they ask for: by people, and so erasable."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from services.discovery.domain.saved_search import ACTIVE
from services.discovery.projections.saved import SAVED_SEARCHES
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import mark, marks
from shared.projection.generations import OWN, active
from shared.projection.projection import Row, load_rows

Hashes = npt.NDArray[np.uint64]
Filters = Mapping[str, Sequence[str]]
_STORED = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class Search:
    """What a saved search asks for. `already` are those that matched when it was saved."""

    id: str
    q: str = ""
    filters: Filters = field(default_factory=dict)
    like: str | None = None
    threshold: float = 0.0
    already: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))

    def knew(self, community: str) -> bool:
        """Whether a community matched when the search was saved."""
        wanted = np.uint64(_hash(community))
        place = int(np.searchsorted(self.already, wanted))
        return place < len(self.already) and bool(self.already[place] == wanted)


class News(NamedTuple):
    """A search that has found something, and when it told of it last."""

    search: str
    at: str
    q: str
    like: str | None


def hashes(communities: Iterable[str]) -> Hashes:
    """Communities as a saved search keeps them: eight bytes each, however many match."""
    return np.sort(np.fromiter((_hash(key) for key in communities), np.uint64))


def _hash(community: str) -> int:
    return int.from_bytes(hashlib.sha256(community.encode()).digest()[:8], "big")


def keep_words(connection: Connection, search: str, person: str, asked: Search) -> None:
    """Keep what a search asks for where it can be erased with its person."""
    connection.exec_driver_sql(
        "INSERT INTO saved_search_words (search, person, q, filters, already)"
        f" VALUES ({marks(connection, 5)})",
        (
            *(search, person, asked.q, _json(asked.filters)),
            asked.already.astype(_STORED).tobytes(),
        ),
    )


def delete_words(connection: Connection, search: str) -> None:
    sql = f"DELETE FROM saved_search_words WHERE search = {mark(connection)}"
    connection.exec_driver_sql(sql, (search,))


def forget(connection: Connection, person: str) -> None:
    """Delete all that a person's searches ask for."""
    sql = f"DELETE FROM saved_search_words WHERE person = {mark(connection)}"
    connection.exec_driver_sql(sql, (person,))


def active_ids(connection: Connection) -> list[str]:
    rows = connection.exec_driver_sql(
        f"SELECT id FROM saved_searches_{active(connection, OWN)}"
        f" WHERE state = '{ACTIVE}' ORDER BY id"
    )
    return list(rows.scalars())


def load(connection: Connection, ids: Sequence[str]) -> list[Search]:
    """What these ask for; those whose words were erased are left out."""
    rows = load_rows(connection, SAVED_SEARCHES, active(connection, OWN), ids)
    asked = words_of(connection, ids)
    found = []
    for key, (q, filters, already) in asked.items():
        if key in rows:
            about = rows[key]["content"]
            threshold = about["threshold"] or 0.0
            found.append(Search(key, q, filters, about["like"], threshold, already))
    return found


def words_of(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, Filters, Hashes]]:
    """What these ask for in words, the filters, and what matched already."""
    found = {}
    for start in range(0, len(ids), 500):
        chunk = tuple(ids[start : start + 500])
        rows = connection.exec_driver_sql(
            "SELECT search, q, filters, already FROM saved_search_words"
            f" WHERE search IN ({marks(connection, len(chunk))})",
            chunk,
        )
        for key, q, filters, already in rows:
            known = np.frombuffer(bytes(already), _STORED).astype(np.uint64)
            found[key] = (q, msgspec.json.decode(filters), known)
    return found


def one(connection: Connection, search: str) -> Row | None:
    """One that is there and not removed."""
    row = load_rows(connection, SAVED_SEARCHES, active(connection, OWN), [search]).get(search)
    return row if row is not None and row["state"] == ACTIVE else None


def of_person(connection: Connection, person: str) -> list[Row]:
    """The searches that a person has, in the order in which they were made."""
    n = active(connection, OWN)
    ids = connection.exec_driver_sql(
        f"SELECT id FROM saved_searches_{n}"
        f" WHERE person = {mark(connection)} AND state = '{ACTIVE}'",
        (person,),
    ).scalars()
    rows = load_rows(connection, SAVED_SEARCHES, n, ids).values()
    return sorted(rows, key=lambda row: (row["content"]["made_at"], row["id"]))


def news_of(connection: Connection, person: str, since: datetime) -> list[News]:
    """Those of a person's searches that have told of a community since then."""
    n, p = active(connection, OWN), mark(connection)
    rows = connection.exec_driver_sql(
        "SELECT asked.id, max(told.at), max(words.q), max(asked.content)"
        f" FROM saved_searches_{n} AS asked"
        f" JOIN saved_search_told_{n} AS told ON told.search = asked.id"
        " JOIN saved_search_words AS words ON words.search = asked.id"
        f" WHERE asked.person = {p} AND asked.state = '{ACTIVE}' AND told.at > {p}"
        " GROUP BY asked.id",
        (person, rfc3339(since)),
    )
    return [
        News(search, at, q, msgspec.json.decode(content)["like"]) for search, at, q, content in rows
    ]


def told_of(connection: Connection, search: str) -> list[dict[str, str]]:
    """The communities that a search has told of, the latest first."""
    rows = connection.exec_driver_sql(
        f"SELECT community, at FROM saved_search_told_{active(connection, OWN)}"
        f" WHERE search = {mark(connection)} ORDER BY at DESC, community",
        (search,),
    )
    return [{"community": row[0], "at": row[1]} for row in rows]


def held(connection: Connection, person: str) -> dict[str, Any]:
    """A person's searches, for their copy."""
    rows = of_person(connection, person)
    words = words_of(connection, [row["id"] for row in rows])
    return {
        "saved_searches": [
            {
                "id": row["id"],
                "q": words[row["id"]][0] if row["id"] in words else "",
                "filters": words[row["id"]][1] if row["id"] in words else {},
                **row["content"],
                "told": told_of(connection, row["id"]),
            }
            for row in rows
        ]
    }


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
