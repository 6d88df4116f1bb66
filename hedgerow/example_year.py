"""The example's year: a programme, a cohort that has finished, one that is open, and meetings.

Dates are told from the day of the first start, so that some lie behind and some ahead. As with the
landscape, each request carries an Idempotency-Key, so that an interrupted load continues.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from hedgerow.failures import CannotDo
from hedgerow.patient import Patient
from hedgerow.service import Service

Ids = Mapping[tuple[str, str], str]
Step = Callable[[], object]

# Who took part last year, and how many of its sessions each missed.
FINISHED = (
    *(("amara-okafor", "falls-care-homes-wessex", 0), ("priya-raghunathan", None, 1)),
    *(("catherine-lightowler", "falls-care-homes-yorkshire", 2), ("simon-attwater", None, 0)),
    *(("marisol-dela-cruz", "steady-on-their-feet", 4), ("hamish-rennie", None, 1)),
)
# Who applies to the open cohort, and how far each has come.
OPEN = (
    ("elzbieta-nowicka", "frailty-front-door-east", "draft"),
    ("graham-sowerby", "frailty-front-door-east", "submitted"),
    ("claire-winstanley", "acute-frailty-coast", "sponsor-confirmed"),
    ("imran-lakhani", "acute-frailty-coast", "decided"),
    ("rhodri-ap-ifan", None, "offer"),
    ("siobhan-mccafferty", None, "accepted"),
    ("tomasz-wieczorek", "steady-on-their-feet", "declined"),
    ("sunita-gurung", "falls-care-homes-yorkshire", "waiting-list"),
    ("keith-braithwaite", "falls-care-homes-yorkshire", "not-offered"),
    ("gwenllian-pritchard", None, "withdrawn"),
)
MEETINGS = (
    ("falls-care-homes-wessex", 6, "in-person", "Saltern Community Hall"),
    ("falls-care-homes-yorkshire", 8, "hybrid", "Brackenshire Library"),
    ("steady-on-their-feet", 4, "online", ""),
    ("frailty-front-door-east", 9, "in-person", "Education Centre, room 3"),
)
LATE = "Part of the example"


class Year:
    """Tells the year to scheduling; `ids` are those of the landscape, by kind and key."""

    def __init__(
        self,
        scheduling: Service,
        ids: Ids,
        today: date,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._scheduling, self._ids, self._today = scheduling, ids, today
        self._patient = Patient(scheduling, "the example's year", pause)
        self._programme = ""
        self._meetings: dict[str, list[dict[str, Any]]] = {}

    def run(self) -> Iterator[tuple[int, int]]:
        """Tell it all; yields after each part how many are done, of how many. Raises CannotDo."""
        steps: Sequence[Step] = [
            self._make_programme,
            *(lambda meeting=meeting: self._meet(*meeting) for meeting in MEETINGS),
            self._meet_jointly,
            self._finished_cohort,
            self._open_cohort,
        ]
        for done, step in enumerate(steps, 1):
            step()
            yield done, len(steps)

    def _make_programme(self) -> None:
        made = self._post("/programmes", {"template": "cop-leadership"}, "programme")
        self._programme = made["id"]

    def _meet(self, community: str, weeks: int, modality: str, place: str) -> None:
        """Meetings at their own rhythm: seven behind and three ahead."""
        first = self._today - timedelta(weeks=7 * weeks - weeks // 2)
        body = {
            "kind": "community-meeting",
            "communities": [self._id("communities", community)],
            "title": "Community meeting",
            "date": first.isoformat(),
            "start": "13:30",
            "end": "15:30",
            "zone": "Europe/London",
            "modality": modality,
            "place": place,
            "access": "Step-free; hearing loop" if place else "Live captions",
            "repeat": {"weeks": weeks, "count": 10},
        }
        if modality != "in-person":
            body["join_address"] = f"https://meet.example/{community}"
        made = self._post("/sessions", body, f"meetings-{community}")
        self._meetings[community] = made["sessions"]
        if community == MEETINGS[1][0]:
            last = f"/sessions/{made['sessions'][-1]['id']}"
            self._post(f"{last}/postponement", {"reason": "The hall is closed"}, "postponed")
            past = f"/sessions/{made['sessions'][3]['id']}"
            self._post(f"{past}/cancellation", {"reason": "Snow"}, "cancelled")

    def _meet_jointly(self) -> None:
        held_by = [self._id("communities", key) for key, *_ in MEETINGS[:2]]
        body = {
            "kind": "community-meeting",
            "communities": held_by,
            "title": "What we learned about falls at night",
            "date": (self._today + timedelta(days=40)).isoformat(),
            "start": "10:00",
            "end": "12:30",
            "zone": "Europe/London",
            "modality": "online",
            "capacity": 60,
        }
        self._post("/sessions", body, "joint-meeting")

    # --- last year's ---

    def _finished_cohort(self) -> None:
        first = _friday(self._today - timedelta(days=440))
        cohort = self._cohort("last", first, 12, first - timedelta(days=60))
        at = f"/cohorts/{cohort['id']}"
        applications = [
            self._apply(cohort["id"], person, community, late=True)
            for person, community, _ in FINISHED
        ]
        for application in applications:
            self._put(f"/applications/{application}/decision", {"decision": "offer"})
        self._release(at, "last")
        for place, application in enumerate(applications):
            self._post(f"/applications/{application}/acceptance", None, f"last-{place}-acceptance")
        for person, _, missed in FINISHED:
            for place, session in enumerate(cohort["sessions"]):
                status = "apologies" if place % 5 < missed and place % 2 else "attended"
                path = f"/sessions/{session['id']}/attendance/{self._id('people', person)}"
                self._put(path, {"status": status})
        for person, community, missed in FINISHED:
            for meeting in self._meetings.get(community or "", [])[missed:3]:
                path = f"/sessions/{meeting['id']}/attendance/{self._id('people', person)}"
                self._put(path, {"status": "attended"})

    # --- the open one ---

    def _open_cohort(self) -> None:
        first = _friday(self._today + timedelta(days=120))
        cohort = self._cohort("next", first, 2, first - timedelta(days=60))
        at = f"/cohorts/{cohort['id']}"
        self._post(f"{at}/opening", None, "next-opening")
        made = {
            person: self._apply(cohort["id"], person, community, hand_in=goal != "draft")
            for person, community, goal in OPEN
        }
        for person, _, goal in OPEN:
            if goal in ("offer", "accepted", "declined"):
                self._put(f"/applications/{made[person]}/decision", {"decision": "offer"})
            elif goal in ("waiting-list", "not-offered"):
                self._put(f"/applications/{made[person]}/decision", {"decision": goal})
        self._release(at, "next")
        steps = {"accepted": "acceptance", "declined": "declination", "withdrawn": "withdrawal"}
        for person, _, goal in OPEN:
            path = f"/applications/{made[person]}"
            if goal in steps:
                self._post(f"{path}/{steps[goal]}", None, f"next-{person}-{goal}")
            elif goal == "sponsor-confirmed":
                self._confirm(made[person])
            elif goal == "decided":
                self._put(f"{path}/decision", {"decision": "offer"})

    def _confirm(self, application: str) -> None:
        """As the sponsor does, on their page."""
        link = self._patient.ask("GET", f"/applications/{application}/sponsor-link")["url"]
        path = "/sponsor/" + link.rpartition("/")[2]
        self._scheduling.press(path, {"answer": "confirm"})

    # --- parts ---

    def _cohort(self, key: str, first: date, places: int, close: date) -> dict[str, Any]:
        plan = self._plan(first)
        for later in range(1, 5):  # a first module on a bank holiday would be odd in an example
            if not plan["warnings"]:
                break
            plan = self._plan(first + timedelta(weeks=later))
        cohort = {
            "programme": self._programme,
            "name": f"Cohort of {first.year}",
            "zone": "Europe/London",
            "places": places,
            "applications_close": close.isoformat(),
            "sessions": plan["sessions"],
        }
        return self._post("/cohorts", cohort, f"cohort-{key}")

    def _plan(self, first: date) -> dict[str, Any]:
        body = {"first_module": first.isoformat(), "zone": "Europe/London"}
        return self._patient.ask("POST", f"/programmes/{self._programme}/plan", json=body)

    def _apply(
        self,
        cohort: str,
        person: str,
        community: str | None,
        *,
        late: bool = False,
        hand_in: bool = True,
    ) -> str:
        leads = {"leads": True, "network_supported": True}
        plans = {"plans_to_lead": True, "network_supported": True}
        body: dict[str, Any] = {
            "person": self._id("people", person),
            "eligibility": leads if community else plans,
            "priority": {"spans_organisations": True},
        }
        if community:
            body["community"] = self._id("communities", community)
        if hand_in:
            name = f"Manager of {person.replace('-', ' ').title()}"
            body["sponsor"] = {"name": name, "email": f"manager.of.{person}@example.org"}
        why = {"late_reason": LATE} if late else {}
        once = f"{cohort}-{person}"
        made = self._post(f"/cohorts/{cohort}/applications", body | why, f"{once}-application")
        if hand_in:
            self._post(f"/applications/{made['id']}/submission", why, f"{once}-submission")
        return str(made["id"])

    def _release(self, at: str, key: str) -> None:
        self._post(f"{at}/release", None, f"{key}-release")

    def _post(self, path: str, body: Mapping[str, Any] | None, once: str) -> dict[str, Any]:
        return self._patient.post(path, body, once)

    def _put(self, path: str, body: Mapping[str, Any]) -> None:
        self._patient.ask("PUT", path, json=body)

    def _id(self, kind: str, key: str) -> str:
        try:
            return self._ids[kind, key]
        except KeyError:
            raise CannotDo(f"The example names {key!r}, which is none of its {kind}.") from None


def _friday(day: date) -> date:
    return day + timedelta(days=(4 - day.weekday()) % 7)
