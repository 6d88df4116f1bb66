"""What people see and do in discovery by their own tokens, and what is not shown to them."""

from typing import Any

import pytest

from shared.identifiers import derived_id
from tests.discovery import Discovery


@pytest.fixture
def known(discoverer: Discovery) -> Discovery:
    return discoverer


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json["items"]}


class Village:
    """Four communities with conveners: two agreed to a link, two others only talk about one."""

    def __init__(self, known: Discovery) -> None:
        names = ("Falls", "Frailty", "Sleep", "Stroke")
        self.keys = {name: known.community(name) for name in names}
        self.people = {name: known.convener(self.keys[name], f"of {name}") for name in names}
        self.agreed = known.link(self.keys["Falls"], self.keys["Frailty"])
        self.open = known.proposal(self.keys["Sleep"], self.keys["Stroke"], message="Dear all")
        self.known = known

    def of(self, name: str) -> Any:
        return self.known.signed_in(self.people[name])


def test_a_proposal_is_listed_for_the_conveners_of_the_two_alone(known: Discovery):
    village = Village(known)
    both, one = {village.agreed, village.open}, {village.agreed}
    assert ids(known.anyone.get("/links")) == one
    assert ids(village.of("Falls").get("/links")) == one
    assert ids(village.of("Sleep").get("/links")) == ids(village.of("Stroke").get("/links")) == both
    assert ids(known.operator.get("/links")) == both
    assert ids(known.acting(village.people["Falls"]).get("/links")) == one
    assert ids(village.of("Falls").get("/links?state=proposed")) == set()
    assert ids(village.of("Sleep").get("/links?state=proposed")) == {village.open}
    assert known.anyone.get("/links?state=proposed").status_code == 401


def test_a_page_of_links_ends_where_the_reader_sees_no_more(known: Discovery):
    village = Village(known)
    answer = village.of("Falls").get("/links?limit=1").json
    assert (len(answer["items"]), answer["next"]) == (1, None)
    answer = village.of("Sleep").get("/links?limit=1").json
    assert answer["next"] is not None


def test_the_words_of_a_proposal_are_for_the_conveners_of_the_two(known: Discovery):
    village = Village(known)
    at = f"/links/{village.open}"
    assert village.of("Stroke").get(at).json["texts"] == {"message": "Dear all"}
    assert village.of("Falls").get(at).status_code == known.anyone.get(at).status_code == 404
    for_another = known.acting(village.people["Falls"]).get(at)
    assert (for_another.status_code, "Dear all" in for_another.text) == (404, False)
    agreed = village.of("Sleep").get(f"/links/{village.agreed}").json
    assert not {"texts", "proposed_at", "other_purpose"} & agreed.keys()
    assert "proposed_at" in village.of("Falls").get(f"/links/{village.agreed}").json


def test_the_links_of_what_a_person_convenes_are_listed_for_that_person(known: Discovery):
    village = Village(known)
    asked = f"/links?person={village.people['Sleep']}"
    assert ids(village.of("Sleep").get(asked)) == {village.open}
    assert ids(known.operator.get(asked)) == {village.open}
    assert village.of("Falls").get(asked).status_code == 403
    assert known.anyone.get(asked).status_code == 401
    nobody = derived_id("per", "nobody")
    assert ids(known.signed_in(nobody).get(f"/links?person={nobody}")) == set()


def test_a_convener_answers_for_their_own_side_and_says_so_of_no_other(known: Discovery):
    village = Village(known)
    at = f"/links/{village.open}/acceptance"
    sleep, stroke = village.keys["Sleep"], village.keys["Stroke"]
    for body in ({}, {"by": sleep}, {"by": stroke}):
        assert village.of("Sleep").post(at, body).status_code == 403, body
    named = village.of("Stroke").post(at, {"by": village.people["Sleep"]})
    assert named.status_code == 403
    assert known.operator.get(f"/links/{village.open}").json["state"] == "proposed"
    done = village.of("Stroke").post(at, {"by": stroke})
    assert (done.status_code, done.json["state"]) == (200, "accepted")


