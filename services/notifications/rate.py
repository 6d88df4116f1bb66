"""No more than so many messages a minute, evenly: a bucket that fills as time passes."""

from datetime import datetime

_BURST_SECONDS = 6


class Rate:
    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._most = max(1.0, self._per_second * _BURST_SECONDS)
        self._left = self._most
        self._at: datetime | None = None

    def allowed(self, now: datetime) -> int:
        """How many may go now."""
        if self._at is not None:
            passed = max(0.0, (now - self._at).total_seconds())
            self._left = min(self._most, self._left + passed * self._per_second)
        self._at = now
        return int(self._left)

    def take(self, now: datetime) -> None:
        """One goes."""
        self.allowed(now)
        self._left -= 1
