"""How well discovery does by what was judged, and what its scores mean: for operators."""

from typing import Any

from flask import Response

from services.discovery import calibration, evaluation, judged, links
from services.discovery.api.asking import follower, known_now
from services.discovery.calibration import Fit
from services.discovery.evaluation import Share
from shared.clock import rfc3339
from shared.http.policies import operator, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service
from shared.web.errors import Problem
from shared.web.turns import Turns, in_turn

blp = Blueprint("judging", "judging", description="How well it ranks, and what scores mean")
_ONE = Turns(waiting=1, seconds=60.0)


@blp.get("/evaluation")
@blp.doc(summary="How today's ranking does by what use has judged, with 95 % intervals")
@policy(operator)
@in_turn(_ONE)
def evaluate() -> Response:
    known = known_now()
    with service().database.read() as connection:
        labels = list(links.labels(connection))
    found = evaluation.evaluate(known.index, labels)
    right = {str(level): _share(part) for level, part in found.right.items()}
    body = {"labels": found.labels, "ndcg": _share(found.ndcg), "right": right}
    return json_response(body | {"model": known.model}, private=True)


@blp.post("/calibration")
@blp.doc(
    summary="Fit what scores mean to the present sentence model, and keep it",
    description="Fitted to what was judged of the example landscape; holds at once.",
)
@policy(operator)
@in_turn(_ONE)
def calibrate() -> Response:
    known = known_now()
    if known.voice is None:
        raise Problem(
            503,
            "There is no sentence model: words alone serve, and their levels are fixed."
            " Just after a start it may still be loading; the log says so where it was refused.",
            headers={"Retry-After": "5"},
        )
    asked = known.voice.asked
    found, before = calibration.by_model(asked), known.index.scales
    with service().database.write() as connection:
        calibration.store(connection, asked.id, found.scales, rfc3339(service().clock.now()))
    follower().calibrated(found.scales)
    pairs = judged.pairs()
    body = {
        "model": asked.name,
        "judged_pairs": len(pairs),
        "judged_searches": len(judged.searches()),
        "agreement": round(judged.agreement(pairs), 3),
        "pairs": [_fit(fit) for fit in found.pairs],
        "searches": [_fit(fit) for fit in found.searches],
        "before": {name: levels._asdict() for name, levels in before._asdict().items()},
    }
    return json_response(body, private=True)


def _share(share: Share) -> dict[str, Any]:
    return share._asdict()


def _fit(fit: Fit) -> dict[str, Any]:
    return fit._asdict()
