"""A consumer: polls a source, and applies what comes to the service's followed projections."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from shared.clock import Clock, rfc3339
from shared.database import Database, marks
from shared.projection import reactions
from shared.projection.apply import apply_batches
from shared.projection.generations import FOLLOWED, active, hold
from shared.projection.positions import Fenced
from shared.projection.projection import Projection
from shared.stream.source import Batch, Source

log = structlog.get_logger()
_LOOK_SECONDS, _SIGN_SECONDS = 0.5, 20
Report = tuple[str, str, int | None, str | None]  # source, transport, lag, error


class Consumer:
    """`step` is called again and again by one thread; see shared/worker."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        source: Source,
        projections: Sequence[Projection],
        reacts: Sequence[reactions.Reaction] = (),
    ) -> None:
        self._database, self._clock, self._source = database, clock, source
        self._projections, self._reactions = projections, reacts
        self._looked: datetime | None = None
        self._reported: Sequence[Report] = ()
        self._written: datetime | None = None
        self._troubled = True  # until the first poll is done

    def step(self, seconds: float = 2.0) -> bool:
        """One poll and its transaction; returns whether anything came.

        After trouble the first poll waits for nothing, so that its end is told at once.
        """
        batches = self._source.poll(0 if self._troubled else seconds)
        if batches:
            try:
                self.apply(batches)
            except Fenced as fenced:
                log.info("another consumer took over, reading positions anew", why=str(fenced))
                self._source.reset()
                return True
            except Exception:
                self._source.reset()  # nothing was committed: poll the same again
                raise
            self._source.moved(batches)
        self._look()
        return bool(batches)

    def apply(self, batches: Sequence[Batch]) -> None:
        """One transaction: positions, inbox, projections and reactions. Raises Fenced."""
        now = self._clock.now()
        with self._database.write() as connection:
            hold(connection, FOLLOWED)
            generation = active(connection, FOLLOWED)
            applied = apply_batches(connection, generation, self._projections, batches, now)
            reactions.record(connection, self._reactions, applied, now)

    def report(self, error: str) -> None:
        """Say in the consumer's report what keeps it from going on."""
        self._troubled = True
        self._write_reports(
            [(s, self._source.transport, None, error) for s in self._source.sources]
        )

    def close(self) -> None:
        self._source.close()

    def _look(self) -> None:
        now = self._clock.now()
        if (
            not self._troubled
            and self._looked
            and (now - self._looked).total_seconds() < _LOOK_SECONDS
        ):
            return
        self._looked, self._troubled = now, False
        rows = [(s, self._source.transport, lag, None) for s, lag in self._source.look()]
        # A lag is news at each look, for it holds for a moment only; where the transport has none
        # (a feed's is the distance between two cursors), a change is, and a sign of life.
        silent = self._written is None or (now - self._written).total_seconds() > _SIGN_SECONDS
        if silent or rows != self._reported or any(lag is not None for _, _, lag, _ in rows):
            self._write_reports(rows, now)

    def _write_reports(
        self,
        rows: Sequence[Report],
        looked_at: datetime | None = None,
    ) -> None:
        """`looked_at` is taken before the source is asked, so that a lag of 0 holds for then."""
        self._reported = rows
        self._written = self._clock.now()
        at = rfc3339(looked_at or self._written)
        with self._database.write() as connection:
            connection.exec_driver_sql(
                "INSERT INTO consumer_reports (source, transport, lag, error, looked_at)"
                f" VALUES ({marks(connection, 5)}) ON CONFLICT (source) DO UPDATE SET"
                " transport = excluded.transport, lag = excluded.lag, error = excluded.error,"
                " looked_at = excluded.looked_at",
                [(*row, at) for row in rows],
            )
