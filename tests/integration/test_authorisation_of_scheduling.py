"""Every route of scheduling as every kind of caller, beside the hand-written table."""

import pytest

from tests.applications import registry_at_hand
from tests.authorisation import scheduling as table
from tests.authorisation.kinds import Who
from tests.integration.test_authorisation_matrix import SHARED, differences, routes


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    registry_at_hand(monkeypatch)


def test_every_route_is_in_the_table(scheduling):
    assert set(routes(scheduling.app)) == set(table.TABLE | SHARED)


def test_every_route_lets_in_whom_the_table_says(scheduling):
    names, callers = table.world(scheduling)
    assert set(callers) == set(Who)
    made, wrong = differences(scheduling.app, table.TABLE | SHARED, names, callers)
    assert not wrong, "\n".join(wrong)
    assert made == len(callers) * len(table.TABLE | SHARED)


def test_the_sessions_of_a_cohort_are_its_programme_teams(scheduling):
    names, callers = table.world(scheduling, session_of_cohort=True)
    _, wrong = differences(scheduling.app, dict(table.OF_A_COHORT), names, callers)
    assert not wrong, "\n".join(wrong)
