"""Structured logs: plain lines for a terminal, JSON lines for a deployment."""

import logging
import sys

import structlog


def configure(service: str, role: str, *, form: str, level: str) -> None:
    """Log to standard output as `form` ("text" or "json"), from `level` on."""
    render: list[structlog.typing.Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                fmt="iso" if form == "json" else "%H:%M:%S", utc=form == "json"
            ),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    if form == "json":
        structlog.contextvars.bind_contextvars(service=service, role=role)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stdout, format="%(levelname)s %(message)s"
    )
    logging.getLogger("kafka").setLevel(logging.ERROR)  # its reconnecting is told by our own logs
