"""Preferences: over the API, and by signed links without a login."""

import re
from datetime import time
from urllib.parse import urlsplit

import pytest

from services.notifications import preferences
from services.notifications.links import Links, Stop
from tests.notifications import ADA, FALLS, Notifications
from tests.unit.notifications.test_sending import closed

COMMUNITY = "com_" + "1" * 20


def path(address: str) -> str:
    return urlsplit(address).path


def links(notifications: Notifications) -> Links:
    return Links(notifications.service.settings)


def kept(notifications: Notifications) -> preferences.Preferences:
    with notifications.service.database.read() as connection:
        return preferences.of(connection, ADA).preferences


def test_who_said_nothing_has_the_defaults(notifications: Notifications):
    found = notifications.operator.get(f"/people/{ADA}/preferences").json
    assert found["channels"] == {"email": "at-once"}
    assert found["quiet_hours"] is None
    assert found["zone"] == "Europe/London"


def test_what_is_put_is_what_is_got(notifications: Notifications):
    body = {
        "channels": {"email": "weekly"},
        "communities": {COMMUNITY: "none"},
        "quiet_hours": {"from": "21:00", "to": "07:00"},
        "zone": "Europe/Paris",
        "digest": {"hour": "18:30", "weekday": "friday"},
        "stopped": [{"category": "nearby"}, {"category": "sessions", "community": COMMUNITY}],
    }
    notifications.community(COMMUNITY)
    at = f"/people/{ADA}/preferences"
    answer = notifications.operator.ask("PUT", at, json=body)
    assert answer.status_code == 200, answer.text
    found = notifications.operator.get(at).json
    stopped = [{"category": "nearby", "community": None}, body["stopped"][1]]
    assert {name: found[name] for name in body} == body | {"stopped": stopped}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channels": {"email": "hourly"}}, "channels.email"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"quiet_hours": {"from": "25:00", "to": "07:00"}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "21:00", "to": "21:00"}}, "quiet_hours.to"),
        ({"communities": {"falls": "none"}}, "communities"),
        ({"stopped": [{"category": "decision"}]}, "stopped.0.category"),
        ({"colour": "green"}, "colour"),
        ({"communities": {COMMUNITY: "none"}}, "communities"),  # invented
        ({"communities": {f"com_{n:020}": "none" for n in range(501)}}, "communities"),
        ({"stopped": [{"category": "nearby", "community": COMMUNITY}]}, "stopped"),
        ({"stopped": [{"category": "nearby", "community": "x"}]}, "stopped.0.community"),
        ({"stopped": [{"category": "nearby"}] * 501}, "stopped"),
    ],
)
def test_what_is_wrong_is_named(notifications: Notifications, body: dict, field: str):
    answer = notifications.operator.ask("PUT", f"/people/{ADA}/preferences", json=body)
    assert answer.status_code == 422
    assert field in answer.json["errors"]
    assert kept(notifications) == preferences.Preferences()


def test_a_community_that_is_not_known_yet_may_be_on_its_way(notifications: Notifications):
    body = {"communities": {COMMUNITY: "none"}}
    at = f"/people/{ADA}/preferences"
    answer = notifications.operator.ask("PUT", at, json=body)
    assert "may be on its way" in answer.json["detail"]
    notifications.community(COMMUNITY)
    assert notifications.operator.ask("PUT", at, json=body).status_code == 200


def test_the_own_page_keeps_no_choice_for_communities_that_it_does_not_offer(
    notifications: Notifications,
):
    notifications.landscape()
    notifications.community(COMMUNITY)  # somebody else's
    address = path(links(notifications).preferences(ADA, 1))
    for other in (COMMUNITY, "com_" + "2" * 20, "x" * 100_000):
        form = {"form": "preferences", "kept": ["sessions"], f"community:{other}": "none"}
        answer = notifications.anyone.ask("POST", address, data=form)
        assert answer.status_code == 422
        assert "one of these communities" in answer.text
    assert kept(notifications) == preferences.Preferences()


def test_looking_at_a_link_changes_nothing_and_one_click_stops(notifications: Notifications):
    closed(notifications)
    address = path(links(notifications).unsubscribe(Stop(ADA, "community", FALLS), 1))
    looked = notifications.anyone.get(address)
    assert looked.status_code == 200
    assert len(re.findall("<button", looked.text)) == 1
    assert "Falls in care homes" in looked.text
    assert kept(notifications).stopped == frozenset()
    one_click = {"List-Unsubscribe": "One-Click"}
    clicked = notifications.anyone.ask("POST", address, data=one_click)
    assert clicked.status_code == 200
    assert kept(notifications).stopped == {("community", FALLS)}
    assert notifications.anyone.ask("POST", address, data=one_click).status_code == 200
    notifications.versions.clear()


