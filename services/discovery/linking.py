"""Links between communities: what is done with them, one at a time for the whole service.

Links change seldom, and what is done to one concerns others: of two proposals at once there is to
be one, and a community that ends must not leave one behind. So all that changes links takes turns.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.discovery import link_texts, links
from services.discovery.domain.link import (
    Accepted,
    Ended,
    Link,
    LinkEvent,
    ProposalAccepted,
    Proposed,
    Two,
)
from services.discovery.domain.link_decisions import (
    CLOSED,
    Command,
    Known,
    PassTime,
    Propose,
    check_parties,
    deadlines,
    decide,
)
from services.discovery.domain.refusal import Refused
from services.discovery.events import LINK
from services.discovery.link_texts import LinkText
from services.discovery.projections.links import proposal_of
from services.discovery.projections.registry import DOCUMENTS
from shared.connection import Connection
from shared.database import lock_in_turn
from shared.erasure import erased_among
from shared.eventstore.events import Cause, Event
from shared.eventstore.streams import Change
from shared.identifiers import new_id
from shared.projection.generations import FOLLOWED, active
from shared.projection.projection import load_rows
from shared.service import Service

Append = Callable[[Connection, Iterable[Change]], list[Event]]
_WORDS_ARE_KEPT = timedelta(days=365)  # after a link is over


@dataclass(frozen=True)
class Loaded:
    """A link's state, and the versions of its proposal's stream and of its own."""

    link: Link
    proposal_version: int
    link_version: int

    @property
    def version(self) -> int:
        return self.proposal_version + self.link_version

    def changes(self, events: Iterable[LinkEvent]) -> list[Change]:
        """Each event into its stream."""
        made = list(events)
        if not made:
            return []
        own = [e for e in made if isinstance(e, Accepted | Ended)]
        proposals = [e for e in made if not isinstance(e, Accepted | Ended)]
        return [
            Change(proposal_of(made[0].link), self.proposal_version, proposals),
            Change(made[0].link, self.link_version, own),
        ]


NOTHING = Loaded(Link(), 0, 0)


def in_turn(connection: Connection) -> None:
    """Wait until no other transaction changes links; it takes none of the ids that order events."""
    lock_in_turn(connection, "links")


def load(connection: Connection, service: Service, link: str) -> Loaded:
    """From the two streams of a link: the proposal's part comes before the link's own."""
    proposal, own = (service.store.load(connection, s) for s in (proposal_of(link), link))
    state = LINK.initial
    for event in (*proposal, *own):
        state = LINK.evolve(state, service.types.decode(event))
    return Loaded(state, len(proposal), len(own))


def known(connection: Connection, communities: Iterable[str]) -> dict[str, Known]:
    """Those of these communities that discovery has heard of."""
    wanted = dict.fromkeys(communities)
    rows = load_rows(connection, DOCUMENTS, active(connection, FOLLOWED), wanted)
    return {key: _known(row["content"]) for key, row in rows.items()}


def _known(content: Mapping[str, Any]) -> Known:
    name = content["name"] or content["domain"][:60] or "A community"
    return Known(name, content["state"] == CLOSED, tuple(content["successors"]))


@dataclass(frozen=True)
class Linking:
    """Works in one transaction, which has written nothing yet. `append` adds events."""

    service: Service
    connection: Connection
    append: Append

    @property
    def now(self) -> datetime:
        return self.service.clock.now()

    def propose(
        self, communities: Two, purpose: str, by: str | None, message: str | None
    ) -> tuple[str, list[LinkEvent]]:
        """The link that there is now, and what was new about it. Raises Refused."""
        in_turn(self.connection)
        self.check_not_erased(by)
        check_parties(communities, known(self.connection, communities))
        there = links.between(self.connection, *communities)
        before = load(self.connection, self.service, there.id) if there else NOTHING
        remind, lapses = deadlines(self.now, self.service.settings.link_lapse_days)
        command = Propose(
            new_id("lnk"), communities, purpose, remind, lapses, by, words=bool(message)
        )
        events = decide(before.link, command)
        self.append(self.connection, before.changes(events))
        link = there.id if there else command.link
        if events and message:
            kind = link_texts.REPLY if there else link_texts.MESSAGE
            self._keep(LinkText(link, kind, by, message))
        return link, events

    def act(
        self,
        link: str,
        command: Command,
        *,
        check: Callable[[int], None] = lambda _version: None,
        words: tuple[str, str | None, str | None] | None = None,
    ) -> list[LinkEvent]:
        """Carry out a command on one link; `words` are a kind, their person and the text.

        `check` is told the version of what there is. Raises Refused.
        """
        in_turn(self.connection)
        kind, by, text = words or ("", None, None)
        self.check_not_erased(by)
        before = load(self.connection, self.service, link)
        check(before.version)
        events = decide(before.link, command)
        self.append(self.connection, before.changes(events))
        if events and text:
            self._keep(LinkText(link, kind, by, text))
        return events

    def _keep(self, text: LinkText) -> None:
        """A reply and a refusal are about who proposed; the words at an end about who agreed."""
        about: list[str] = []
        if text.kind != link_texts.MESSAGE:
            proposal = self.service.store.load(self.connection, proposal_of(text.link))
            happened = [self.service.types.decode(event) for event in proposal]
            agreed = ProposalAccepted if text.kind == link_texts.ENDING else Proposed
            about = [e.by for e in happened if isinstance(e, Proposed | agreed) and e.by]
        link_texts.keep(self.connection, text, self.now, about)

    def check_not_erased(self, person: str | None) -> None:
        """Raises Refused for words of somebody who is forgotten here."""
        if person is not None and erased_among(self.connection, "discovery", [person]):
            raise Refused("This person was erased. Nothing more is taken of them.", unlawful=True)


def pass_time(service: Service, now: datetime) -> int:
    """A timed pass: reminds of open proposals that lapse soon, and lets lapse. Returns how many."""
    with service.database.read() as connection:
        due = links.due(connection, now)
    cause = Cause(correlation=f"links-{now.date().isoformat()}")
    for link in due:
        with service.write() as connection:
            in_turn(connection)
            before = load(connection, service, link)
            events = decide(before.link, PassTime(now))
            service.streams.append(connection, before.changes(events), cause=cause, now=now)
    return len(due)


def delete_old_words(service: Service, now: datetime) -> int:
    """A timed pass: what was written about links that ended long ago goes. Returns how much."""
    with service.database.write() as connection:
        gone = link_texts.delete_of_links_over(connection, now - _WORDS_ARE_KEPT)
    service.database.leave_no_trace()  # also of what an erasure deleted
    return gone
