"""How people hear of things: told by a service, or by themselves behind a signed link."""

from collections.abc import Collection, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Response, current_app, request
from werkzeug.datastructures import MultiDict

from services.notifications import preferences
from services.notifications.api.pages import page
from services.notifications.api.schemas import ContactsBody, PreferencesBody, preferences_of
from services.notifications.contact_book import ContactBook, ContactsUnavailable
from services.notifications.domain.preferences import (
    CHOICES,
    DAILY,
    WEEKDAYS,
    WEEKLY,
    Preferences,
    QuietHours,
    next_digest,
)
from services.notifications.domain.rules import CATEGORIES, MUST_BE_TOLD, REQUEST
from services.notifications.links import (
    LINKS_WORK,
    PREFERENCES,
    UNSUBSCRIBE,
    Links,
    Stop,
    stop_of,
)
from services.notifications.memberships import communities_of, name_of, unknown_communities
from services.notifications.reach import names_of
from services.notifications.renewing import stop_links
from shared import link_renewals
from shared.clock import rfc3339
from shared.connection import Connection
from shared.erasure import erased_among, keep_unless_erased
from shared.http import reads
from shared.http.acting import only_for
from shared.http.policies import anyone, lead_of, operator, policy, self_
from shared.identifiers import is_id
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem, invalid, not_found
from shared.web.pages import check_owner, message, no_longer, opened
from shared.web.signer import SignedLink

blp = Blueprint("preferences", "preferences", description="How people hear of things")
EVERYTHING = "everything"
FORM, STOP_LINKS = "preferences", "stop-links"  # what the page's own forms say that they are
_MEANINGS = {
    "at-once": "Each message comes when it happens.",
    "daily": "One message a day with all that happened.",
    "weekly": "One message a week with all that happened.",
    "none": "Nothing, but answers to your own application and what somebody asks of you by name.",
}


@blp.get("/people/<person>/preferences")
@blp.doc(summary="How a person hears of things; who said nothing has the defaults")
@policy(self_(), operator)
def get_one(person: str) -> Response:
    _check_person(person)
    only_for(person)
    with service().database.read() as connection:
        if erased_among(connection, "notifications", [person]):
            raise _erased()
        kept = preferences.of(connection, person)
    reads.record([person], "how you hear of things")
    return json_response(_shown(person, kept.preferences), private=True)


@blp.put("/people/<person>/preferences")
@blp.doc(summary="Say how a person hears of things")
@policy(self_(), operator)
@blp.arguments(PreferencesBody)
def put_one(body: dict[str, Any], person: str) -> Response:
    _check_person(person)
    only_for(person)
    wanted = preferences_of(body)
    with service().database.write() as connection:
        if not keep_unless_erased(connection, "notifications", person):
            raise _erased()
        _check_communities(connection, wanted)
        preferences.put(connection, person, wanted, service().clock.now())
    return json_response(_shown(person, wanted), private=True)


@blp.get("/networks/<network>/contacts")
@blp.doc(summary="Whom a network wants told of its communities")
@policy(lead_of("network"), operator)
def get_network_contacts(network: str) -> Response:
    return _contacts(network)


@blp.put("/networks/<network>/contacts")
@blp.doc(summary="Say whom a network wants told of its communities")
@policy(lead_of("network"), operator)
@blp.arguments(ContactsBody)
def put_network_contacts(body: dict[str, Any], network: str) -> Response:
    if not is_id(network, "net"):
        raise not_found(f"{network[:60]!r} is no id of a network (net_…).")
    return _put_contacts(network, body["people"])


@blp.get("/operators")
@blp.doc(summary="Whom operators want told of what needs somebody")
@policy(operator)
def get_operators() -> Response:
    return _contacts("operators")


@blp.put("/operators")
@blp.doc(summary="Say whom to tell of what needs an operator")
@policy(operator)
@blp.arguments(ContactsBody)
def put_operators(body: dict[str, Any]) -> Response:
    return _put_contacts("operators", body["people"])


def _contacts(scope: str) -> Response:
    with service().database.read() as connection:
        people = preferences.contacts(connection, [scope])
    reads.record(people, "that you are told of what needs somebody")
    return json_response({"people": people, "names": names_of(people)}, private=True)


def _put_contacts(scope: str, people: tuple[str, ...]) -> Response:
    for person in people:
        _check_person(person)
    with service().database.write() as connection:
        if not keep_unless_erased(connection, "notifications", *people):
            gone = erased_among(connection, "notifications", people)
            raise invalid("people", f"must not name people who were erased: {', '.join(gone)}")
        preferences.put_contacts(connection, scope, people)
    return _contacts(scope)


def _erased() -> Problem:
    return Problem(410, "This person was erased: there is nobody to tell, and nothing is kept.")


def _check_person(person: str) -> None:
    if not is_id(person, "per"):
        raise not_found(f"{person[:60]!r} is no id of a person (per_…).")


