"""Why two communities are related, or a community was found: plain sentences.

First what the score is made of, by weight; then where the two stand, as a matter of fact.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from services.discovery.index.document import Document
from services.discovery.index.language import word, written_words
from services.discovery.index.phrases import Phrase, Wording, phrases
from shared.foundation.names import name_key

NetworkName = Callable[[str], str | None]

_MOST_PHRASES = 3
_MOST_TOPICS = 5
_MOST_THIRDS = 3
# Likeness of meaning that is worth telling, and when it is more than that.
_ALIKE, _MUCH_ALIKE = 0.35, 0.55
_GREATER_PART = 2 / 3


class Alike(NamedTuple):
    """Likeness of meaning, 0 to 1, and the part that it has in the score."""

    meaning: float
    part: float


class Between(NamedTuple):
    """Names of those between two: linked with both, or linked with theirs and like yours."""

    common: Sequence[str] = ()
    like: Sequence[str] = ()


_NOBODY = Between()


def why_related(
    asked: Document,
    found: Document,
    shares: Mapping[str, float],
    wording: Wording,
    network_name: NetworkName,
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
    about = [phrase.text for phrase in told if not phrase.stems <= in_topics][:_MOST_PHRASES]
    lines: list[str] = []
    if stands_for:
        lines.append(f"Takes the place of {stands_for.shown_name}, now closed")
    if about:
        lines.append(f"{'That too was' if stands_for else 'Both'} about {_listed(about)}")
    if topics:
        lines.append(f"Shared {'topic' if len(topics) == 1 else 'topics'}: {', '.join(topics)}")
    lines += _meaning(alike) if about or topics else _only_meaning(alike)
    if shares and len(lines) == bool(stands_for) and not any(between):
        lines.append("Some words of everyday in common")
    return (
        *lines,
        *_links(between),
        *_sectors(asked, found),
        *_regions(asked, found),
        *_networks(asked, found, network_name),
    )


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
        return tuple(lines)
    vague = phrases(source, asked, shares, wording, most=_MOST_PHRASES, vague=True)
    if vague and complete:
        return (*lines, *_places(vague))
    lines += _meaning(alike)
    if vague and not lines:
        lines.append(f"Has only “{', '.join(phrase.text for phrase in vague)}” of it")
    return tuple(lines)


def _meaning(alike: Alike | None) -> Iterable[str]:
    """Tell likeness of meaning where it has the greater part in the score."""
    if alike and alike.meaning >= _ALIKE and alike.part > _GREATER_PART:
        much = alike.meaning >= _MUCH_ALIKE
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


def _sectors(asked: Document, found: Document) -> Iterable[str]:
    yours = {name_key(sector) for sector in asked.sectors}
    theirs = {name_key(s): s.strip() for s in found.sectors if s.strip()}
    if both := sorted(theirs[sector] for sector in theirs.keys() & yours):
        yield f"Same {'sector' if len(both) == 1 else 'sectors'}: {_listed(both)}"


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


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem for written in written_words(text) for stem in word(written).stems)


def _regions(asked: Document, found: Document) -> Iterable[str]:
    yours, theirs = asked.region.strip(), found.region.strip()
    if not yours or not theirs:
        return
    if name_key(yours) == name_key(theirs):
        yield f"Both in {theirs}"
    else:
        yield f"Yours is in {yours}, theirs in {theirs}"


def _networks(asked: Document, found: Document, network_name: NetworkName) -> Iterable[str]:
    """Name the networks of both; one whose name is not known is not told."""
    common = set(asked.networks) & set(found.networks)
    if common:
        if names := _names(common, network_name):
            yield f"Same {'network' if len(names) == 1 else 'networks'}: {_listed(names)}"
        return
    yours, theirs = _names(asked.networks, network_name), _names(found.networks, network_name)
    if yours and theirs:
        yield f"Different networks: yours {_listed(yours)}, theirs {_listed(theirs)}"


def _names(networks: Iterable[str], network_name: NetworkName) -> list[str]:
    return sorted(name for network in set(networks) if (name := network_name(network)))


def _listed(parts: Sequence[str]) -> str:
    """Join as in a sentence: "a", "a and b", "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
