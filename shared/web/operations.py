"""What operators and their machines ask: health, metrics, status, dead letters, rebuilds."""

from typing import Any

import msgspec
from flask import Response, current_app
from flask_smorest import Blueprint
from sqlalchemy.exc import DBAPIError

from shared.contracts import schemas
from shared.http.policies import anyone, operator, policy, service_token
from shared.http.reads import record
from shared.migrations.migrate import at_head
from shared.projection import dead_letters, rebuild
from shared.service import Service, reads
from shared.web.answers import json_response
from shared.web.errors import Problem, not_found
from shared.web.metrics import Metrics
from shared.web.status import status


def blueprint(service: Service) -> Blueprint:
    blp = Blueprint("operations", "operations", description="For operators")
    _health(blp, service)
    _status(blp, service)
    _dead_letters(blp, service)
    _personal(blp, service)
    return blp


def _health(blp: Blueprint, service: Service) -> None:
    @blp.get("/health/live")
    @blp.doc(summary="Whether the process answers")
    @policy(anyone)
    def live() -> Response:
        return json_response({"status": "live"})

    @blp.get("/health/ready")
    @blp.doc(summary="Whether requests are answered: the database is there, with every migration")
    @policy(anyone)
    def ready() -> Response:
        try:
            with service.database.read() as connection:
                if not at_head(connection, service.migrations):
                    return _not_ready("The database lacks migrations: run the migrate step.")
        except DBAPIError:
            return _not_ready("The database does not answer.")
        if lacks := service.web_lacks():
            return _not_ready(lacks)
        return json_response({"status": "ready"})

    @blp.get("/metrics")
    @blp.doc(summary="Metrics in Prometheus' format")
    @policy(anyone)
    def metrics() -> Response:
        found: Metrics = current_app.extensions["hedgerow_metrics"]
        return Response(found.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _status(blp: Blueprint, service: Service) -> None:
    @blp.get("/status")
    @blp.doc(summary="How far the service, its relay and its consumers are")
    @policy(operator, service_token)
    def get_status() -> Response:
        return json_response(status(service))

    @blp.post("/rebuild")
    @blp.doc(summary="Rebuild the read models from events, while serving")
    @policy(operator, service_token)
    def ask_rebuild() -> Response:
        with service.database.write() as connection:
            rebuild.request(connection, "all", service.clock)
        return json_response({"state": "requested"}, 202)

    @blp.get("/rebuild")
    @blp.doc(summary="How the last rebuild goes")
    @policy(operator, service_token)
    def get_rebuild() -> Response:
        with service.database.read() as connection:
            found = rebuild.state(connection)
            total = connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()
        return json_response(found | {"total": total if not service.followed else None})

    @blp.get("/schemas/<event_type>/<int:version>")
    @blp.doc(summary="The JSON Schema of an event type's version")
    @policy(anyone)
    def schema(event_type: str, version: int) -> Response:
        found = schemas.schema(event_type, version)
        if found is None or not event_type.startswith(f"{service.name}."):
            raise not_found(f"There is no event type {event_type} in version {version} here.")
        return Response(msgspec.json.encode(found), content_type="application/schema+json")


def _personal(blp: Blueprint, service: Service) -> None:
    @blp.get("/people/<person>/holdings")
    @blp.doc(summary="What this service holds about a person besides the id")
    @policy(operator, service_token)
    def holdings(person: str) -> Response:
        with service.database.read() as connection:
            holds = service.holds(connection, person)
            holds |= {"changes_made": service.store.brought_about(connection, person)}
            holds |= reads.held(connection, person)
        record([person], "all that is held about you")
        return json_response({"person": person, "holds": holds}, private=True)


def _dead_letters(blp: Blueprint, service: Service) -> None:
    @blp.get("/dead-letters")
    @blp.doc(summary="Events that wait, and why")
    @policy(operator, service_token)
    def list_waiting() -> Response:
        with service.database.read() as connection:
            return json_response({"items": [_letter(p) for p in dead_letters.waiting(connection)]})

    @blp.post("/dead-letters/<int(max=2147483647):number>/<any(retry, discard):action>")
    @blp.doc(summary="Try a waiting event again, or give it up and go on behind it")
    @policy(operator, service_token)
    def act(number: int, action: str) -> Response:
        carry_out = dead_letters.retry if action == "retry" else dead_letters.discard
        try:
            with service.database.write() as connection:
                left = carry_out(
                    connection, number, service.followed, service.reactions, service.clock.now()
                )
        except dead_letters.NoSuchDeadLetter as error:
            raise Problem(404, f"{str(error).capitalize()}.") from error
        except dead_letters.NotTheFirst as error:
            raise Problem(409, f"{str(error).capitalize()}.") from error
        return json_response({"waiting": [_letter(parked) for parked in left]})


def _letter(parked: Any) -> dict[str, Any]:
    return {
        "id": parked.id,
        "source": parked.source,
        "stream": parked.stream,
        "version": parked.version,
        "event": parked.event_id,
        "type": parked.event.type,
        "reason": parked.reason,
        "error": parked.error,
        "since": parked.since,
    }


def _not_ready(why: str) -> Response:
    return json_response({"status": "not ready", "why": why}, 503)