def _check_communities(connection: Connection, wanted: Preferences) -> None:
    """Raises Problem 422 for a community that is not known here."""
    stopped = {community for _, community in wanted.stopped if community}
    named = {"communities": wanted.communities, "stopped": sorted(stopped)}
    for field, communities in named.items():
        if missing := unknown_communities(connection, list(communities)):
            raise invalid(field, f"there is no community {missing[0]} here; it may be on its way")


def _shown(person: str, wanted: Preferences) -> dict[str, Any]:
    now = service().clock.now()
    return {
        "person": person,
        **preferences.document(wanted),
        "next": {choice: rfc3339(next_digest(wanted, choice, now)) for choice in (DAILY, WEEKLY)},
    }


# --- pages behind signed links: GET changes nothing, for there are programs that follow links ---


@blp.get("/unsubscribe/<signed>")
@blp.doc(summary="A page with one button, which stops messages of a kind; looking changes nothing")
@policy(anyone)
def ask_unsubscribe(signed: str) -> Response:
    stop = _stop(signed)
    return page("unsubscribe", stopped=False, what=_what(stop), owner=_owner(stop.person))


@blp.post("/unsubscribe/<signed>")
@blp.doc(summary="Stop messages of a kind: by the page's button, or a mail program's (RFC 8058)")
@policy(anyone)
def unsubscribe(signed: str) -> Response:
    link = _verified(UNSUBSCRIBE, signed)
    stop, now = stop_of(link.subject), service().clock.now()
    with service().database.write() as connection:
        if not keep_unless_erased(connection, "notifications", stop.person):
            raise no_longer()
        wanted = preferences.of(connection, stop.person).preferences
        preferences.put(connection, stop.person, stopped(wanted, stop), now)
        renewals = link_renewals.of(connection, stop.person)
    number = link_renewals.generation(renewals, PREFERENCES)
    expires = link.expires or now + LINKS_WORK
    more = Links(service().settings).preferences(stop.person, number, expires)
    owner = _owner(stop.person)
    return page("unsubscribe", stopped=True, what=_what(stop), more=more, owner=owner)


def stopped(wanted: Preferences, stop: Stop) -> Preferences:
    """The preferences after one click."""
    if stop.category == EVERYTHING:
        requests = wanted.stopped | {(REQUEST, "")}
        return _changed(wanted, email="none", communities={}, stopped=requests)
    return _changed(wanted, stopped=wanted.stopped | {(stop.category, stop.community)})


def _changed(wanted: Preferences, **changes: Any) -> Preferences:
    known = {name: getattr(wanted, name) for name in Preferences.__dataclass_fields__}
    return Preferences(**(known | changes))


def _stop(signed: str) -> Stop:
    """Raises Unusable."""
    link = _verified(UNSUBSCRIBE, signed)
    return stop_of(link.subject)


def _verified(purpose: str, signed: str) -> SignedLink:
    """Raises Unusable, also for a link that was renewed or whose owner was erased."""
    link = opened(purpose, signed)
    check_owner(link, purpose, link.subject.split(" ")[0])
    return link


def _what(stop: Stop) -> str:
    """In words, what is stopped."""
    if stop.category == EVERYTHING:
        return "all messages that can be stopped"
    kind = CATEGORIES.get(stop.category, stop.category)
    if not stop.community:
        return f"messages about {kind}"
    with service().database.read() as connection:
        return f"messages about {kind}, for {name_of(connection, stop.community)}"


@blp.get("/preferences/<signed>")
@blp.doc(summary="A person's own page: what each choice means, and when the next digest comes")
@policy(anyone)
def own_page(signed: str) -> Response:
    link = _verified(PREFERENCES, signed)
    return _own_page(link.subject, saved=False)


@blp.post("/preferences/<signed>")
@blp.doc(summary="Save what the person's own page says")
@policy(anyone)
def save_own_page(signed: str) -> Response:
    link = _verified(PREFERENCES, signed)
    if request.form.get("form") == STOP_LINKS:
        return _stop_links(link.subject)
    now = service().clock.now()
    with service().database.read() as connection:
        mine = {key for key, _ in communities_of(connection, link.subject, now.date())}
    mistakes = mistakes_in(request.form, mine)
    if not mistakes:
        with service().database.write() as connection:
            if not keep_unless_erased(connection, "notifications", link.subject):
                raise no_longer()
            before = preferences.of(connection, link.subject).preferences
            wanted = from_form(before, request.form)
            preferences.put(connection, link.subject, wanted, now)
    return _own_page(link.subject, saved=not mistakes, mistakes=mistakes)