def test_nobody_proposes_in_the_name_of_a_community_that_is_not_theirs(known: Discovery):
    village = Village(known)
    body = {"from": village.keys["Falls"], "to": village.keys["Sleep"], "purpose": "Meet together"}
    assert village.of("Sleep").post("/links", body).status_code == 403
    answer = village.of("Falls").post("/links", body | {"by": village.keys["Sleep"]})
    assert answer.status_code == 422
    made = village.of("Falls").post("/links", body)
    assert made.status_code == 201
    assert made.headers["Cache-Control"] == "no-store"


def test_a_role_that_ended_yesterday_opens_nothing_today(known: Discovery):
    village = Village(known)
    person, community = village.people["Sleep"], village.keys["Sleep"]
    role = derived_id("rol", community, person)
    known.hears("registry.membership.ended", community, role_id=role, ends="2020-01-01")
    assert ids(village.of("Sleep").get("/links")) == {village.agreed}
    assert village.of("Sleep").post(f"/links/{village.open}/ending", {}).status_code == 403


def test_whether_a_link_is_proposed_is_told_to_those_who_convene_the_community(known: Discovery):
    village = Village(known)
    known.follower.catch_up(known.service.database)
    at = f"/communities/{village.keys['Sleep']}/related"
    stroke = village.keys["Stroke"]

    def proposed(caller: Any) -> Any:
        found = {i["id"]: i["proposed"] for i in caller.get(at).json["items"]}
        return found.get(stroke)

    assert proposed(village.of("Sleep")) is True
    assert proposed(village.of("Falls")) is None
    assert proposed(known.anyone) is None
    assert village.of("Falls").get(f"{at}?leave_out=proposed").status_code == 403
    assert village.of("Sleep").get(f"{at}?leave_out=proposed").status_code == 200


def test_saved_searches_are_their_own_persons(known: Discovery):
    ada, bea = known.person("Ada"), known.person("Bea")
    known.community()
    known.follower.catch_up(known.service.database)
    made = known.signed_in(ada).made("/saved-searches", person=ada, q="stroke clinic")
    assert ids(known.signed_in(ada).get("/saved-searches")) == {made["id"]}
    assert ids(known.signed_in(bea).get("/saved-searches")) == set()
    assert known.signed_in(bea).get(f"/saved-searches?person={ada}").status_code == 403
    assert known.acting(bea).get(f"/saved-searches/{made['id']}").status_code == 403
    known.granted(bea, "operator")
    assert ids(known.signed_in(bea).get(f"/saved-searches?person={ada}")) == {made["id"]}


def test_a_lead_reads_what_was_not_found_in_their_own_network(known: Discovery):
    wessex = "net_00000000000000000001"
    known.hears("registry.network.registered", wessex, name="Wessex", aliases=["HIW"])
    known.community(networks=[wessex])
    lead = known.person("Lea")
    known.granted(lead, "network-lead", wessex)
    known.follower.catch_up(known.service.database)
    for named in (wessex, "Wessex", "hiw"):
        answer = known.signed_in(lead).get(f"/unmet-needs?network={named}")
        assert answer.status_code == 200, named
    refused = {"": 403, "?network=Kent": 403, "?network=Kent&network=Wessex": 422}
    for query, status in refused.items():
        assert known.signed_in(lead).get(f"/unmet-needs{query}").status_code == status, query


def test_what_an_operator_reads_of_a_person_is_recorded_for_that_person(known: Discovery):
    village = Village(known)
    sleep = village.people["Sleep"]
    body = {"from": village.keys["Sleep"], "to": village.keys["Falls"], "purpose": "Meet together"}
    link = known.acting(sleep).made("/links", **body, message="Between us")["id"]
    village.of("Sleep").get(f"/links/{link}")
    village.of("Falls").get(f"/links/{link}")
    known.anyone.get(f"/links/{village.agreed}")
    at = f"/people/{sleep}/reads"
    assert known.signed_in(sleep).get(at).json["items"] == []
    known.operator.get(f"/links/{link}")
    known.operator.get(f"/saved-searches?person={sleep}")
    items = known.signed_in(sleep).get(at).json["items"]
    assert [item["what"] for item in items] == [
        "your saved searches",
        "what you wrote about a link between communities",
    ]
