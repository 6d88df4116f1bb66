"""Texts about links that were kept before they said whom they are about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.discovery import link_texts
from services.discovery.bootstrap import build
from services.discovery.domain.link import ProposalAccepted, Proposed
from shared.database import marks
from shared.erasure import ErasureConfirmed
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.migrations.migrate import migrate
from shared.settings import load_settings
from tests.migrating import migrated_to
from tests.registry import settings_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ADA, BEA = f"per_{'ada':0>20}", f"per_{'bea':0>20}"
SIDES = ("com_1", "com_2")


@pytest.mark.parametrize(
    ("erased", "left"),
    [
        (None, {"message": "", "reply": ADA, "ending": ADA}),
        (ADA, {"message": ""}),  # the message itself went with the erasure of its writer
    ],
)
def test_whom_a_text_is_about_is_found_in_the_proposals_events(
    database_url: str, tmp_path: Path, erased: str | None, left: dict[str, str]
):
    settings = settings_of(tmp_path, DISCOVERY_DATABASE_URL=database_url)
    service = build(load_settings(settings))
    migrated_to(database_url, service.migrations, "discovery_0008")
    proposed = Proposed("lnk_1", SIDES, "Meet", NOW, NOW + timedelta(days=60), ADA)
    accepted = ProposalAccepted("lnk_1", SIDES, "Meet", BEA)
    changes = [Change("prp_1", 0, [proposed, accepted])]
    changes += [Change(erased, 0, [ErasureConfirmed()])] if erased else []
    with service.write() as connection:
        service.streams.append(connection, changes, cause=Cause("c"), now=NOW)
        for kind, writer in (("message", None), ("reply", BEA), ("ending", BEA)):
            row: tuple[Any, ...] = ("lnk_1", kind, writer, "words", "2026-11-01T12:00:00Z")
            connection.exec_driver_sql(
                "INSERT INTO link_texts (link, kind, person, text, at)"
                f" VALUES ({marks(connection, 5)})",
                row,
            )
    migrate(database_url, database_url, service.migrations)
    with service.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT kind, about FROM link_texts").all()
        held = {text["kind"] for text in link_texts.held(connection, ADA)["link_texts"]}
    with service.write() as connection:
        link_texts.forget(connection, ADA)
        gone = link_texts.of_link(connection, "lnk_1")
    service.database.close()
    assert (held, set(gone)) == (set(left) - {"message"}, {"message"})
    assert sorted(tuple(row) for row in rows) == sorted(left.items())
