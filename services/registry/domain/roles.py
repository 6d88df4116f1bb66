"""A role that a person holds in a community: from a date, to a date; never a flag."""

from dataclasses import dataclass
from datetime import date

CONVENER, CO_CONVENER, MEMBER = "convener", "co-convener", "member"
ROLES = (CONVENER, CO_CONVENER, MEMBER)


@dataclass(frozen=True, slots=True)
class Role:
    """`ends` is the first day on which the person no longer has the role; None is open."""

    id: str
    person: str
    role: str
    begins: date
    ends: date | None = None

    def current(self, today: date) -> bool:
        return self.begins <= today and (self.ends is None or today < self.ends)

    def overlaps(self, other: "Role") -> bool:
        """Whether one person would be in one role twice on some day."""
        return (
            (self.person, self.role) == (other.person, other.role)
            and (other.ends is None or self.begins < other.ends)
            and (self.ends is None or other.begins < self.ends)
        )
