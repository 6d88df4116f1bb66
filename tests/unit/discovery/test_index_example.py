"""The example landscape, searched as a convener would."""

import json
from importlib.resources import files

import pytest

from services.discovery.index import Document, Index
from services.discovery.index.thesaurus import SAME
from tests.bench.parts import parts

FALLS = [
    "falls-care-homes-wessex",
    "falls-care-homes-yorkshire",
    "steady-on-their-feet",
]


def example() -> list[Document]:
    """The communities of the example landscape."""
    texts = ("name", "domain", "practice", "learning_question", "region")
    listed = json.loads(files("hedgerow.example").joinpath("communities.json").read_bytes())
    return [
        Document(
            id=entry["key"],
            topics=tuple(entry["topics"]),
            networks=tuple(entry["networks"]),
            sectors=tuple(entry["sectors"]),
            **{name: entry[name] or "" for name in texts},
        )
        for entry in listed
    ]


@pytest.fixture(scope="module", params=["words, forgiving", "all"])
def index(request: pytest.FixtureRequest) -> Index:
    found = parts()[request.param]()
    found.put_many(example())
    return found


@pytest.mark.parametrize("asked", ["falls in care homes", "falls in nursing homes", "Falls"])
def test_falls_in_care_homes_are_found_in_whatever_words_they_are_told(
    index: Index, asked: str
) -> None:
    assert {match.id for match in index.search(asked, limit=3).matches} == set(FALLS)


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("end of life", {"advance-care-planning", "what-matters-last-chapter"}),
        ("end of life", {"children-hospice-care"}),
        ("palliative care", {"children-hospice-care", "advance-care-planning"}),
        ("memory loss", {"dementia-hospital-oxford", "confused-on-the-ward"}),
        ("A&E", {"violence-reduction-ed", "ambulance-handover-west-midlands"}),
        ("homelessness", {"homeless-health-manchester", "street-outreach-south-london"}),
        ("IV", {"hospital-at-home-peninsula"}),
        ("T1D", {"type-one-transition"}),
        ("pediatric", {"childhood-asthma-nwl", "children-hospice-care"}),
    ],
)
def test_what_people_call_a_subject_finds_those_who_work_on_it(
    index: Index, asked: str, wanted: set[str]
) -> None:
    assert wanted <= {match.id for match in index.search(asked, limit=5).matches}


def test_no_name_of_a_subject_stands_for_two() -> None:
    names = [name for line in SAME for name in line]
    assert len(names) == len(set(names))
