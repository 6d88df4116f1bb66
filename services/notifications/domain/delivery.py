"""One message for one person: what became of it. The ledger is made of these."""

from dataclasses import dataclass, field, replace
from typing import Any

QUEUED, SENT, DELIVERED, BOUNCED = "queued", "sent", "delivered", "bounced"
FAILED, MISSED, SUPPRESSED = "failed", "missed", "suppressed"
STATUSES = (QUEUED, SENT, DELIVERED, BOUNCED, FAILED, MISSED, SUPPRESSED)


# --- what happened ---


@dataclass(frozen=True, slots=True)
class AnnouncementMade:
    """What is to be told to several people: `facts` is what the template needs besides the person.

    `event` is the id of the event that it tells of, `about` that event's stream, `at` its time.
    """

    rule: str
    event: str
    about: str
    at: str
    category: str
    community: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queued:
    """`at` is when what it tells of happened, `due` when it is to go, in RFC 3339. `digest`: that
    it waits for others to go with it.
    """

    announcement: str
    person: str
    rule: str
    about: str
    category: str
    at: str
    due: str
    community: str | None = None
    urgent: bool = False
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail server took it. `uncertain`: it may have taken it twice, after a crash between."""

    letter: str
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiving side reported it delivered."""

    letter: str


@dataclass(frozen=True, slots=True)
class Bounced:
    """The receiving side reported it undeliverable; `kind` is hard or soft."""

    letter: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class Failed:
    """No mail server took it; `words` are the server's, without addresses."""

    reason: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    reason: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    reason: str


DeliveryEvent = Queued | Sent | Delivered | Bounced | Failed | Missed | Suppressed


# --- what it is ---


@dataclass(frozen=True, slots=True)
class Delivery:
    """`status` is empty where nothing was ever queued."""

    status: str = ""
    reason: str = ""
    letter: str = ""
    words: str = ""
    uncertain: bool = False


def evolve(delivery: Delivery, event: DeliveryEvent) -> Delivery:
    match event:
        case Queued():
            return Delivery(QUEUED)
        case Sent(letter, uncertain):
            return replace(delivery, status=SENT, reason="", letter=letter, uncertain=uncertain)
        case Delivered(letter):
            return replace(delivery, status=DELIVERED, letter=letter)
        case Bounced(letter, kind, status):
            return replace(delivery, status=BOUNCED, reason=f"{kind} ({status})", letter=letter)
        case Failed(reason, words):
            return replace(delivery, status=FAILED, reason=reason, words=words)
        case Missed(reason):
            return replace(delivery, status=MISSED, reason=reason)
        case Suppressed(reason):
            return replace(delivery, status=SUPPRESSED, reason=reason)


Outcome = Sent | Delivered | Bounced | Failed | Missed | Suppressed
_LAWFUL: dict[type, tuple[str, ...]] = {
    Sent: (QUEUED,),
    Failed: (QUEUED,),
    Missed: (QUEUED,),
    Suppressed: (QUEUED,),
    Delivered: (SENT,),
    Bounced: (SENT, DELIVERED),
}


def decide(delivery: Delivery, outcome: Outcome) -> list[DeliveryEvent]:
    """What an outcome adds. One that comes again, or too late to be true, adds nothing."""
    return [outcome] if delivery.status in _LAWFUL[type(outcome)] else []
