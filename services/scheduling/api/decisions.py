"""Decisions: made one by one in private, told all together."""

from typing import Any

from flask import Response

from services.scheduling import admitting, queries, texts
from services.scheduling.api.acting import only_the_team
from services.scheduling.api.answers import decided, handle, require
from services.scheduling.api.application_schemas import DecisionBody
from services.scheduling.api.application_views import answer
from services.scheduling.api.naming import name_and_note
from services.scheduling.applying import check_not_erased
from services.scheduling.domain import admission
from services.scheduling.domain import application as a
from services.scheduling.domain import application_decisions as d
from services.scheduling.domain import cohort as c
from services.scheduling.events import APPLICATION, COHORT
from services.scheduling.projections.own import APPLICATIONS, COHORTS
from shared.connection import Connection
from shared.eventstore.streams import Change
from shared.http.policies import operator, policy, service_token, team_of
from shared.web import forecasts
from shared.web.bodies import Blueprint
from shared.web.callers import caller
from shared.web.changing import append, changing
from shared.web.commands import Answer, check_version
from shared.web.context import service
from shared.web.forecasts import WouldBe, dry_run_asked
from shared.web.parameters import DRY_RUN, takes

blp = Blueprint("decisions", "decisions", description="Who gets a place")


@blp.put("/applications/<application>/decision")
@blp.doc(summary="Decide in private; nobody is told until all decisions are released")
@policy(team_of("application"), operator, service_token)
@blp.arguments(DecisionBody)
def decide(fields: dict[str, Any], application: str) -> Response:
    def work(connection: Connection) -> Answer:
        found = require(connection, APPLICATIONS, application)
        only_the_team(connection, found.state.about.cohort)
        admitting.in_turn(connection, found.state.about.cohort)
        check_version(application, require(connection, APPLICATIONS, application).version)
        decided(check_not_erased, connection, found.state.about.person)
        now = service().clock.now()
        reason, kept = fields["reason"], texts.answers(connection, application)
        reworded = reason is not None and reason != kept.get(texts.DECISION_REASON, "")
        cohort = service().streams.load(connection, COHORT, found.state.about.cohort).state
        command = d.Decide(fields["decision"], now, reworded, cohort.state == c.FINISHED)
        handle(connection, APPLICATION, application, command, named=False)
        if reworded:
            words = {texts.DECISION_REASON: reason}
            person, writer = found.state.about.person, caller().actor
            texts.keep_answers(connection, application, person, words, now, writer=writer)
        result = answer(connection, application)
        confirmed = found.state.sponsor_reply == a.CONFIRMED
        result.body["warnings"] = [] if confirmed else [_NOT_CONFIRMED]
        return result

    return changing(work)


_NOT_CONFIRMED = {
    "code": "sponsor-not-confirmed",
    "detail": "The sponsor has not confirmed the release.",
}


@blp.post("/cohorts/<cohort>/release")
@blp.doc(
    summary="Tell all decisions at once; `dry_run=true` shows what would be sent, and to how many",
    description="A dry run answers `messages`, each kind of message as it would read with how many"
    " people would get it, and `warnings`: places left, who is not decided or was changed since,"
    " offers whose sponsors have not confirmed, and addresses that cannot be reached.",
)
@policy(team_of(), operator, service_token, fresh=True)
@takes(DRY_RUN)
def release(cohort: str) -> Response:
    """All that are decided are told in one transaction, or none is."""

    def work(connection: Connection) -> Answer:
        require(connection, COHORTS, cohort)
        only_the_team(connection, cohort)
        admitting.in_turn(connection, cohort)
        check_version(cohort, queries.cohort_version(connection, cohort))
        loaded = service().streams.load(connection, COHORT, cohort)
        applications = admitting.load(connection, service(), cohort)
        states = admitting.states(applications)
        at = admitting.places(loaded.state, service().clock.now())
        changes = decided(admission.release, states, at)
        events = decided(COHORT.decide, loaded.state, c.Decide())
        told = admitting.changes_of(applications, changes)
        append(connection, [Change(cohort, loaded.version, events), *told])
        body = _released(cohort, changes, states, loaded.state.places)
        if dry_run_asked():
            body["warnings"] += _before_release(changes, states, loaded.state.places)
        return Answer(body)

    return changing(work, _as_it_would_be_sent)


def _as_it_would_be_sent(would_be: WouldBe) -> dict[str, Any]:
    """The texts with their counts, and the warnings, with who cannot be reached."""
    found = forecasts.forecast_with_texts(service(), would_be.events)
    warnings = list(would_be.warnings or ())
    if found.unreachable:
        people = [{"person": person} for person in found.unreachable]
        name_and_note(people, "whether your address can be written to")
        said = f"{len(people)} people cannot be reached by email; tell them in another way."
        warnings.append({"code": "unreachable", "detail": said, "people": people})
    return found.counts | {"messages": found.messages, "warnings": warnings}


def _before_release(
    changes: admission.Changes, states: dict[str, a.Application], places: int
) -> list[dict[str, Any]]:
    """What the team may want to see to first."""
    offered = [
        key for key in changes if any(getattr(e, "decision", None) == a.OFFER for e in changes[key])
    ]
    warnings: list[dict[str, Any]] = []
    if (left := places - admission.held(states) - len(offered)) > 0:
        said = f"{left} of {places} places are offered to nobody."
        warnings.append({"code": "places-left", "detail": said, "places": left})
    unconfirmed = [key for key in offered if states[key].sponsor_reply != a.CONFIRMED]
    if unconfirmed:
        said = f"{len(unconfirmed)} places are offered without a sponsor's confirmation."
        warned = {"code": "sponsor-not-confirmed", "detail": said, "applications": unconfirmed}
        warnings.append(warned)
    return warnings


def _released(
    cohort: str, changes: admission.Changes, states: dict[str, a.Application], places: int
) -> dict[str, Any]:
    """How many were told what, and what the team may want to look at."""
    counts = dict.fromkeys(a.DECISIONS, 0)
    for events in changes.values():
        for event in events:
            counts[getattr(event, "decision", a.OFFER)] += 1
    held, warnings = admission.held(states) + counts[a.OFFER], []
    if held > places:
        said = f"{held} places are offered or taken, and there are {places}."
        warnings.append({"code": "more-offers-than-places", "detail": said})
    if left := admission.undecided(states):
        said = f"{len(left)} applications are not decided yet; they are told nothing."
        warnings.append({"code": "not-yet-decided", "detail": said})
    if changed := [key for key in changes if states[key].changed_since_decision]:
        said = f"Changed by their applicants since they were decided: {', '.join(changed)}."
        warnings.append({"code": "changed-since-decision", "detail": said})
    return {
        "cohort": cohort,
        "released": len(changes),
        "decisions": counts,
        "not_yet_decided": admission.undecided(states),
        "warnings": warnings,
    }
