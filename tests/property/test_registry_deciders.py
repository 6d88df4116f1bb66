"""Whatever is asked of the registry's deciders, in whatever order, what comes of it is lawful."""

from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import reduce
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.registry.domain import community as c
from services.registry.domain import decisions as d
from services.registry.domain import network as n
from services.registry.domain import organisation as o
from services.registry.domain.network import KINDS
from services.registry.domain.refusal import Refused
from services.registry.domain.roles import ROLES, Role
from services.registry.events import COMMUNITY, EVENT_TYPES, NETWORK, ORGANISATION
from shared.eventstore.events import Event
from shared.eventstore.streams import Decider

TODAY = date(2026, 3, 1)
SOME = settings(max_examples=150)
MANY = settings(max_examples=300)

texts = st.sampled_from(["", "a", "b", "A", "Größe"])
needed = st.sampled_from(["a", "b", "c"])
lists = st.lists(needed, max_size=3, unique=True).map(tuple)
days = st.integers(-20, 20).map(lambda days: TODAY + timedelta(days=days))
urls = st.sampled_from(["", "https://a.example", "https://b.example"])
networks = st.lists(st.sampled_from(["net_a", "net_b", "net_c"]), max_size=3, unique=True).map(
    tuple
)
others = st.lists(st.sampled_from(["com_a", "com_b", "com_me"]), max_size=2, unique=True).map(tuple)
registrations = st.builds(
    c.Registered,
    name=needed,
    domain=needed,
    topics=lists,
    practice=texts,
    region=texts,
    networks=networks,
    organisation=st.sampled_from([None, "org_a"]),
    stage=st.sampled_from([None, *c.STAGES]),
    state=st.sampled_from([c.PROPOSED, c.ACTIVE]),
    url=urls.map(lambda url: url or None),
)
records = st.builds(
    c.Registered,
    name=texts,
    domain=needed,
    topics=lists,
    region=texts,
    networks=st.sampled_from([(), ("net_a",), ("net_b",)]),
    url=urls.map(lambda url: url or None),
    external_id=st.just("7"),
    source=st.just("list"),
    run=st.sampled_from(["run_1", "run_2"]),
)
descriptions = st.builds(
    c.Described,
    name=st.none() | needed,
    domain=st.none() | needed,
    topics=st.none() | lists,
    practice=st.none() | texts,
    learning_question=st.none() | texts,
    sectors=st.none() | lists,
    region=st.none() | texts,
    organisation=st.none() | st.sampled_from(["", "org_a", "org_b"]),
    url=st.none() | urls,
    external_id=st.none() | texts,
)
describing = st.builds(d.Describe, descriptions, st.none() | networks)
roles = st.builds(
    Role,
    id=st.uuids().map(lambda u: f"rol_{u}"),
    person=st.sampled_from(["per_a", "per_b"]),
    role=st.sampled_from(ROLES[:2]),
    begins=days,
    ends=st.none() | days,
)


class EndSome:
    """End the role in this place of the list, whichever that is by then."""

    def __init__(self, place: int, ends: date) -> None:
        self.place, self.ends = place, ends

    def on(self, community: c.Community) -> d.EndRole:
        held = community.roles
        role_id = held[self.place % len(held)].id if held else "rol_none"
        return d.EndRole("com_me", role_id, self.ends, TODAY)

    def __repr__(self) -> str:
        return f"EndSome({self.place}, {self.ends})"


closings = st.builds(
    d.Close,
    st.just("com_me"),
    st.sampled_from(c.ENDINGS),
    others,
    st.sampled_from([frozenset(), frozenset({"com_b"})]),
)
starting = st.builds(d.StartRole, st.just("com_me"), roles, st.just(TODAY))
commands = st.one_of(
    describing,
    starting,
    starting,  # twice as often as others: the more roles, the sooner they meet
    st.builds(EndSome, st.integers(0, 9), days),
    closings,
    st.just(d.Reopen(TODAY)),
    st.builds(d.Import, records),
    st.builds(d.ChangeState, st.sampled_from([c.PROPOSED, c.ACTIVE, c.DORMANT])),
    st.builds(d.ChangeStage, st.sampled_from(c.STAGES)),
    st.builds(d.NoteSuccession, st.sampled_from(["com_a", "com_b"]), st.just("merged")),
    st.builds(d.Register, registrations),
)
beginnings = st.builds(d.Register, registrations) | st.builds(d.Import, records)
courses = st.builds(
    lambda first, rest: [first, *rest], beginnings, st.lists(commands, min_size=3, max_size=25)
)


def stored_and_read(event: Any) -> Any:
    """The event as it comes back out of the store."""
    new = EVENT_TYPES.encode(event)
    columns = dict.fromkeys(Event._fields, 0) | {
        "type": new.type,
        "schema": new.schema,
        "data": new.data,
    }
    return EVENT_TYPES.decode(Event(**columns))


def decided(decider: Decider[Any, Any, Any], state: Any, command: Any) -> list[Any]:
    """What comes of a command; nothing of one that is refused."""
    wanted = command.on(state) if isinstance(command, EndSome) else command
    try:
        return list(decider.decide(state, wanted))
    except Refused:
        return []


def run(course: list[Any]) -> tuple[c.Community, list[Any]]:
    state, past = COMMUNITY.initial, []
    for command in course:
        events = decided(COMMUNITY, state, command)
        state = reduce(c.evolve, events, state)
        past += events
    return state, past


