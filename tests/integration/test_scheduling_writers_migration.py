"""Texts kept by release 0.1.0 have no writer: the migration finds it in the events beside them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from services.scheduling.bootstrap import build
from services.scheduling.domain import application as a
from services.scheduling.domain.application import About
from shared.clock import rfc3339
from shared.connection import Connection
from shared.database import marks
from shared.erasure import ErasureConfirmed
from shared.eventstore.events import Cause
from shared.eventstore.streams import Change
from shared.migrations.migrate import migrate
from shared.service import Service
from shared.settings import load_settings
from tests.migrating import migrated_to
from tests.registry import settings_of

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ADA, LIN, MAX, LEE = (f"per_{name:0>20}" for name in ("ada", "lin", "max", "lee"))
APPLICATION = "app_00000000000000000001"
ABOUT = About("coh_1", "Wessex", ADA)
ASKED = [a.Started(ABOUT), a.SponsorNamed(ABOUT, LIN), a.Submitted(ABOUT)]
SPONSOR_REASON = "sponsor_reason"


class Before(NamedTuple):
    """A database as release 0.1.0 left it, and the service that comes to it now."""

    url: str
    service: Service

    def happened(self, *events: Any, minutes: int, actor: str | None = None) -> None:
        cause, now = Cause("c", actor=actor), NOW + timedelta(minutes=minutes)
        with self.service.write() as connection:
            version = len(self.service.store.load(connection, APPLICATION))
            changes = [Change(APPLICATION, version, events)]
            self.service.streams.append(connection, changes, cause=cause, now=now)

    def kept(self, field: str, text: str, minutes: int) -> None:
        row = (APPLICATION, field, ADA, text, rfc3339(NOW + timedelta(minutes=minutes, seconds=1)))
        with self.service.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO application_texts (application, field, person, text, at)"
                f" VALUES ({marks(connection, 5)})",
                row,
            )

    def erased(self, person: str) -> None:
        with self.service.write() as connection:
            changes = [Change(person, 0, [ErasureConfirmed()])]
            self.service.streams.append(connection, changes, cause=Cause("c"), now=NOW)

    def upgraded(self) -> dict[str, str | None]:
        """The writers of the texts that are left, by their fields."""
        migrate(self.url, self.url, self.service.migrations)
        with self.service.database.read() as connection:
            return dict(writers(connection))


def writers(connection: Connection) -> list[tuple[str, str | None]]:
    rows = connection.exec_driver_sql("SELECT field, writer FROM application_texts")
    return [(field, writer) for field, writer in rows]


@pytest.fixture
def before(database_url: str, tmp_path: Path) -> Iterator[Before]:
    settings = settings_of(tmp_path, SCHEDULING_DATABASE_URL=database_url)
    service = build(load_settings(settings))
    migrated_to(database_url, service.migrations, "scheduling_0001")
    yield Before(database_url, service)
    service.database.close()


def test_each_text_gets_its_writer(before: Before):
    before.happened(*ASKED, minutes=0)
    before.kept("about", "I knit", 0)
    before.happened(a.SponsorRefused(ABOUT, LIN), minutes=1)
    before.kept(SPONSOR_REASON, "Too few", 1)
    before.happened(a.DecisionMade(ABOUT, "offer", NOW), minutes=2, actor=MAX)
    before.happened(a.DecisionMade(ABOUT, "not-offered", NOW), minutes=3, actor=LEE)
    before.kept("decision_reason", "Bored", 3)
    found = {"about": ADA, SPONSOR_REASON: LIN, "decision_reason": LEE}
    assert before.upgraded() == found


def test_a_late_reason_is_theirs_who_took_it_late_and_never_the_applicants(before: Before):
    before.happened(a.Started(ABOUT, late=True), minutes=0, actor=LEE)
    before.kept("late_reason", "The post", 0)
    before.happened(a.Submitted(ABOUT, late=True), minutes=5, actor=ADA)
    assert before.upgraded() == {"late_reason": LEE}


def test_what_nobody_in_particular_wrote_stays_without_a_writer(before: Before):
    before.happened(*ASKED, a.DecisionMade(ABOUT, "offer", NOW), minutes=0)
    before.kept("decision_reason", "Keen", 0)
    assert before.upgraded() == {"decision_reason": None}


def test_a_replaced_sponsors_reason_goes(before: Before):
    before.happened(*ASKED, a.SponsorRefused(ABOUT, LIN), minutes=0)
    before.kept(SPONSOR_REASON, "Too few", 0)
    before.happened(a.SponsorNamed(ABOUT, MAX), minutes=1)
    before.happened(a.SponsorRefused(ABOUT, MAX), minutes=2)  # without a word of their own
    assert before.upgraded() == {}


def test_the_reason_of_the_sponsor_after_another_is_their_own(before: Before):
    before.happened(*ASKED, a.SponsorRefused(ABOUT, LIN), minutes=0)
    before.happened(a.SponsorNamed(ABOUT, MAX), a.SponsorRefused(ABOUT, MAX), minutes=1)
    before.kept(SPONSOR_REASON, "Nor I", 1)
    assert before.upgraded() == {SPONSOR_REASON: MAX}


def test_what_somebody_wrote_who_was_erased_before_the_upgrade_goes(before: Before):
    before.happened(*ASKED, a.SponsorRefused(ABOUT, LIN), minutes=0)
    before.kept(SPONSOR_REASON, "Too few", 0)
    before.kept("about", "I knit", 0)
    before.erased(LIN)
    assert before.upgraded() == {"about": ADA}
