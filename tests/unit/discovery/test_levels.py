"""Levels of relatedness, held against what was judged of the example landscape."""

import pytest

from services.discovery import judged
from services.discovery.calibration import Judgement, calibrate, fit, searched
from services.discovery.index import Document, Index
from services.discovery.index.levels import Level, Levels, Scales
from tests.bench.parts import parts

RIGHT_AT_LEAST = 0.8


@pytest.fixture(scope="module", params=["words, forgiving", "all"])
def index(request: pytest.FixtureRequest) -> Index:
    made = parts()[request.param]()
    made.put_many(judged.communities())
    return made


def scored(index: Index, level: Level) -> list[Judgement]:
    return [
        (index.likeness(pair.one, [pair.other])[pair.other], pair.right(level))
        for pair in judged.pairs()
    ]


def test_the_two_judgements_agree_far_beyond_chance() -> None:
    pairs = judged.pairs()
    assert len(pairs) == 197
    assert judged.agreement(pairs) == pytest.approx(0.889, abs=0.001)
    known = {document.id for document in judged.communities()}
    assert {key for pair in pairs for key in pair[:2]} <= known
    assert frozenset().union(*judged.searches().values()) <= known


@pytest.mark.parametrize("level", [Level.RELATED, Level.CLOSE])
def test_of_pairs_shown_on_a_level_four_of_five_are_right(index: Index, level: Level) -> None:
    least = index.scales.pairs.related if level is Level.RELATED else index.scales.pairs.close
    shown = [right for score, right in scored(index, level) if score >= least]
    assert len(shown) >= 14
    assert sum(shown) / len(shown) >= RIGHT_AT_LEAST


@pytest.mark.parametrize("level", [Level.RELATED, Level.CLOSE])
def test_so_are_those_that_a_threshold_was_not_fitted_to(index: Index, level: Level) -> None:
    assert fit(level, scored(index, level)).held_out >= RIGHT_AT_LEAST
    assert fit(level, searched(index)).held_out >= RIGHT_AT_LEAST


def test_of_what_searches_show_as_related_four_of_five_are_right(index: Index) -> None:
    shown = [
        match.id in right
        for asked, right in judged.searches().items()
        for match in index.search(asked).matches
        if match.level is not Level.NEAREST
    ]
    assert len(shown) >= 50
    assert sum(shown) / len(shown) >= RIGHT_AT_LEAST


def test_a_list_ends_where_relatedness_ends(index: Index) -> None:
    for key in ("continence-with-dignity", "menopause-at-work"):
        assert index.related(key, least=Level.RELATED) == []
        assert {match.level for match in index.related(key)} == {Level.NEAREST}
    found = index.search("falls in care homes").matches
    assert [match.level is Level.NEAREST for match in found] == sorted(
        match.level is Level.NEAREST for match in found
    )
    assert sum(match.level is not Level.NEAREST for match in found) <= 4


def test_the_written_scales_are_what_the_fit_gives_or_stricter() -> None:
    made = parts()["all"]
    found = calibrate(made).scales
    written = made().scales
    for ours, theirs in zip(written, found, strict=True):
        assert ours.related == pytest.approx(theirs.related, abs=0.03)
        assert ours.close == pytest.approx(theirs.close, abs=0.08)


def test_a_fit_takes_the_lowest_score_from_which_on_enough_is_right() -> None:
    judgements = [
        (0.9, 1.0),
        (0.8, 1.0),
        (0.7, 1.0),
        (0.6, 1.0),
        (0.5, 1.0),
        (0.4, 0.0),
        (0.3, 0.0),
    ]
    found = fit(Level.RELATED, judgements)
    assert (found.least, found.shown, found.right, found.found) == (0.5, 5, 1.0, 1.0)


def test_where_nothing_is_right_nothing_is_on_a_level() -> None:
    assert fit(Level.CLOSE, [(0.9, 0.0), (0.8, 0.0)])[1:] == (1.0, 0, 0.0, 0.0, 0.0)


def test_levels_hold_as_soon_as_they_are_calibrated() -> None:
    index = parts()["all"]()
    index.put_many(
        [
            Document(id="a", name="Falls", domain="falls prevention"),
            Document(id="b", name="Falls", domain="falls prevention"),
        ]
    )
    assert [match.level for match in index.related("a")] == [Level.CLOSE]
    index.calibrate(Scales(Levels(1.1, 1.2), Levels(1.1, 1.2)))
    assert [match.level for match in index.related("a")] == [Level.NEAREST]
    assert index.found_by("falls") == []


def test_one_that_a_search_shows_as_related_is_found_by_it_and_no_other(index: Index) -> None:
    for asked in ("falls in care homes", "sepsis", "damp homes"):
        shown = {
            match.id
            for match in index.search(asked, limit=60).matches
            if match.level is not Level.NEAREST
        }
        assert set(index.found_by(asked)) == shown
        understood = index.read(asked)
        assert {d.id for d in judged.communities() if index.finds(understood, d.id)} >= shown