def assert_lawful(community: c.Community) -> None:
    assert community.registered
    assert community.state in (c.PROPOSED, c.ACTIVE, c.DORMANT, c.CLOSED)
    assert community.stage is None or community.stage in c.STAGES
    assert (community.state == c.CLOSED) == (community.ending is not None)
    assert community.state == c.CLOSED or community.successors == ()
    assert "com_me" not in community.successors
    assert not (community.unclaimed and community.needs_convener)
    for listed in (community.networks, community.predecessors, [r.id for r in community.roles]):
        assert max(Counter(listed).values(), default=1) == 1
    assert all(role.ends is None or role.begins < role.ends for role in community.roles)
    for day in (TODAY + timedelta(days=days) for days in range(-21, 22)):
        held = Counter((r.person, r.role) for r in community.roles if r.current(day))
        assert max(held.values(), default=1) == 1
    if community.state != c.CLOSED and not community.unclaimed:
        assert community.needs_convener != community.has_convener(TODAY)


@MANY
@given(courses)
def test_a_community_is_lawful_after_every_command(course: list[Any]) -> None:
    state = COMMUNITY.initial
    for command in course:
        for event in decided(COMMUNITY, state, command):
            state = c.evolve(state, event)
        assert_lawful(state)


@MANY
@given(courses)
def test_a_community_is_what_its_stored_events_say(course: list[Any]) -> None:
    state, past = run(course)
    assert reduce(c.evolve, map(stored_and_read, past), c.Community()) == state


@SOME
@given(courses, describing)
def test_a_description_tells_only_what_changed(course: list[Any], command: d.Describe) -> None:
    before, _ = run(course)
    for event in decided(COMMUNITY, before, command):
        if isinstance(event, c.Described):
            told = {name: getattr(event, name) for name in c.DESCRIPTION}
            changed = {name: value for name, value in told.items() if value is not None}
            assert changed
            after = c.evolve(before, event)
            assert all(getattr(after, name) != getattr(before, name) for name in changed)
        elif isinstance(event, c.NetworkJoined):
            assert event.network not in before.networks
        else:
            assert event.network in before.networks


@SOME
@given(courses, describing)
def test_describing_twice_is_describing_once(course: list[Any], command: d.Describe) -> None:
    before, _ = run(course)
    after = reduce(c.evolve, decided(COMMUNITY, before, command), before)
    assert decided(COMMUNITY, after, command) == []


@SOME
@given(courses, records)
def test_importing_twice_is_importing_once(course: list[Any], record: c.Registered) -> None:
    before, _ = run(course)
    after = reduce(c.evolve, decided(COMMUNITY, before, d.Import(record)), before)
    later = replace(record, run="run_9")
    assert decided(COMMUNITY, after, d.Import(later)) == []


@SOME
@given(courses, records)
def test_an_import_never_changes_what_a_person_touched(
    course: list[Any], record: c.Registered
) -> None:
    before, past = run(course)
    after = reduce(c.evolve, decided(COMMUNITY, before, d.Import(record)), before)
    by_people = {
        name
        for event in past
        if isinstance(event, c.Described) and event.run is None
        for name in c.DESCRIPTION
        if getattr(event, name) is not None
    }
    assert all(getattr(after, name) == getattr(before, name) for name in by_people)
    if any(isinstance(e, c.NetworkJoined | c.NetworkLeft) and e.run is None for e in past):
        assert after.networks == before.networks


@SOME
@given(courses)
def test_deciding_is_pure(course: list[Any]) -> None:
    assert run(course) == run(course)


names = st.sampled_from(["Wessex", "Kent", "Oxford"])
dated = st.builds(n.DatedName, names, st.none() | days, st.none() | days)
network_facts: dict[str, Any] = {
    "name": names,
    "kind": st.sampled_from(KINDS),
    "aliases": st.lists(names, max_size=2, unique=True).map(tuple),
    "names": st.lists(dated, max_size=2).map(tuple),
}
organisation_facts: dict[str, Any] = {
    "name": names,
    "kind": st.sampled_from(["", "council"]),
    "ods_code": st.sampled_from(["", "RHM", "R9X"]),
}
network_courses = st.tuples(
    st.builds(n.RegisterNetwork, st.builds(n.NetworkRegistered, **network_facts)),
    st.lists(
        st.builds(
            n.DescribeNetwork,
            st.builds(n.NetworkDescribed, **{k: st.none() | v for k, v in network_facts.items()}),
        ),
        min_size=1,
        max_size=6,
    ),
)
organisation_courses = st.tuples(
    st.builds(o.RegisterOrganisation, st.builds(o.OrganisationRegistered, name=names)),
    st.lists(
        st.builds(
            o.DescribeOrganisation,
            st.builds(
                o.OrganisationDescribed,
                **{k: st.none() | v for k, v in organisation_facts.items()},
            ),
        ),
        min_size=1,
        max_size=6,
    ),
)


def assert_describes_once(decider: Decider[Any, Any, Any], first: Any, rest: list[Any]) -> None:
    """Each description tells only what changed, and nothing when it is given again."""
    state = reduce(decider.evolve, decided(decider, decider.initial, first), decider.initial)
    for command in rest:
        before = state
        for event in decided(decider, state, command):
            assert stored_and_read(event) == event
            state = decider.evolve(state, event)
            told = {f.name for f in fields(event) if getattr(event, f.name) is not None}
            assert told
            assert all(getattr(state, name) != getattr(before, name) for name in told)
        assert decided(decider, state, command) == []


@SOME
@given(network_courses)
def test_describing_a_network_twice_is_describing_it_once(course: tuple[Any, list[Any]]) -> None:
    assert_describes_once(NETWORK, *course)


@SOME
@given(organisation_courses)
def test_describing_an_organisation_twice_is_describing_it_once(
    course: tuple[Any, list[Any]],
) -> None:
    assert_describes_once(ORGANISATION, *course)
