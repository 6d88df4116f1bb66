"""Every route of discovery as every kind of caller, beside the hand-written table."""

from tests.authorisation import discovery as table
from tests.discovery import Discovery
from tests.integration.test_authorisation_matrix import SHARED, differences, routes


def test_every_route_is_in_the_table(discoverer: Discovery):
    assert set(routes(discoverer.app)) == set(table.TABLE | SHARED)


def test_every_route_lets_in_whom_the_table_says(discoverer: Discovery):
    names, callers = table.world(discoverer)
    made, wrong = differences(discoverer.app, table.TABLE | SHARED, names, callers)
    assert not wrong, "\n".join(wrong)
    assert made == len(callers) * len(table.TABLE | SHARED)
