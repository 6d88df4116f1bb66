"""The example's links: some agreed, one proposed, one that has served its purpose."""

import time
from collections.abc import Callable, Iterator, Mapping

from hedgerow.failures import CannotDo
from hedgerow.patient import Patient
from hedgerow.service import Service

Ids = Mapping[tuple[str, str], str]

AGREED = (
    ("falls-care-homes-wessex", "falls-care-homes-yorkshire", "Share resources and tools"),
    ("frailty-front-door-east", "acute-frailty-coast", "Meet together"),
    ("social-prescribing-east", "social-prescribing-wessex", "Learn from each other's practice"),
)
PROPOSED = ("steady-on-their-feet", "falls-care-homes-wessex", "Invite each other's members")
ENDED = ("stroke-rehab-south-west", "life-after-stroke-ni", "Compare data and results")
MESSAGE = "We would like to hear how you bring families in."


class LinksBetween:
    """Tells the links to discovery; `ids` are those of the landscape, by kind and key."""

    def __init__(
        self, discovery: Service, ids: Ids, pause: Callable[[float], object] = time.sleep
    ) -> None:
        self._discovery = Patient(discovery, "the example's links", pause)
        self._ids = ids

    def run(self) -> Iterator[tuple[int, int]]:
        """Tell them all; yields after each how many are done, of how many. Raises CannotDo."""
        total = len(AGREED) + 2
        for done, link in enumerate(AGREED, 1):
            self._agree(*link)
            yield done, total
        at = self._agree(*ENDED)
        self._discovery.post(f"{at}/ending", {"outcome": "applied"}, f"{at}-ending")
        yield total - 1, total
        self._propose(*PROPOSED, message=MESSAGE)
        yield total, total

    def _agree(self, one: str, other: str, purpose: str) -> str:
        at = self._propose(one, other, purpose)
        self._discovery.post(f"{at}/acceptance", None, f"{at}-acceptance")
        return at

    def _propose(self, one: str, other: str, purpose: str, message: str | None = None) -> str:
        """Where the link is."""
        body = {"from": self._id(one), "to": self._id(other), "purpose": purpose}
        body |= {"message": message} if message else {}
        made = self._discovery.post("/links", body, f"link-{one}-{other}")
        return f"/links/{made['id']}"

    def _id(self, key: str) -> str:
        try:
            return self._ids["communities", key]
        except KeyError:
            raise CannotDo(
                f"The example names {key!r}, which is none of its communities."
            ) from None
