"""Which event types a webhook wants: names, with `*` for one or more of their last parts."""

import re
from collections.abc import Iterable

_FORM = re.compile(r"(\*|[a-z]+(\.[a-z-]+){0,2}(\.\*)?)")


def is_pattern(text: str) -> bool:
    return _FORM.fullmatch(text) is not None


def matches(event_type: str, patterns: Iterable[str]) -> bool:
    return any(
        pattern in ("*", event_type)
        or (pattern.endswith(".*") and event_type.startswith(pattern[:-1]))
        for pattern in patterns
    )


def matches_any_of(service: str, patterns: Iterable[str]) -> bool:
    """Whether they want any event type of a service."""
    return any(pattern == "*" or pattern.split(".")[0] == service for pattern in patterns)
