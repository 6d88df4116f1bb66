"""Where communities stand: the same tomorrow as today, whoever comes."""

from services.discovery.map.field import BAND, FIELD, HEIGHT, WIDTH
from services.discovery.map.spots import Spots
from tests.unit.discovery.charting import FALLS, SEPSIS, WOUNDS, chart, row, themed

ROWS = [*themed("f", FALLS, 9), *themed("s", SEPSIS, 9), *themed("w", WOUNDS, 9)]


def test_a_newcomer_moves_nobody_and_stands_beside_those_who_are_like_it() -> None:
    before = chart(ROWS)
    newcomer = row("com_new", FALLS[:3])
    after = chart([*ROWS, newcomer], before=before)
    places = after.places()
    x, y = places.pop("com_new")
    assert places == before.places()
    like = [n for n in after.nodes if n.id.startswith("com_f")]
    left, right = min(n.x for n in like) - 30, max(n.x for n in like) + 30
    top, bottom = min(n.y for n in like) - 30, max(n.y for n in like) + 30
    assert left <= x <= right
    assert top <= y <= bottom


def test_who_leaves_moves_nobody() -> None:
    before = chart(ROWS)
    after = chart(ROWS[1:], before=before)
    assert after.places().items() <= before.places().items()


def test_a_landscape_that_more_than_doubles_is_laid_out_anew() -> None:
    before = chart(ROWS[:9])
    after = chart(ROWS, before=before)
    assert after.places() == chart(ROWS).places()


def test_everybody_is_inside_the_picture_and_nobody_upon_another() -> None:
    found = chart([*ROWS, *(row(f"com_z{n}", domain=f"alone{n}") for n in range(40))])
    assert len(set(found.places().values())) == len(found.nodes)
    for node in found.nodes:
        assert 0 < node.x < WIDTH
        assert 0 < node.y < HEIGHT


def test_who_stands_alone_has_a_place_in_the_band_below() -> None:
    found = chart([*ROWS, row("com_z", domain="unlike anybody")])
    alone = {n.id for n in found.nodes if n.y >= BAND[1]}
    assert alone == {"com_z"}
    assert all(n.y <= FIELD[3] for n in found.nodes if n.id != "com_z")


def test_who_is_joined_at_last_leaves_the_band() -> None:
    before = chart([*ROWS, row("com_z", domain="unlike anybody")])
    after = chart([*ROWS, row("com_z", FALLS[:3])], before=before)
    assert after.places()["com_z"][1] <= FIELD[3]


def test_a_group_of_newcomers_alone_stands_together() -> None:
    before = chart(ROWS[:18])
    after = chart(ROWS, before=before)
    new = [n for n in after.nodes if n.id.startswith("com_w")]
    assert max(n.x for n in new) - min(n.x for n in new) < WIDTH / 4
    assert max(n.y for n in new) - min(n.y for n in new) < HEIGHT / 4


def test_a_group_keeps_its_colour_and_shape_though_another_outgrows_it() -> None:
    before = chart([*themed("f", FALLS, 8), *themed("s", SEPSIS, 6)])
    after = chart([*themed("f", FALLS, 8), *themed("s", SEPSIS, 9)], before=before)
    style = {g.id[:5]: g.style for g in before.groups}
    assert {g.id[:5]: g.style for g in after.groups} == style
    assert after.groups[0].id.startswith("com_s")


def test_free_places_are_apart_until_there_is_no_more_room() -> None:
    spots = Spots((0, 0, 100, 100), 10, ())
    taken = [spots.take((50, 50)) for _ in range(30)]
    apart = [
        (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for n, a in enumerate(taken) for b in taken[:n]
    ]
    assert min(apart) >= 100
    full = [spots.take((50, 50)) for _ in range(120)]
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in full)
