"""The worker's part: communities that are new or changed, matched with all saved searches.

What is found is appended in the transaction that takes the community from the queue, so that a
worker that is killed anywhere has told all of it or nothing. The index is in this process's memory
only while there is a saved search.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from services.discovery.domain.saved_search import Tell
from services.discovery.events import SAVED_SEARCH
from services.discovery.follower import Follower, Known
from services.discovery.meaning.work import Computing
from services.discovery.saved import queue, store
from services.discovery.saved.following import LONGEST_AGE
from services.discovery.saved.matching import Matcher
from services.discovery.saved.queue import ToMatch
from shared.database import Database
from shared.eventstore.events import Cause, Conflict
from shared.eventstore.streams import Change
from shared.restoring import moments
from shared.service import Service

_LOOKED_AT = 500  # communities; of these, those are passed over whose vector has to come first
_BATCH = 20  # matched in one step: about as much as is done before a stop
_REFRESHED = 5  # searches, while nothing waits
_PREPARED = 100  # searches at once, whose vectors take a second
_ATTEMPTS = 5


class Matching:
    """One process of a service's replicas does so at a time: see its lease."""

    def __init__(self, service: Service, computing: Computing) -> None:
        self._service, self._computing = service, computing
        self._follower = Follower()
        self._hearing = False
        self._matcher: Matcher | None = None

    @property
    def _database(self) -> Database:
        return self._service.database

    def step(self) -> bool:
        """Match what waits; whether anything was matched."""
        with self._database.read() as connection:
            waiting = queue.first(connection, _LOOKED_AT)
            searches = store.active_ids(connection) if waiting or self._matcher else []
        if not searches:
            self._matcher, self._follower, self._hearing = None, Follower(), False
            return self._let_go(waiting)
        if not waiting:
            return bool(self._matcher) and self._keep_fresh(searches)
        known = self._catch_up()
        if not self._prepare(known, searches):
            return True
        matched = (each for each in waiting if self._match(known, each))
        return bool(list(islice(matched, _BATCH)))

    def _let_go(self, waiting: Sequence[ToMatch]) -> bool:
        """Nobody has saved a search."""
        if waiting:
            with self._database.write() as connection:
                for each in waiting:
                    queue.take(connection, each)
        return bool(waiting)

    def _catch_up(self) -> Known:
        if not self._hearing and (encoder := self._computing.encoder) is not None:
            self._follower.hear(encoder)
            self._hearing = True
        self._follower.catch_up(self._database)
        known = self._follower.known
        if known is None:
            raise RuntimeError("the index was not filled")
        return known

    def _prepare(self, known: Known, searches: Sequence[str]) -> bool:
        """Keep the searches that there are now, read as this index reads them; whether all are."""
        matcher = self._matcher
        if matcher is None or not matcher.is_for(known):
            matcher = self._matcher = Matcher(known)
        wanted = set(searches)
        if gone := matcher.ids - wanted:
            matcher.remove(gone)
        if new := sorted(wanted - matcher.ids)[:_PREPARED]:
            with self._database.read() as connection:
                found = store.load(connection, new)
            matcher.add(found)
            matcher.leave_out(set(new) - {search.id for search in found})
        return wanted <= matcher.ids

    def _keep_fresh(self, searches: Sequence[str]) -> bool:
        """While nothing waits, what has been prepared follows what communities write."""
        prepared = self._prepare(self._catch_up(), searches)
        if not prepared or self._matcher is None:
            return not prepared
        return self._matcher.refresh(_REFRESHED) == _REFRESHED

    def _match(self, known: Known, waiting: ToMatch) -> bool:
        """Match one community; False where its vector has to come first."""
        document = known.index.get(waiting.community)
        late = self._now() - waiting.since > LONGEST_AGE
        if document is None or document.closed or late or self._matcher is None:
            self._tell(waiting, ())
            return True
        voice = known.voice
        if voice is not None and voice.vector(document) is None:
            return False
        self._tell(waiting, self._matcher.matching(waiting.community))
        return True

    def _tell(self, waiting: ToMatch, searches: Sequence[str]) -> None:
        """Append what was found, and take the community from the queue: both or neither."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._tell_once(waiting, searches)
                return
            except Conflict:  # somebody removed one of the searches meanwhile
                if attempt == _ATTEMPTS:
                    raise

    def _tell_once(self, waiting: ToMatch, searches: Sequence[str]) -> None:
        streams = self._service.streams
        with self._service.write() as connection:
            loaded = streams.load_many(connection, SAVED_SEARCH, searches)
            if not queue.has(connection, waiting):
                return  # it has changed meanwhile, and is matched anew
            command = Tell(waiting.community)
            changes = [
                Change(key, found.version, SAVED_SEARCH.decide(found.state, command))
                for key, found in loaded.items()
            ]
            cause = Cause(waiting.correlation, causation=waiting.event_id)
            at = moments.moment_of(connection, waiting.since, self._now())
            streams.append(connection, changes, cause=cause, now=at)
            queue.take(connection, waiting)

    def _now(self) -> datetime:
        return self._service.clock.now()