def _stop_links(person: str) -> Response:
    """Whoever has an earlier message can no longer act by it; this page's own link stops too."""
    if stop_links(service().settings, person):
        return message(
            "The links in your messages no longer work",
            "Whoever has an earlier message, or had it forwarded, can no longer act by it. That"
            " holds for this page too. Your next message brings links that work.",
        )
    return message(
        "The links could not be stopped just now",
        "Nothing was changed. Please go back and try again in a moment.",
        503,
    )


def _owner(person: str) -> str | None:
    """Whose page it is; None while the registry does not say."""
    book: ContactBook = current_app.extensions["hedgerow_contacts"]
    try:
        found = book.look_up([person]).get(person)
    except ContactsUnavailable:
        return None
    return found.name if found else None


def mistakes_in(form: "MultiDict[str, str]", mine: Collection[str] = ()) -> list[str]:
    """What in a form is not as the page can have it, in words. What is left out is no mistake.

    `mine` are the ids of the communities that the page offers.
    """
    if form.get("form") != FORM:
        return ["This did not come from this page's form. Say here what you wish, and save it."]
    found = []
    choices = _choices(form)
    if not choices.keys() <= set(mine):
        found.append("You are not in one of these communities any more. Say here what you wish.")
    for value in [*form.getlist("email"), *choices.values()]:
        if value not in CHOICES:
            found.append(f"{_quoted(value)} is no choice of when messages come.")
    if form.get("hour") and _hour(form["hour"]) is None:
        found.append(f"{_quoted(form['hour'])} is no time of the day such as 07:30.")
    if form.get("weekday") and form["weekday"] not in WEEKDAYS:
        found.append(f"{_quoted(form['weekday'])} is no day of the week.")
    quiet = [form.get("quiet_from", ""), form.get("quiet_to", "")]
    found += [
        f"{_quoted(text)} is no time of the day such as 22:00."
        for text in quiet
        if text and _hour(text) is None
    ]
    if bool(quiet[0]) != bool(quiet[1]):
        found.append("Quiet hours need both times: from when, and until when.")
    if quiet[0] and _hour(quiet[0]) is not None and _hour(quiet[0]) == _hour(quiet[1]):
        found.append("Quiet hours must end at another time than they begin. For none, empty both.")
    if form.get("zone") and _zone(form["zone"]) is None:
        found.append(f"{_quoted(form['zone'])} is no time zone such as Europe/London.")
    return found


def _quoted(text: str) -> str:
    return f"“{text[:60]}”"


def from_form(before: Preferences, form: "MultiDict[str, str]") -> Preferences:
    """What a form without mistakes says; what it leaves out stays as it was."""
    quiet = (_hour(form.get("quiet_from")), _hour(form.get("quiet_to")))
    kept = set(form.getlist("kept"))
    gone = {(c, "") for c in CATEGORIES if c not in kept and c not in MUST_BE_TOLD}
    for_communities = {(c, community) for c, community in before.stopped if community}
    again = {(c, community) for c, community in for_communities if f"{c}:{community}" in kept}
    return Preferences(
        email=form.get("email") or before.email,
        communities=_choices(form),
        stopped=frozenset(gone | (for_communities - again)),
        zone=_zone(form.get("zone")) or before.zone,
        hour=before.hour if (hour := _hour(form.get("hour"))) is None else hour,
        weekday=form.get("weekday") or before.weekday,
        quiet=QuietHours(quiet[0], quiet[1])
        if quiet[0] is not None and quiet[1] is not None
        else None,
    )


def _choices(form: "MultiDict[str, str]") -> dict[str, str]:
    """What is chosen for each community, by its id."""
    return {
        name.removeprefix("community:"): value
        for name, value in form.items()
        if name.startswith("community:") and value
    }


def _hour(text: str | None) -> time | None:
    try:
        return time.fromisoformat(text or "").replace(tzinfo=None)
    except ValueError:
        return None


def _zone(text: str | None) -> str | None:
    try:
        return ZoneInfo(text or "").key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _own_page(person: str, *, saved: bool, mistakes: Sequence[str] = ()) -> Response:
    """As things are; with mistakes, it says that nothing was changed and why."""
    now = service().clock.now()
    with service().database.read() as connection:
        wanted = preferences.of(connection, person).preferences
        mine = communities_of(connection, person, now.date())
        gone = [
            (f"{category}:{community}", CATEGORIES.get(category), name_of(connection, community))
            for category, community in sorted(wanted.stopped)
            if community
        ]
    stoppable = {c: words for c, words in CATEGORIES.items() if c not in MUST_BE_TOLD}
    return page(
        "preferences",
        422 if mistakes else 200,
        mistakes=mistakes,
        form=FORM,
        stop_links=STOP_LINKS,
        owner=_owner(person),
        wanted=wanted,
        saved=saved,
        communities=mine,
        categories=stoppable,
        gone=gone,
        meanings=_MEANINGS,
        weekdays=WEEKDAYS,
        next={c: rfc3339(next_digest(wanted, c, now)) for c in (DAILY, WEEKLY)},
    )
