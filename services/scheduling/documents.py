"""Programmes, cohorts, sessions and applications as the API shows them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from services.scheduling.bank_holidays import bank_holidays
from services.scheduling.domain.application import as_its_applicant_knows
from services.scheduling.domain.application_decisions import missing
from services.scheduling.domain.eligibility import ELIGIBLE, PRIORITY, Finding, find
from services.scheduling.domain.plan_rules import Dated, Warned, warnings
from services.scheduling.domain.programme import Rules
from services.scheduling.domain.session import PLANNED, Session
from services.scheduling.domain.wall_clock import When, end_of_day
from services.scheduling.queries import Found
from services.scheduling.texts import BY_THE_APPLICANT
from shared.clock import rfc3339


def programme(found: Found) -> dict[str, Any]:
    rules: dict[str, Any] = msgspec.to_builtins(found.state.rules)
    return {"id": found.id, "name": found.state.name, **rules, **_times(found)}


def cohort(
    found: Found, rules: Rules, sessions: Sequence[Found], version: int, present_state: str
) -> dict[str, Any]:
    state = found.state
    close = state.applications_close
    return {
        "id": found.id,
        "programme": state.programme,
        "programme_name": state.programme_name,
        "name": state.name,
        "zone": state.zone,
        "places": state.places,
        "applications_close": close.isoformat() if close else None,
        "applications_close_at": rfc3339(end_of_day(close, state.zone)) if close else None,
        "reply_days": state.reply_days,
        "state": present_state,
        "sessions": [session(s) for s in sessions],
        "warnings": [warned(w) for w in rule_warnings(rules, sessions)],
        **_times(found),
        "version": version,
    }


def rule_warnings(rules: Rules, sessions: Sequence[Found]) -> list[Warned]:
    """Which of the programme's rules the sessions that take place break."""
    dated = [
        Dated(s.id, p.kind, p.number, p.when.date)
        for s in sessions
        if s.state.state == PLANNED and (p := s.state.known)
    ]
    if not dated:
        return []
    years = [d.date.year for d in dated]
    return warnings(rules, dated, bank_holidays(rules.nation, min(years), max(years)))


def session(found: Found) -> dict[str, Any]:
    state: Session = found.state
    known = state.known
    shown: dict[str, Any] = {"id": found.id, **msgspec.to_builtins(known)}
    shown.pop("when")
    return {
        **shown,
        **when(known.when),
        "joint": len(known.communities) > 1,
        "state": state.state,
        "reason": state.reason,
        "sequence": state.sequence,
        "uid": uid(found.id),
        "needs_decision": state.undecided,
        **_times(found),
    }


def uid(session_id: str) -> str:
    """The calendar identity of a session: made of its id, so it never changes."""
    return f"{session_id}@hedgerow"


def when(at: When) -> dict[str, Any]:
    """Local time with its zone; the instants as the zone's rules are known now."""
    return {
        "date": at.date.isoformat(),
        "start": at.start,
        "end": at.end,
        "end_date": at.end_date.isoformat(),
        "zone": at.zone,
        "occurrence": at.occurrence,
        "starts_at": rfc3339(at.begins()),
        "ends_at": rfc3339(at.ends()),
    }


def application(
    found: Found, texts: dict[str, str], *, for_team: bool, sponsor_gone: bool
) -> dict[str, Any]:
    """As the programme team, or its applicant, may read it; a `sponsor_gone` was erased.

    What the team or a sponsor wrote is in confidence: the applicant reads their own words alone.
    """
    about = found.state.about
    x = found.state if for_team else as_its_applicant_knows(found.state)
    facts: dict[str, Any] = msgspec.to_builtins(x.facts)
    of_the_team = {"changed_since_decision": x.changed_since_decision} if for_team else {}
    return {
        "id": found.id,
        "cohort": about.cohort,
        "cohort_name": about.cohort_name,
        "person": about.person,
        "community": x.community,
        "state": x.state,
        "late": x.late,
        "facts": facts,
        "texts": {n: t for n, t in texts.items() if for_team or n in BY_THE_APPLICANT},
        "eligible": _finding(find(ELIGIBLE, x.facts)),
        "priority": _finding(find(PRIORITY, x.facts)),
        "sponsor": x.sponsor,
        "sponsor_reply": x.sponsor_reply,
        "missing": missing(x, sponsor_gone=sponsor_gone),
        "decision": x.decision,
        "released": x.released,
        "reply_by": x.reply_by.isoformat() if x.reply_by else None,
        "position": x.position,
        **of_the_team,
        **_times(found),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"met": finding.met, "reasons": finding.reasons}


def warned(warning: Warned) -> dict[str, Any]:
    return {"code": warning.code, "session": warning.session, "detail": warning.detail}


def _times(found: Found) -> dict[str, Any]:
    return {
        "version": found.version,
        "made_at": found.began_at,
        "changed_at": found.changed_at,
    }
