"""Structured logs: plain lines for a terminal, JSON lines for a deployment."""

import logging
import sys

import structlog

# Without local variables: they hold people's names and addresses, and tokens.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(service: str, role: str, *, form: str, level: str) -> None:
    """Log to standard output as `form` ("text" or "json"), from `level` on."""
    render: list[structlog.typing.Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
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
    # Its reconnecting, an error each second, is told by our own logs.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
