"""What discovery knows of a community."""

from dataclasses import dataclass

CLOSED = "closed"
REMOVED = "removed"

_SHOWN_WORDS = 8


@dataclass(frozen=True, slots=True)
class Document:
    """One community as the index holds it; texts as people wrote them.

    `networks` and `successors` are ids. `state` is the registry's (proposed, active, dormant,
    closed); a document put with the state "removed" leaves the index.
    """

    id: str
    name: str
    domain: str
    topics: tuple[str, ...] = ()
    practice: str = ""
    learning_question: str = ""
    sectors: tuple[str, ...] = ()
    region: str = ""
    networks: tuple[str, ...] = ()
    stage: str = ""
    state: str = "active"
    successors: tuple[str, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether the community has ended, so that it is never suggested itself."""
        return self.state == CLOSED

    def texts(self) -> str:
        """Give all that people wrote about it, as one text."""
        parts = (self.name, *self.topics, self.domain, self.practice, self.learning_question)
        return "\n".join(parts)

    @property
    def shown_name(self) -> str:
        """The name or, for a community without one, the first words of its domain."""
        if self.name.strip():
            return self.name.strip()
        words = self.domain.split()
        first = " ".join(words[:_SHOWN_WORDS])
        return first + "…" if len(words) > _SHOWN_WORDS else first
