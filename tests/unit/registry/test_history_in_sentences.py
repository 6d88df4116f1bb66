"""A community's history in sentences: one for each event type, read by people."""

from datetime import date
from typing import Any

import pytest

from services.registry.domain import community as c
from services.registry.events import EVENT_TYPES
from services.registry.history import Names, sentence
from services.registry.projections.communities import shown_name

NAMES = {"net_a": "Health Innovation Wessex"}
SENTENCES: list[tuple[Any, str]] = [
    (c.Registered("A", "d"), "Registered as active."),
    (c.Registered("A", "d", state="proposed"), "Registered as proposed."),
    (
        c.Registered("A", "d", source="q-groups"),
        "Imported from the list “q-groups”, not claimed by a convener yet.",
    ),
    (c.Described(name="B"), "Its name changed."),
    (c.Described(name="B", region="W"), "Its name and region changed."),
    (
        c.Described(learning_question="Why?", external_id="7", topics=()),
        "Its topics, learning question and external id changed.",
    ),
    (c.Described(name="B", run="run_1"), "An import changed its name."),
    (c.NetworkJoined("net_a"), "Joined Health Innovation Wessex."),
    (c.NetworkLeft("net_a"), "Left Health Innovation Wessex."),
    (c.StageChanged("maturing"), "Its stage of development became maturing."),
    (c.StateChanged("dormant"), "Became dormant."),
    (c.Closed("faded"), "Closed: it faded."),
    (c.Closed("error"), "Closed: registered in error."),
    (c.Closed("merged", ("com_b",)), "Closed: merged into com_b."),
    (c.Closed("split", ("com_b", "com_c")), "Closed: split into com_b and com_c."),
    (c.Closed("absorbed"), "Closed: became part of an organisation."),
    (
        c.Closed("absorbed", ("com_b",)),
        "Closed: became part of an organisation and went on in com_b.",
    ),
    (c.Reopened(), "Reopened."),
    (c.SuccessionNoted("com_b", "merged"), "The community com_b merged into this one."),
    (
        c.SuccessionWithdrawn("com_b"),
        "The community com_b was reopened: it does not go on in this one.",
    ),
    (
        c.SomebodysRoleStarted("convener", date(2026, 1, 12)),
        "Somebody is convener from 2026-01-12.",
    ),
    (c.SomebodysRoleEnded(date(2026, 3, 1)), "Somebody's role ends on 2026-03-01."),
    (
        c.MembershipStarted("com_1", "rol_1", "per_a", "convener", date(2026, 1, 12)),
        "per_a is convener from 2026-01-12.",
    ),
    (
        c.MembershipStarted(
            "com_1", "rol_1", "per_a", "member", date(2026, 1, 12), date(2027, 1, 12)
        ),
        "per_a is member from 2026-01-12 to 2027-01-12.",
    ),
    (c.MembershipEnded("com_1", "rol_1", date(2026, 9, 1)), "The role rol_1 ends on 2026-09-01."),
    (c.ConvenerNeeded(), "It needs a convener."),
    (c.ConvenerFound(), "It has a convener again."),
]


@pytest.mark.parametrize(("event", "words"), SENTENCES, ids=[words for _, words in SENTENCES])
def test_an_event_reads_as_a_sentence(event: Any, words: str):
    assert sentence(event, Names(lambda n: NAMES.get(n, n), lambda person: person)) == words


def test_a_network_that_is_not_known_is_told_by_its_id():
    names = Names(lambda network: network, lambda person: person)
    assert sentence(c.NetworkJoined("net_z"), names) == "Joined net_z."


def test_every_event_of_a_community_has_its_sentence():
    told = {type(event) for event, _ in SENTENCES}
    names = EVENT_TYPES.by_name
    ours = ("registry.community.", "registry.membership.")
    assert told == {t.holds for n, t in names.items() if n.startswith(ours)}


@pytest.mark.parametrize(
    ("name", "domain", "shown"),
    [
        ("Falls", "Keeping people on their feet", "Falls"),
        ("", "Keeping people on their feet", "Keeping people on their feet"),
        ("", "one two three four five six seven eight nine ten", None),
        ("", "1 2 3 4 5 6 7 8 9 10 11 12", "1 2 3 4 5 6 7 8 9 10…"),
        ("", "Lines\n and\ttabs", "Lines and tabs"),
    ],
)
def test_where_a_list_gave_no_name_the_domains_first_words_are_shown(
    name: str, domain: str, shown: str | None
):
    assert shown_name(c.Community(name=name, domain=domain)) == (shown or domain)


def test_a_person_who_was_erased_is_told_as_a_former_member():
    names = Names(lambda network: network, lambda person: "A former member")
    started = c.MembershipStarted("com_1", "rol_a", "per_a", "convener", date(2026, 1, 12))
    assert sentence(started, names) == "A former member is convener from 2026-01-12."