def test_a_link_that_was_altered_stops_nothing(notifications: Notifications):
    address = path(links(notifications).unsubscribe(Stop(ADA, "community", FALLS), 1))
    for wrong in (address[:-2] + "xx", address.replace("unsubscribe/", "preferences/")):
        for method in ("GET", "POST"):
            answer = notifications.anyone.ask(method, wrong)
            assert answer.status_code == 404
            assert "This link does not work" in answer.text
    assert kept(notifications) == preferences.Preferences()


def test_the_link_of_a_digest_stops_everything(notifications: Notifications):
    address = path(links(notifications).unsubscribe(Stop(ADA, "everything", ""), 1))
    notifications.anyone.ask("POST", address)
    assert kept(notifications).email == "none"
    assert ("request", "") in kept(notifications).stopped


def test_the_own_page_works_without_scripts_and_says_what_choices_mean(
    notifications: Notifications,
):
    notifications.landscape()
    address = path(links(notifications).preferences(ADA, 1))
    found = notifications.anyone.get(address)
    assert "<script" not in found.text
    assert "One message a week with all that happened. The next one would come on" in found.text
    assert f'name="community:{FALLS}"' in found.text
    for control in re.findall(r'<(?:input|select) [^>]*id="([^"]+)"', found.text):
        assert f'for="{control}"' in found.text
    form = {
        "form": "preferences",
        "email": "daily",
        f"community:{FALLS}": "none",
        "kept": ["sessions", "reminders"],
        "hour": "06:15",
        "quiet_from": "22:00",
        "quiet_to": "06:00",
        "zone": "Europe/Paris",
    }
    saved = notifications.anyone.ask("POST", address, data=form)
    assert "Saved." in saved.text
    wanted = kept(notifications)
    assert (wanted.email, wanted.communities, wanted.hour) == (
        "daily",
        {FALLS: "none"},
        time(6, 15),
    )
    assert ("nearby", "") in wanted.stopped
    assert ("sessions", "") not in wanted.stopped
    assert wanted.zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"zone": "Mars/X"}, "“Mars/X” is no time zone"),
        ({"hour": "99:99"}, "“99:99” is no time of the day"),
        ({"weekday": "caturday"}, "“caturday” is no day"),
        ({"quiet_from": "22:00", "quiet_to": ""}, "Quiet hours need both times"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "must end at another time"),
        ({"quiet_from": "22:00", "quiet_to": "soon"}, "“soon” is no time of the day"),
        ({"email": "bogus"}, "“bogus” is no choice"),
        ({f"community:{FALLS}": "bogus"}, "“bogus” is no choice"),
        ({"form": ""}, "did not come from this page"),
    ],
)
def test_a_form_with_a_mistake_changes_nothing_and_says_which(
    notifications: Notifications, wrong: dict, words: str
):
    address = path(links(notifications).preferences(ADA, 1))
    form = {"form": "preferences", "email": "daily", "kept": ["sessions"]} | wrong
    answer = notifications.anyone.ask("POST", address, data=form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "Saved." not in answer.text
    assert kept(notifications) == preferences.Preferences()


def test_an_empty_form_stops_nothing(notifications: Notifications):
    address = path(links(notifications).preferences(ADA, 1))
    assert notifications.anyone.ask("POST", address).status_code == 422
    assert kept(notifications) == preferences.Preferences()


def test_the_page_sends_back_what_it_shows(notifications: Notifications):
    address = path(links(notifications).preferences(ADA, 1))
    assert 'name="form" value="preferences"' in notifications.anyone.get(address).text


def test_networks_and_operators_say_whom_to_tell(notifications: Notifications):
    network = "net_" + "1" * 20
    for at in (f"/networks/{network}/contacts", "/operators"):
        assert notifications.operator.ask("PUT", at, json={"people": [ADA]}).json["people"] == [ADA]
        assert notifications.operator.get(at).json["people"] == [ADA]
        wrong = notifications.operator.ask("PUT", at, json={"people": ["ada"]})
        assert wrong.status_code == 404
