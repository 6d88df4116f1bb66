"""Why two communities are related, or a community was found: plain sentences.

At most three, of what the score is made of. Where the two stand (region, networks, sectors) is a
fact that is shown beside the name, and no reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from services.discovery.index.document import Document
from services.discovery.index.language import word, written_words
from services.discovery.index.phrases import Phrase, Wording, phrases

_MOST_PHRASES = 3
_MOST_TOPICS = 5
_MOST_THIRDS = 3
_MOST_REASONS = 3
_REMEMBERED_TEXTS = 4_000  # names and topics, which are read again and again
# Likeness of meaning that is worth telling, and when it is more than that.
_ALIKE, MUCH_ALIKE = 0.35, 0.55
_GREATER_PART = 2 / 3


class Alike(NamedTuple):
    """Likeness of meaning, 0 to 1, and the part that it has in the score."""

    meaning: float
    part: float


class Between(NamedTuple):
    """Names of those between two: linked with both, or linked with theirs and like yours; and of
    one that is like both, where that is what brings them together."""

    common: Sequence[str] = ()
    like: Sequence[str] = ()
    through: str = ""


_NOBODY = Between()


def why_related(
    asked: Document,
    found: Document,
    shares: Mapping[str, float],
    wording: Wording,
    stands_for: Document | None = None,
    alike: Alike | None = None,
    between: Between = _NOBODY,
) -> tuple[str, ...]:
    """Say why `found` is related to `asked`, which is "yours".

    `shares` is the part of the words' score that each shared stem has; it belongs to `stands_for`
    where `found` holds the place of a closed community, and then so do the words told.
    """
    source = stands_for or found
    topics = _shared_topics(asked, source, shares)
    in_topics = {stem for topic in topics for stem in _stems(topic)}
    told = phrases(source, asked, shares, wording, most=_MOST_PHRASES + len(topics))
    new = [phrase for phrase in told if not _mostly(phrase, in_topics)]
    subjects = _subjects(new, (asked, source))
    told_otherwise = topics or (alike and alike.meaning >= _ALIKE)
    about = [phrase.text for phrase in subjects or (() if told_otherwise else new)]
    about = about[:_MOST_PHRASES]
    lines: list[str] = []
    if stands_for:
        lines.append(f"Takes the place of {stands_for.shown_name}, now closed")
    if topics:
        lines.append(f"Shared {'topic' if len(topics) == 1 else 'topics'}: {', '.join(topics)}")
    if about:
        lines.append(f"{'That too was' if stands_for else 'Both'} about {_listed(about)}")
    lines += _meaning(alike) if about or topics else _only_meaning(alike)
    if shares and len(lines) == bool(stands_for) and not any(between):
        lines.append("Only everyday words in common")
    if between.through:
        lines.insert(bool(stands_for), f"Like {between.through}, which is like yours")
    return _chosen([*lines, *_links(between)])


def why_found(
    asked: Document,
    found: Document,
    shares: Mapping[str, float],
    wording: Wording,
    stands_for: Document | None = None,
    alike: Alike | None = None,
    *,
    complete: bool = False,
) -> tuple[str, ...]:
    """Say where a community holds the words that were searched for.

    Likeness of meaning is told where there are no words to tell. Words of everyday are told where
    they are all that was asked for, so that the community is `complete`.
    """
    source = stands_for or found
    told = phrases(source, asked, shares, wording, most=_MOST_PHRASES)
    lines: list[str] = []
    if stands_for:
        lines.append(f"Takes the place of {stands_for.shown_name}, now closed")
    lines += _places(told)
    if told:
        return _chosen(lines)
    vague = phrases(source, asked, shares, wording, most=_MOST_PHRASES, vague=True)
    if vague and complete:
        return _chosen([*lines, *_places(vague)])
    lines += _meaning(alike)
    if vague and not lines:
        lines.append(f"Has only “{', '.join(phrase.text for phrase in vague)}” of it")
    if not lines:
        lines.append("A little alike in meaning")
    return tuple(lines)


def _mostly(phrase: Phrase, told: set[str]) -> bool:
    """Whether more than half of a phrase is told already."""
    return 2 * len(phrase.stems & told) > len(phrase.stems)


def _subjects(told: Sequence[Phrase], both: Sequence[Document]) -> list[Phrase]:
    """Leave out single words that neither of two communities has in its name or topics: what
    texts mention by the way is not what brings their people together."""
    named = {stem for each in both for text in (each.name, *each.topics) for stem in _stems(text)}
    return [phrase for phrase in told if len(phrase.stems) > 1 or phrase.stems & named]


def _chosen(lines: Sequence[str]) -> tuple[str, ...]:
    """Give as many as are read, the first ones."""
    return tuple(lines[:_MOST_REASONS])


def _meaning(alike: Alike | None) -> Iterable[str]:
    """Tell likeness of meaning where it has the greater part in the score."""
    if alike and alike.meaning >= _ALIKE and alike.part > _GREATER_PART:
        much = alike.meaning >= MUCH_ALIKE
        yield f"{'Much alike' if much else 'Alike'} in meaning, in other words"


def _only_meaning(alike: Alike | None) -> Iterable[str]:
    """Tell likeness of meaning where no word is worth telling, however small its part."""
    if alike:
        yield from _meaning(alike._replace(part=1.0))


def _links(between: Between) -> Iterable[str]:
    """Name the heaviest of those between the two, as many as can be read at a glance."""
    if common := between.common[:_MOST_THIRDS]:
        yield f"Both are linked with {_listed(common)}"
    if like := between.like[:_MOST_THIRDS]:
        yield f"Linked with {_listed(like)}, which {'is' if len(like) == 1 else 'are'} like yours"


def _places(told: Sequence[Phrase]) -> Iterable[str]:
    for opening, fields in (
        ("In its name", {"name"}),
        ("In its topics", {"topics"}),
        ("Mentions", {"domain", "practice", "learning_question"}),
    ):
        if here := [phrase.text for phrase in told if phrase.field in fields]:
            yield f"{opening}: {', '.join(here)}"


def _shared_topics(asked: Document, found: Document, shares: Mapping[str, float]) -> list[str]:
    """Give the topics of both, whatever their ending or case, heaviest first."""
    theirs = {_stems(topic): topic.strip() for topic in reversed(found.topics)}
    weights = {
        topic: sum(shares.get(stem, 0.0) for stem in stems)
        for stems, topic in theirs.items()
        if stems and stems in {_stems(topic) for topic in asked.topics}
    }
    ranked = sorted(weights.items(), key=lambda item: (-round(item[1], 9), item[0]))
    return [topic for topic, _ in ranked][:_MOST_TOPICS]


@lru_cache(maxsize=_REMEMBERED_TEXTS)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem for written in written_words(text) for stem in word(written).stems)


def _listed(parts: Sequence[str]) -> str:
    """Join as in a sentence: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
