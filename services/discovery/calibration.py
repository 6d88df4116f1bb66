"""What scores mean with one sentence model: fitted to what was judged of the example landscape.

The levels of the packaged model are written down. Those of an operator's own are worked out by
`hedgerow calibrate` and kept in a table, by the model's id.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from services.discovery import judged
from services.discovery.index import Index
from services.discovery.index.levels import Level, Levels, Scales
from services.discovery.meaning.store import Stored
from services.discovery.meaning.text import key_of, text_of
from services.discovery.meaning.vectors import Vectors
from services.discovery.meaning.voice import Asked, MeaningVoice
from shared.connection import Connection
from shared.database import mark, marks

# What is shown is to be right in four of five cases among pairs that the fit has not seen: so it
# aims higher among those that it has.
AIMS = {Level.RELATED: 0.86, Level.CLOSE: 0.9}
_FOLDS, _DRAWS = 5, 10
_DIGITS = 3
_MOST_FOUND = 40

# A score, and how far it is right to show what has it (0 to 1).
Judgement = tuple[float, float]


class Fit(NamedTuple):
    """The least score of one level, and how well it does: `held_out` is the share that is right
    among judgements that the threshold was not fitted to."""

    level: Level
    least: float
    shown: int
    right: float
    found: float
    held_out: float


class Calibration(NamedTuple):
    """What scores mean, and the fits that it comes from."""

    scales: Scales
    pairs: tuple[Fit, Fit]
    searches: tuple[Fit, Fit]


def calibrate(make_index: Callable[[], Index]) -> Calibration:
    """Fit the levels of a fresh index's scores to all judgements; takes some seconds."""
    index = make_index()
    index.put_many(judged.communities())
    pairs = [(_score(index, pair), pair) for pair in judged.pairs()]
    found = searched(index)
    fits = {
        level: (
            fit(level, [(score, pair.right(level)) for score, pair in pairs]),
            fit(level, found),
        )
        for level in (Level.RELATED, Level.CLOSE)
    }
    related, close = fits[Level.RELATED], fits[Level.CLOSE]
    scales = Scales(
        *(Levels(r.least, max(c.least, r.least)) for r, c in zip(related, close, strict=True))
    )
    return Calibration(scales, (related[0], close[0]), (related[1], close[1]))


def searched(index: Index) -> list[Judgement]:
    """Give the scores of what the judged searches find, and whether it is right.

    Who is found without a word that names a subject is on no level, whatever the score.
    """
    before = index.scales
    index.calibrate(Scales(before.pairs, Levels(0.0, 2.0)))
    found = [
        (match.score, float(match.id in right))
        for asked, right in judged.searches().items()
        for match in index.search(asked, limit=_MOST_FOUND).matches
        if match.level.reaches(Level.RELATED)
    ]
    index.calibrate(before)
    return found


def fit(level: Level, judgements: Sequence[Judgement]) -> Fit:
    """Find the least score from which on what is shown is right often enough."""
    least = _least(judgements, AIMS[level])
    shown = [right for score, right in judgements if score >= least]
    wanted = sum(right for _, right in judgements)
    return Fit(
        level,
        least,
        len(shown),
        round(sum(shown) / len(shown), _DIGITS) if shown else 0.0,
        round(sum(shown) / wanted, _DIGITS) if wanted else 0.0,
        _held_out(judgements, AIMS[level]),
    )


def _least(judgements: Sequence[Judgement], aim: float) -> float:
    """Give the lowest score of those from which on so much is right; 1 where there is none."""
    least, right = 1.0, 0.0
    for count, (score, how) in enumerate(sorted(judgements, reverse=True), 1):
        right += how
        if right / count >= aim:
            least = score
    return round(least, _DIGITS)


def _held_out(judgements: Sequence[Judgement], aim: float) -> float:
    """Fit to four fifths and look at the last one, each in turn; over several draws."""
    shown: list[float] = []
    for draw in range(_DRAWS):
        drawn = list(judgements)
        random.Random(draw).shuffle(drawn)  # noqa: S311 - no secret
        for fold in range(_FOLDS):
            rest = [each for number, each in enumerate(drawn) if number % _FOLDS != fold]
            least = _least(rest, aim)
            shown += [right for score, right in drawn[fold::_FOLDS] if score >= least]
    return round(sum(shown) / len(shown), _DIGITS) if shown else 0.0


def _score(index: Index, pair: judged.Pair) -> float:
    return index.likeness(pair.one, [pair.other]).get(pair.other, 0.0)


def by_model(asked: Asked) -> Calibration:
    """Fit the levels of a sentence model; its vectors of the example landscape are made now."""
    vectors = Vectors(asked.dimensions)
    texts = map(text_of, judged.communities())
    vectors.add(Stored(key_of(text), asked.whole(text)) for text in texts)
    return calibrate(lambda: Index(voices=[MeaningVoice(vectors, asked)]))


def stored(connection: Connection, model: str) -> Scales | None:
    """Give what was kept for a model, None where it was not calibrated."""
    rows = list(
        connection.exec_driver_sql(
            f"SELECT scales FROM calibrations WHERE model = {mark(connection)}", (model,)
        )
    )
    return msgspec.json.decode(rows[0][0], type=Scales) if rows else None


def store(connection: Connection, model: str, scales: Scales, at: str) -> None:
    """Keep what scores mean with a model, in place of what was kept before."""
    connection.exec_driver_sql(
        f"INSERT INTO calibrations (model, scales, at) VALUES ({marks(connection, 3)})"
        " ON CONFLICT (model) DO UPDATE SET scales = excluded.scales, at = excluded.at",
        (model, msgspec.json.encode(scales).decode(), at),
    )
