"""What waits for a person in discovery."""

from datetime import timedelta
from typing import Any

from services.discovery.waiting import NEWS_FOR
from tests.discovery import Discovery
from tests.integration.test_saved_searches import Worker


def inbox(known: Discovery, person: str) -> list[Any]:
    answer = known.signed_in(person).get(f"/people/{person}/inbox")
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def test_a_proposal_waits_for_those_who_convene_the_side_that_is_asked(
    each_discovery: Discovery,
):
    one, other = each_discovery.community("Falls"), each_discovery.community("Frailty")
    proposer = each_discovery.convener(one, "Ada")
    asked, helper = (
        each_discovery.convener(other, "Bea"),
        each_discovery.convener(other, "Cleo", "co-convener"),
    )
    member = each_discovery.convener(other, "Dan", "member")
    link = each_discovery.proposal(one, other, purpose="Meet together")
    (item,) = inbox(each_discovery, asked)
    about = each_discovery.operator.get(f"/links/{link}").json
    assert item == {
        "type": "link-proposal",
        "id": link,
        "title": "Falls would like to link with Frailty: Meet together",
        "since": about["proposed_at"],
        "due": about["lapses_at"],
        "action": f"/links/{link}/acceptance",
    }
    assert inbox(each_discovery, helper) == [item]
    assert inbox(each_discovery, proposer) == inbox(each_discovery, member) == []
    assert each_discovery.signed_in(asked).post(item["action"]).status_code == 200
    assert inbox(each_discovery, asked) == []


def test_what_a_saved_search_has_found_waits_for_its_person_for_two_weeks(
    each_discovery: Discovery,
):
    ada = each_discovery.person("Ada")
    each_discovery.community("Bees", domain="Keeping bees on roofs")
    each_discovery.follower.catch_up(each_discovery.service.database)
    search = each_discovery.operator.made("/saved-searches", person=ada, q="stroke clinic")["id"]
    assert inbox(each_discovery, ada) == []
    each_discovery.community("Stroke", domain="A clinic after a stroke")
    Worker(each_discovery).works()
    (item,) = inbox(each_discovery, ada)
    assert [item[n] for n in ("type", "id", "title")] == [
        "saved-search-news",
        search,
        "stroke clinic",
    ]
    assert item["action"] == f"/saved-searches/{search}"
    told = each_discovery.signed_in(ada).get(item["action"]).json["told"]
    assert [line["at"] for line in told] == [item["since"]]
    forget(each_discovery, NEWS_FOR)
    assert inbox(each_discovery, ada) == []


def test_what_an_erased_persons_search_asked_for_is_nowhere(each_discovery: Discovery):
    ada = each_discovery.person("Ada")
    each_discovery.community("Bees", domain="Keeping bees on roofs")
    each_discovery.follower.catch_up(each_discovery.service.database)
    each_discovery.operator.made("/saved-searches", person=ada, q="stroke clinic")
    each_discovery.community("Stroke", domain="A clinic after a stroke")
    Worker(each_discovery).works()
    each_discovery.hears("registry.person.erased", ada)
    answer = each_discovery.operator.get(f"/people/{ada}/inbox")
    assert (answer.status_code, answer.json["items"]) == (200, [])


def forget(known: Discovery, age: timedelta) -> None:
    """All that was told is as old as this."""
    long_ago = (known.service.clock.now() - age - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with known.service.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE saved_search_told_1 SET at = '{long_ago}'")
