"""The table of rules: every event type has a place in it, and every row all that it needs."""

from pathlib import Path

import pytest

from services.notifications import audiences
from services.notifications.domain.rules import (
    CATEGORIES,
    NORMAL,
    RULES,
    SILENT,
    SOON,
    UNHURRIED,
    URGENT,
)
from shared.contracts import schemas

TEMPLATES = Path(audiences.__file__).parent / "templates"
OTHERS = {name for name, _ in schemas.published() if not name.startswith("notifications.")}


def test_every_event_type_of_the_other_services_is_told_or_deliberately_silent():
    confirmed = {name for name in OTHERS if name.endswith(".person.erasure-confirmed")}
    known = {rule.event for rule in RULES} | set(SILENT)
    assert OTHERS - confirmed == known


def test_no_event_type_is_both():
    assert not {rule.event for rule in RULES} & set(SILENT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.message)
def test_a_row_names_audiences_urgency_and_category_that_there_are(rule):
    assert rule.audience
    assert set(rule.audience) <= set(audiences._RESOLVE)
    assert rule.urgency in (NORMAL, SOON, URGENT, UNHURRIED)
    assert rule.category in CATEGORIES


def test_no_two_rows_have_one_message():
    messages = [rule.message for rule in RULES]
    assert len(messages) == len(set(messages))
