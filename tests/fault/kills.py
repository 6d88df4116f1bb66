"""kill -9 at seeded random moments, and how soon what was hit is at work again."""

import random
import threading
import time
from collections import Counter

from tests.platform import Part, Platform

ROLES = ("registry web", "registry worker", "discovery web", "discovery worker")
_PARTS: tuple[Part, ...] = ("all", "parent", "child")


class Kills:
    """Hits one process after another, now and then two at once, until it is ended.

    Use as a context manager. `recoveries` holds, for each role, the seconds from each kill until
    it was at work again.
    """

    def __init__(self, platform: Platform, seed: int, pause: tuple[float, float]) -> None:
        self._platform, self._random, self._pause = platform, random.Random(seed), pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.recoveries: dict[str, list[float]] = {role: [] for role in ROLES}
        self.wrong: BaseException | None = None

    def __enter__(self) -> "Kills":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """All that was killed is at work again."""
        self._stop.set()
        self._thread.join()
        if self.wrong is not None:
            raise self.wrong

    @property
    def count(self) -> Counter[str]:
        return Counter({role: len(times) for role, times in self.recoveries.items()})

    def _run(self) -> None:
        first = self._random.sample(ROLES, len(ROLES))
        try:
            while not self._stop.wait(self._random.uniform(*self._pause)):
                both = self._random.random() < 0.25
                roles = [first.pop()] if first else []  # each is hit at least once
                while len(roles) < 1 + both:
                    role = self._random.choice(ROLES)
                    roles += [role] if role not in roles else []
                self._hit(roles)
        except BaseException as error:  # noqa: BLE001 - raised again where the test can see it
            self.wrong = error

    def _hit(self, roles: list[str]) -> None:
        started = time.monotonic()
        for role in roles:
            part = self._random.choice(_PARTS) if role.endswith("web") else "all"
            self._platform.kill(role, part)
        self._platform.start(*(role for role in roles if not self._platform.alive(role)))
        for role in roles:
            self._platform.await_work(role)
            self.recoveries[role].append(time.monotonic() - started)
