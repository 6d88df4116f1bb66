"""What a community says of another one that it was shown: worth knowing, or not for it."""

from dataclasses import dataclass

USEFUL, NOT_USEFUL = "useful", "not-useful"
VERDICTS = (USEFUL, NOT_USEFUL)


@dataclass(frozen=True, slots=True)
class Given:
    """For `community` alone, `other` is useful or not."""

    community: str
    other: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """`community` says neither of `other` any more."""

    community: str
    other: str


FeedbackEvent = Given | TakenBack


@dataclass(frozen=True, slots=True)
class Give:
    community: str
    other: str
    verdict: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    pass


@dataclass(frozen=True, slots=True)
class Feedback:
    """`verdict` is None where there is none, or none any more."""

    community: str = ""
    other: str = ""
    verdict: str | None = None


def evolve(_feedback: Feedback, event: FeedbackEvent) -> Feedback:
    """The feedback after an event."""
    match event:
        case Given(community, other, verdict):
            return Feedback(community, other, verdict)
        case TakenBack(community, other):
            return Feedback(community, other)


def decide(feedback: Feedback, command: Give | TakeBack) -> list[FeedbackEvent]:
    """What a command brings about; the same said twice is one event."""
    match command:
        case Give(community, other, verdict):
            return [] if feedback.verdict == verdict else [Given(community, other, verdict)]
        case TakeBack():
            if feedback.verdict is None:
                return []
            return [TakenBack(feedback.community, feedback.other)]
