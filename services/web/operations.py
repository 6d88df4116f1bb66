"""What machines ask: health and metrics."""

from flask import Blueprint, Response, current_app, jsonify

from shared.http.metrics import RequestMetrics

blp = Blueprint("operations", __name__)


@blp.get("/health/live")
def live() -> Response:
    return jsonify(status="live")


@blp.get("/health/ready")
def ready() -> Response:
    """It keeps nothing, so it is ready once it runs; where a service is away, pages say so."""
    return jsonify(status="ready")


@blp.get("/metrics")
def metrics() -> Response:
    found: RequestMetrics = current_app.extensions["hedgerow_metrics"]
    return Response(found.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")
