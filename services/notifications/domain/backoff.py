"""How long to wait before trying again, and when to give up."""

from datetime import timedelta

FIRST, LONGEST = timedelta(seconds=20), timedelta(hours=1)
GIVE_UP = timedelta(hours=48)


def pause(
    attempts: int,
    chance: float,
    *,
    first: timedelta = FIRST,
    longest: timedelta = LONGEST,
) -> timedelta:
    """After so many attempts: twice as long each time, from half to one and a half of it.

    `chance` is from 0 to 1, so that many who failed together do not come back together.
    """
    doubled = first * float(1 << max(0, min(attempts - 1, 20)))
    return min(doubled, longest) * (0.5 + chance)
