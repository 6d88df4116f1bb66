"""Who may join and who goes first: rules as data, answered with reasons, never a decision."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What an applicant says of themselves by ticking; None where they did not say.

    `network_supported` is said of the community that they lead or plan to lead.
    """

    q_member: bool | None = None
    leads: bool | None = None
    plans_to_lead: bool | None = None
    network_supported: bool | None = None
    spans_professions: bool | None = None
    spans_organisations: bool | None = None


NOTHING_SAID = Facts()


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds where every one of these facts does; `words` say it of the applicant."""

    facts: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`met` is None where the applicant has not said enough to tell."""

    met: bool | None
    reasons: tuple[str, ...]


ELIGIBLE = (
    Rule(("q_member",), "is a member of the Health Foundation's Q initiative"),
    Rule(("leads", "network_supported"), "leads a community that a network supports"),
    Rule(
        ("plans_to_lead", "network_supported"),
        "plans to lead a community that a network supports",
    ),
)
PRIORITY = (
    Rule(("spans_professions",), "the community spans professional boundaries"),
    Rule(("spans_organisations",), "the community spans organisational boundaries"),
)


def find(rules: tuple[Rule, ...], facts: Facts) -> Finding:
    """Whether any of the rules holds, and why."""
    answers = {rule: _holds(rule, facts) for rule in rules}
    if held := tuple(rule.words for rule, holds in answers.items() if holds):
        return Finding(True, held)
    if open_ := tuple(rule.words for rule, holds in answers.items() if holds is None):
        return Finding(
            None, tuple(f"not said yet whether this person {_as_said(w)}" for w in open_)
        )
    return Finding(
        False, tuple(f"it is not so that this person {_as_said(r.words)}" for r in rules)
    )


def _holds(rule: Rule, facts: Facts) -> bool | None:
    values = [getattr(facts, name) for name in rule.facts]
    if all(values):
        return True
    return False if False in values else None


def _as_said(words: str) -> str:
    return words if not words.startswith("the community") else f"says that {words}"
