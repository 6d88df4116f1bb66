"""A link: an agreed connection between two communities, from its proposal to its end.

Its history is in two streams: the proposal's, which concerns the two alone, and, once it is
agreed, the link's own, which is public. Messages and reasons are in neither: they are kept where
they can be erased. In `communities` the one that proposed comes first.
"""

from dataclasses import dataclass, replace
from datetime import datetime

PROPOSED, ACCEPTED, REFUSED, LAPSED, ENDED = "proposed", "accepted", "refused", "lapsed", "ended"
STATES = (PROPOSED, ACCEPTED, REFUSED, LAPSED, ENDED)
LIVE = (PROPOSED, ACCEPTED)

# What value a link made: the value cycles of Wenger, Trayner & de Laat (2011), or none.
OUTCOMES = ("immediate", "potential", "applied", "realised", "reframing", "none")

# What communities mostly want of one another; any other short phrase will do.
PURPOSES = (
    "Learn from each other's practice",
    "Share resources and tools",
    "Meet together",
    "Work on a shared problem",
    "Invite each other's members",
    "Compare data and results",
)

Two = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Proposed:
    """`by` is the person who did it, where known; `words`: a message goes with it.

    Unanswered, it is brought to mind at `remind` and lapses at `lapses`.
    """

    link: str
    communities: Two
    purpose: str
    remind: datetime
    lapses: datetime
    by: str | None = None
    words: bool = False


@dataclass(frozen=True, slots=True)
class Reminded:
    """It waits still, and lapses soon."""

    link: str
    communities: Two
    purpose: str
    lapses: datetime


@dataclass(frozen=True, slots=True)
class ProposalAccepted:
    """`also`: the other side proposed the same meanwhile, with this purpose."""

    link: str
    communities: Two
    purpose: str
    by: str | None = None
    also: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """`words`: a reason was given."""

    link: str
    communities: Two
    purpose: str
    by: str | None = None
    words: bool = False


@dataclass(frozen=True, slots=True)
class Lapsed:
    link: str
    communities: Two
    purpose: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """`side` took it back; or closed, with this `ending`, and goes on in `into`."""

    link: str
    communities: Two
    purpose: str
    side: str
    by: str | None = None
    words: bool = False
    ending: str | None = None
    into: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """Both agree; or `heir`, one of the two, goes on with `continues`, a link of `predecessor`."""

    link: str
    communities: Two
    purpose: str
    continues: str | None = None
    predecessor: str | None = None
    heir: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """`side` ended it, with an `outcome` if it said one.

    Where it closed there is an `ending`; it goes on in `into`, the link in `successor`.
    """

    link: str
    communities: Two
    purpose: str
    side: str | None = None
    outcome: str | None = None
    ending: str | None = None
    into: tuple[str, ...] | None = None
    successor: str | None = None


ProposalEvent = Proposed | Reminded | ProposalAccepted | Refused | Lapsed | Withdrawn
LinkEvent = ProposalEvent | Accepted | Ended


@dataclass(frozen=True, slots=True)
class Link:
    """`agreed`: it was accepted once. `side` is the community that refused, or ended it."""

    id: str = ""
    communities: Two = ("", "")
    purpose: str = ""
    state: str | None = None
    agreed: bool = False
    remind: datetime | None = None
    lapses: datetime | None = None
    reminded: bool = False
    also: str | None = None
    side: str | None = None
    outcome: str | None = None
    ending: str | None = None
    into: tuple[str, ...] = ()
    continues: str | None = None
    predecessor: str | None = None
    successor: str | None = None

    @property
    def live(self) -> bool:
        return self.state in LIVE

    def other(self, community: str) -> str:
        """The community at the other side of this one."""
        one, other = self.communities
        return one if community == other else other


def evolve(link: Link, event: LinkEvent) -> Link:
    """The link after an event."""
    match event:
        case Proposed(key, communities, purpose, remind, lapses):
            return Link(key, communities, purpose, PROPOSED, remind=remind, lapses=lapses)
        case Reminded():
            return replace(link, reminded=True)
        case ProposalAccepted():
            return replace(link, also=event.also)
        case Refused():
            return replace(link, state=REFUSED, side=link.communities[1])
        case Lapsed():
            return replace(link, state=LAPSED)
        case Withdrawn():
            into = event.into or ()
            return replace(link, state=ENDED, side=event.side, ending=event.ending, into=into)
        case Accepted(key, communities, purpose, continues, predecessor):
            begun = link if link.state else Link(key, communities, purpose)
            return replace(
                begun, state=ACCEPTED, agreed=True, continues=continues, predecessor=predecessor
            )
        case Ended():
            return replace(
                link,
                state=ENDED,
                side=event.side,
                outcome=event.outcome,
                ending=event.ending,
                into=event.into or (),
                successor=event.successor,
            )
