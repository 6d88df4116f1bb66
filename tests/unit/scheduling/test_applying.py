"""Applications: what is missing, who is eligible, and who gets a place."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.scheduling.domain import admission
from services.scheduling.domain import application as a
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain.admission import Places
from services.scheduling.domain.application import About, Application
from services.scheduling.domain.eligibility import ELIGIBLE, PRIORITY, Facts, find
from services.scheduling.domain.refusal import Refused
from services.scheduling.events import APPLICATION
from tests.unit.scheduling.scenario import Given

ABOUT = About("coh_a", "Wessex", "per_a")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
AT = Places(2, "Europe/London", date(2026, 11, 15))
FINISHED = replace(AT, finished=True)
READY = (
    a.Started(ABOUT),
    a.Answered(ABOUT, Facts(q_member=True), "com_a", ()),
    a.SponsorNamed(ABOUT, "per_s"),
)
SUBMITTED = (*READY, a.Submitted(ABOUT), a.SponsorAsked(ABOUT, "per_s", 1, LATER, 10))
SUBMIT = d.Submit(open_=True, late=False, days=10, expires=LATER)


def given(*events: Any) -> Given:
    return Given(APPLICATION, events)


@pytest.mark.parametrize(
    ("facts", "met"),
    [
        (Facts(), None),
        (Facts(q_member=True), True),
        (Facts(q_member=False), None),
        (Facts(leads=True), None),
        (Facts(leads=True, network_supported=True), True),
        (Facts(plans_to_lead=True, network_supported=True), True),
        (Facts(q_member=False, leads=True, network_supported=False), False),
        (Facts(q_member=False, leads=False, plans_to_lead=False), False),
        (Facts(q_member=False, network_supported=False), False),
        (Facts(q_member=True, network_supported=False), True),
    ],
)
def test_eligibility_is_answered_with_reasons(facts: Facts, met: bool | None):
    found = find(ELIGIBLE, facts)
    assert found.met is met
    assert found.reasons


@pytest.mark.parametrize(
    ("facts", "met", "reasons"),
    [
        (Facts(), None, 2),
        (Facts(spans_professions=True), True, 1),
        (Facts(spans_professions=True, spans_organisations=True), True, 2),
        (Facts(spans_professions=False), None, 1),
        (Facts(spans_professions=False, spans_organisations=False), False, 2),
    ],
)
def test_priority_is_answered_with_reasons(facts: Facts, met: bool | None, reasons: int):
    found = find(PRIORITY, facts)
    assert (found.met, len(found.reasons)) == (met, reasons)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (READY[:1], ["community", "eligible", "line manager", "Hand"]),
        (READY[:2], ["line manager", "Hand"]),
        (READY, ["Hand"]),
        (SUBMITTED, ["not confirmed"]),
        ((*SUBMITTED, a.SponsorConfirmed(ABOUT, "per_s")), []),
        ((*SUBMITTED, a.SponsorRefused(ABOUT, "per_s")), ["refused"]),
        ((*SUBMITTED, a.Withdrawn(ABOUT, "submitted")), []),
    ],
)
def test_what_is_missing_is_said_in_words(events: Any, words: list[str]):
    found = d.missing(given(*events).state)
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


@pytest.mark.parametrize(
    ("open_", "late", "refused"),
    [(True, False, False), (True, True, False), (False, True, False), (False, False, True)],
)
def test_a_cohort_takes_applications_while_open_or_late_from_an_operator(
    open_: bool, late: bool, refused: bool
):
    command = d.Start(ABOUT, open_, late)
    if refused:
        given().refuses(command, unlawful=True)
    else:
        assert given().when(command) == [a.Started(ABOUT, late=not open_)]


@pytest.mark.parametrize(
    ("events", "command"),
    [
        ((), d.Start(ABOUT, open_=False, late=True, finished=True)),
        (READY, replace(SUBMIT, open_=False, late=True, finished=True)),
        (SUBMITTED, d.Decide("offer", NOW, finished=True)),
    ],
)
def test_in_a_finished_cohort_nothing_is_applied_for_handed_in_or_decided(
    events: Any, command: Any
):
    assert "finished" in given(*events).refuses(command, unlawful=True)


def test_nothing_is_handed_in_while_something_is_missing():
    assert "sponsor" in given(*READY[:2]).refuses(SUBMIT, unlawful=True)


def test_handing_in_asks_the_sponsor_and_twice_is_the_same_as_once():
    it = given(*READY)
    assert it.when(SUBMIT) == list(SUBMITTED[3:])
    assert it.when(SUBMIT) == []


@pytest.mark.parametrize(
    ("events", "words"),
    [
        (READY, ["name another", "Hand"]),
        (SUBMITTED, ["name another"]),
        ((*SUBMITTED, a.SponsorRefused(ABOUT, "per_s")), ["name another"]),
        ((*SUBMITTED, a.SponsorConfirmed(ABOUT, "per_s")), []),
    ],
)
def test_a_sponsor_who_is_gone_before_they_confirmed_is_to_be_another(
    events: Any, words: list[str]
):
    found = d.missing(given(*events).state, sponsor_gone=True)
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


def test_a_sponsor_who_is_gone_is_not_asked():
    gone = replace(SUBMIT, sponsor_gone=True)
    assert "name another" in given(*READY).refuses(gone, unlawful=True)
    again = d.AskSponsorAgain(10, LATER, sponsor_gone=True)
    assert "name another" in given(*SUBMITTED).refuses(again, unlawful=True)
    assert given(*SUBMITTED, a.SponsorConfirmed(ABOUT, "per_s")).when(again) == []


def test_nobody_is_their_own_sponsor():
    given(*READY[:1]).refuses(d.NameSponsor("per_a"), field="sponsor")


def test_another_sponsor_makes_the_first_ones_answer_void():
    it = given(*SUBMITTED, a.SponsorConfirmed(ABOUT, "per_s"))
    it.when(d.NameSponsor("per_t"))
    assert it.state.sponsor_reply is None
    assert it.when(d.AskSponsorAgain(10, LATER)) == [a.SponsorAsked(ABOUT, "per_t", 2, LATER, 10)]


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_sponsor_answers_once(confirmed: bool):
    it = given(*SUBMITTED)
    assert len(it.when(d.SponsorReplies(confirmed, 1))) == 1
    assert it.when(d.SponsorReplies(confirmed, 1)) == []
    it.refuses(d.SponsorReplies(not confirmed, 1), unlawful=True)


@pytest.mark.parametrize("generation", [0, 2, 9])
def test_a_link_of_another_generation_does_nothing(generation: int):
    given(*SUBMITTED).refuses(d.SponsorReplies(True, generation), unlawful=True)


@pytest.mark.parametrize("events", [(), READY])
def test_what_is_not_handed_in_is_not_decided(events: Any):
    given(*events).refuses(d.Decide("offer", NOW), unlawful=True)


def test_a_decision_can_change_until_it_is_released():
    it = given(*SUBMITTED)
    it.when(d.Decide("offer", NOW))
    assert it.when(d.Decide("offer", NOW)) == []
    it.when(d.Decide("not-offered", NOW))
    assert it.state.state == "decided"
    it.state = replace(it.state, released=True)
    it.refuses(d.Decide("offer", NOW), unlawful=True)
    assert it.when(d.Decide("not-offered", NOW)) == []


@pytest.mark.parametrize("decision", a.DECISIONS)
def test_what_is_decided_in_private_can_still_be_changed_until_it_is_released(decision: str):
    it = given(*SUBMITTED, a.DecisionMade(ABOUT, decision, NOW))
    assert it.when(d.Answer(Facts(leads=True), None, ()))
    assert it.when(d.NameSponsor("per_t"))
    assert it.state.changed_since_decision
    assert it.when(d.Decide(decision, LATER)) == [a.DecisionMade(ABOUT, decision, NOW)]
    it.when(d.Answer(Facts(), None, ()))
    it.state = replace(it.state, released=True)
    it.refuses(d.Answer(Facts(leads=True), None, ()), unlawful=True)
    it.refuses(d.NameSponsor("per_u"), unlawful=True)


def test_an_applicant_knows_of_no_decision_before_it_is_released():
    for decision in a.DECISIONS:
        made = given(*SUBMITTED, a.DecisionMade(ABOUT, decision, NOW)).state
        assert a.as_its_applicant_knows(made) == given(*SUBMITTED).state


@pytest.mark.parametrize("outcome", [a.Accepted(ABOUT), a.Declined(ABOUT), a.Withdrawn(ABOUT, "x")])
@pytest.mark.parametrize(
    "command", [d.Answer(Facts(), None, ()), SUBMIT, d.Decide("offer", NOW), d.NameSponsor("per_t")]
)
def test_what_has_ended_stays_so(outcome: Any, command: Any):
    given(*SUBMITTED, outcome).refuses(command, unlawful=True)


def test_words_are_forgotten_once():
    it = given(*SUBMITTED, a.Accepted(ABOUT))
    assert it.when(d.Forget("erased")) == [a.Forgotten(ABOUT, "erased")]
    assert it.when(d.Forget("retention")) == []
    assert it.state.state == "accepted"


# --- places ---


def decided(*decisions: str) -> dict[str, Application]:
    """Applications that were decided in this order, a minute apart."""
    found = {}
    for n, decision in enumerate(decisions):
        about = About("coh_a", "Wessex", f"per_{n}")
        made = a.DecisionMade(about, decision, NOW + timedelta(minutes=n))
        events = (a.Started(about), a.Submitted(about), made)
        found[f"app_{n}"] = Given(APPLICATION, events).state
    return found


def after(
    applications: dict[str, Application], changes: admission.Changes
) -> dict[str, Application]:
    """With the changes made."""
    found = dict(applications)
    for key, events in changes.items():
        for event in events:
            found[key] = a.evolve(found[key], event)
    return found


def released(*decisions: str) -> dict[str, Application]:
    applications = decided(*decisions)
    return after(applications, admission.release(applications, AT))


def states(applications: dict[str, Application]) -> list[str]:
    return [
        "offered" if x.offered else f"waiting {x.position}" if x.waiting else x.state
        for x in applications.values()
    ]


def test_all_decisions_are_told_together_and_the_waiting_list_is_in_order():
    found = released("offer", "waiting-list", "not-offered", "waiting-list", "offer")
    assert states(found) == ["offered", "waiting 1", "released", "waiting 2", "offered"]
    assert found["app_0"].reply_by == AT.reply_by


def test_nothing_to_release_is_refused():
    with pytest.raises(Refused):
        admission.release({}, AT)
    with pytest.raises(Refused):
        admission.release(released("offer"), AT)


def test_a_later_release_goes_on_with_the_waiting_list():
    found = released("waiting-list")
    more = {f"x{key}": x for key, x in decided("waiting-list").items()}
    both = {**found, **more}
    assert states(after(both, admission.release(both, AT))) == ["waiting 1", "waiting 2"]


def test_a_declined_place_goes_to_the_first_who_waits():
    found = released("offer", "offer", "waiting-list", "waiting-list")
    found = after(found, admission.decline(found, "app_0", AT))
    assert states(found) == ["declined", "offered", "offered", "waiting 2"]


def test_a_place_is_not_given_again_where_there_were_more_offers_than_places():
    found = released("offer", "offer", "offer", "waiting-list")
    found = after(found, admission.decline(found, "app_0", AT))
    assert states(found) == ["declined", "offered", "offered", "waiting 1"]


def test_places_are_never_exceeded():
    found = released("offer", "offer", "offer")
    for key in ("app_0", "app_1"):
        found = after(found, admission.accept(found, key, AT, NOW))
    with pytest.raises(Refused) as refused:
        admission.accept(found, "app_2", AT, NOW)
    assert "All places are taken" in refused.value.reason


def test_accepting_twice_is_the_same_as_once():
    found = released("offer")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    assert admission.accept(found, "app_0", AT, NOW) == {}


@pytest.mark.parametrize(
    ("hours", "lapsed"),
    [(0, False), (14 * 24 + 11, False), (14 * 24 + 12, True), (20 * 24, True)],
)
def test_an_offer_is_open_to_the_end_of_its_last_day(hours: int, lapsed: bool):
    found = released("offer", "offer", "waiting-list")
    now = NOW + timedelta(hours=hours)
    changes = admission.lapse(found, AT, now)
    assert bool(changes) is lapsed
    if lapsed:
        with pytest.raises(Refused):
            admission.accept(found, "app_0", AT, now)
        assert states(after(found, changes)) == ["lapsed", "lapsed", "offered"]


def test_an_erased_participants_place_goes_to_the_first_who_waits_once():
    found = released("offer", "offer", "waiting-list", "waiting-list")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    changes = admission.erase(found, ["app_0"], AT)
    about = found["app_0"].about
    assert changes["app_0"] == [a.Withdrawn(about, "accepted"), a.Forgotten(about, "erased")]
    assert changes["app_2"] == [a.PlaceOffered(found["app_2"].about, AT.reply_by)]
    found = after(found, changes)
    assert states(found) == ["withdrawn", "offered", "offered", "waiting 2"]
    assert admission.erase(found, ["app_0"], AT) == {}


def test_the_application_of_an_erased_participant_of_a_finished_cohort_still_counts():
    found = released("offer", "waiting-list")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    changes = admission.erase(found, ["app_0"], FINISHED)
    assert changes == {"app_0": [a.Forgotten(found["app_0"].about, "erased")]}


def test_the_open_offers_of_a_cohort_that_finishes_lapse_and_go_on_to_nobody():
    found = released("offer", "offer", "waiting-list")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    changes = admission.lapse(found, FINISHED, NOW)
    assert changes == {"app_1": [a.OfferLapsed(found["app_1"].about, AT.reply_by, finished=True)]}
    found = after(found, changes)
    assert states(found) == ["accepted", "lapsed", "waiting 1"]
    assert admission.lapse(found, FINISHED, NOW) == {}


@pytest.mark.parametrize("step", [admission.decline, admission.withdraw])
def test_a_place_that_is_given_back_in_a_finished_cohort_goes_on_to_nobody(step: Any):
    found = released("offer", "waiting-list")
    found = after(found, step(found, "app_0", FINISHED))
    assert states(found)[1:] == ["waiting 1"]
    assert admission.more_places(found, FINISHED, 1) == {}


def test_no_place_is_taken_in_a_finished_cohort():
    found = released("offer", "offer")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    assert admission.accept(found, "app_0", FINISHED, NOW) == {}
    with pytest.raises(Refused, match="finished"):
        admission.accept(found, "app_1", FINISHED, NOW)


def test_a_withdrawn_participants_place_goes_on():
    found = released("offer", "offer", "waiting-list")
    found = after(found, admission.accept(found, "app_0", AT, NOW))
    found = after(found, admission.withdraw(found, "app_0", AT))
    assert states(found) == ["withdrawn", "offered", "offered"]


@pytest.mark.parametrize("decision", ["waiting-list", "not-offered"])
def test_who_has_no_offer_cannot_accept(decision: str):
    with pytest.raises(Refused):
        admission.accept(released(decision), "app_0", AT, NOW)


class Admitting(RuleBasedStateMachine):
    """Whatever happens, in whatever order: never more accepted than there are places, never more
    offered from the waiting list than there are free."""

    def __init__(self) -> None:
        super().__init__()
        self.applications: dict[str, Application] = {}
        self.places, self.now, self.accepted = 2, NOW, 0

    @property
    def at(self) -> Places:
        return Places(self.places, "UTC", self.now.date() + timedelta(days=7))

    def do(self, work: Any, *args: Any) -> None:
        try:
            self.applications = after(self.applications, work(self.applications, *args))
        except Refused:
            return

    @rule(decision=st.sampled_from(a.DECISIONS))
    def apply(self, decision: str) -> None:
        key = f"app_{len(self.applications)}"
        about = About("c", "c", key)
        made = a.DecisionMade(about, decision, self.now)
        events = (a.Started(about), a.Submitted(about), made)
        self.applications[key] = Given(APPLICATION, events).state

    @rule()
    def release(self) -> None:
        self.do(admission.release, self.at)

    @precondition(lambda self: self.applications)
    @rule(data=st.data(), step=st.sampled_from(["accept", "decline", "withdraw", "erase"]))
    def act(self, data: Any, step: str) -> None:
        key = data.draw(st.sampled_from(sorted(self.applications)))
        if step == "accept":
            self.do(admission.accept, key, self.at, self.now)
        elif step == "erase":
            self.do(admission.erase, [key], self.at)
        else:
            self.do(getattr(admission, step), key, self.at)

    @rule(days=st.integers(1, 9))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.do(admission.lapse, self.at, self.now)

    @rule(more=st.integers(1, 2))
    def add_places(self, more: int) -> None:
        self.places += more
        self.do(admission.more_places, self.at, more)

    @invariant()
    def never_more_than_there_are(self) -> None:
        assert admission.taken(self.applications) <= self.places

    @invariant()
    def the_waiting_list_has_each_position_once(self) -> None:
        positions = [x.position for x in self.applications.values() if x.waiting]
        assert len(positions) == len(set(positions))


TestAdmitting = Admitting.TestCase
TestAdmitting.settings = settings(max_examples=60, stateful_step_count=30)
