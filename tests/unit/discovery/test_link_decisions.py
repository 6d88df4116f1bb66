"""Links: given what happened, what may be done, and what comes of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.discovery.domain import feedback as f
from services.discovery.domain import link as k
from services.discovery.domain.link import Link, LinkEvent
from services.discovery.domain.link_decisions import (
    Accept,
    Close,
    Command,
    End,
    PassTime,
    Propose,
    Refuse,
    TakeOver,
    deadlines,
    decide,
)
from services.discovery.domain.refusal import Refused

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REMIND, LAPSES = deadlines(NOW, 60)
OURS, BACK = ("com_a", "com_b"), ("com_b", "com_a")
PROPOSE = Propose("lnk_1", OURS, "Meet", REMIND, LAPSES)
MADE = k.Proposed("lnk_1", OURS, "Meet", REMIND, LAPSES)
OF = ("lnk_1", OURS, "Meet")
AGREED = [MADE, k.ProposalAccepted(*OF), k.Accepted(*OF)]


def after(*events: LinkEvent) -> Link:
    link = Link()
    for event in events:
        link = k.evolve(link, event)
    return link


def refusal(link: Link, command: Command) -> Refused:
    with pytest.raises(Refused) as caught:
        decide(link, command)
    return caught.value


def test_a_proposal_waits_sixty_days_and_is_brought_to_mind_a_fortnight_before():
    assert timedelta(days=60) == LAPSES - NOW
    assert timedelta(days=14) == LAPSES - REMIND
    remind, lapses = deadlines(NOW, 10)
    assert lapses - remind == timedelta(days=5)


def test_what_is_proposed_from_both_sides_is_agreed():
    back = replace(PROPOSE, link="lnk_2", communities=BACK, purpose="Learn", by="per_b")
    assert decide(after(MADE), back) == [
        k.ProposalAccepted(*OF, by="per_b", also="Learn"),
        k.Accepted(*OF),
    ]


def test_the_same_proposal_again_is_the_same_proposal():
    assert decide(after(MADE), replace(PROPOSE, link="lnk_2")) == []


def test_after_an_end_two_can_propose_anew():
    for over in ([MADE, k.Refused(*OF)], [MADE, k.Lapsed(*OF)], [*AGREED, k.Ended(*OF)]):
        (again,) = decide(after(*over), replace(PROPOSE, link="lnk_2"))
        assert again == replace(MADE, link="lnk_2")


@pytest.mark.parametrize("command", [Accept(), Refuse(), End()])
def test_what_lapsed_can_no_longer_be_answered(command: Command):
    no = refusal(after(MADE, k.Lapsed(*OF)), command)
    assert no.unlawful
    assert "lapsed" in no.reason


@pytest.mark.parametrize(
    ("events", "command"),
    [
        (AGREED, Accept("com_b")),
        ([MADE, k.Refused(*OF)], Refuse("com_b")),
        ([*AGREED, k.Ended(*OF, "com_a", "applied")], End("com_a")),
    ],
)
def test_what_is_said_again_after_a_lost_answer_changes_nothing(
    events: list[LinkEvent], command: Command
):
    assert decide(after(*events), command) == []


def test_an_accepted_link_is_ended_not_refused():
    assert "end it" in refusal(after(*AGREED), Refuse()).reason


def test_time_reminds_once_and_then_lets_lapse():
    waiting = after(MADE)
    assert decide(waiting, PassTime(REMIND - timedelta(seconds=1))) == []
    reminded = k.Reminded(*OF, LAPSES)
    assert decide(waiting, PassTime(REMIND)) == [reminded]
    assert decide(after(MADE, reminded), PassTime(LAPSES - timedelta(seconds=1))) == []
    assert decide(after(MADE, reminded), PassTime(LAPSES)) == [k.Lapsed(*OF)]
    assert decide(waiting, PassTime(LAPSES)) == [k.Lapsed(*OF)]  # after a long outage
    assert decide(after(*AGREED), PassTime(LAPSES)) == []


def test_a_side_that_closes_ends_what_is_live_and_nothing_else():
    close = Close("com_a", "faded", ())
    assert decide(after(MADE), close) == [k.Withdrawn(*OF, "com_a", ending="faded", into=())]
    assert decide(after(*AGREED), close) == [k.Ended(*OF, "com_a", ending="faded", into=())]
    assert decide(after(MADE, k.Refused(*OF)), close) == []


def test_what_was_agreed_with_a_predecessor_holds():
    take_over = TakeOver("lnk_9", ("com_s", "com_b"), "Share", "lnk_0", "com_p", "com_s")
    assert decide(Link(), take_over) == [
        k.Accepted("lnk_9", ("com_s", "com_b"), "Share", "lnk_0", "com_p", "com_s")
    ]
    take_over = replace(take_over, communities=OURS, heir="com_a")
    assert decide(after(MADE), take_over) == []  # what is proposed, the other side answers
    assert decide(after(*AGREED), take_over) == []


def test_a_verdict_can_be_changed_and_taken_back_and_said_twice_it_is_one():
    give = f.Give("com_a", "com_b", f.NOT_USEFUL)
    (given,) = f.decide(f.Feedback(), give)
    state = f.evolve(f.Feedback(), given)
    assert f.decide(state, give) == []
    assert f.decide(state, f.Give("com_a", "com_b", f.USEFUL)) == [
        f.Given("com_a", "com_b", f.USEFUL)
    ]
    (back,) = f.decide(state, f.TakeBack())
    assert f.evolve(state, back).verdict is None
    assert f.decide(f.evolve(state, back), f.TakeBack()) == []
