"""A service's own read models: changed in the transaction that appends its events."""

from collections.abc import Sequence

from shared.connection import Connection
from shared.eventstore.events import Event
from shared.projection.generations import OWN, active
from shared.projection.projection import Projection, project


class ReadModels:
    def __init__(self, projections: Sequence[Projection]) -> None:
        self.projections = projections

    def project(self, connection: Connection, events: Sequence[Event]) -> None:
        """Change the tables in use. A failure is a defect: it fails the whole transaction.

        The transaction must `hold` the group OWN from its beginning; see shared/service.py.
        """
        failures = project(connection, self.projections, active(connection, OWN), events)
        if failures:
            raise failures[0].error
