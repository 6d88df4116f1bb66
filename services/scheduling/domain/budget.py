"""What one person may cause to be sent to others who did not ask for it.

Whoever has a link can type anybody's address into it, so each such way has a budget: so many in
all, so many within a day. Beyond it the programme team does it for them; the team itself has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_DAY = timedelta(days=1)
_GUESTS_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Budget:
    """`most` in all, and `a_day` within 24 hours; each with the sentence that says so."""

    most: int
    a_day: int
    all_used: str
    used_today: str

    def refusal(self, used: Sequence[datetime], now: datetime) -> str | None:
        """Why one more is not taken, and what to do; None where there is room.

        `used` has the time of each that was.
        """
        if len(used) >= self.most:
            return f"{self.all_used} Ask the programme team."
        today = sorted(at for at in used if now - at < _DAY)
        if len(today) < self.a_day:
            return None
        free = today[-self.a_day] + _DAY
        until = f"{free.day} {free:%B}, {free:%H:%M} UTC"
        return f"{self.used_today} Ask the programme team, or wait until {until}."


# Of one person's applications to one cohort: withdrawing and beginning again is no way round it.
SPONSORS = Budget(
    most=3,
    a_day=1,
    all_used="Three sponsors have been named, and no more can be.",
    used_today="A sponsor was named less than a day ago.",
)
# Of one sponsor, besides the message by which they were first asked.
SPONSOR_REMINDERS = Budget(
    most=3,
    a_day=1,
    all_used="Your sponsor has been asked again three times, which is the most.",
    used_today="Your sponsor was asked again less than a day ago.",
)


def guests(most: int) -> Budget:
    """Of one participant at one session, those counted who have been erased since."""
    return Budget(
        most=most,
        a_day=_GUESTS_A_DAY,
        all_used=f"Each participant can invite {most} guests.",
        used_today=f"{_GUESTS_A_DAY} guests were invited within a day.",
    )
