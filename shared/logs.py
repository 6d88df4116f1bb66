"""Structured logs: plain lines for a terminal, JSON lines for a deployment."""

import logging
import sys

import structlog

from shared.foundation.masking import mask_links

# Without local variables: they hold people's names and addresses, and tokens.
_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(service: str, role: str, *, form: str, level: str) -> None:
    """Log to standard output as `form` ("text" or "json"), from `level` on."""
    render: list[structlog.typing.Processor] = (
        [_names(service, role), _TRACEBACKS, structlog.processors.JSONRenderer()]
        if form == "json"
        else [structlog.processors.format_exc_info, _line]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(
                fmt="iso" if form == "json" else "%H:%M:%S", utc=form == "json"
            ),
            *render,
            _masked,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(MaskingFormatter("%(levelname)s %(message)s"))
    # Its reconnecting, an error each second, is told by our own logs.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


class MaskingFormatter(logging.Formatter):
    """For what libraries log: tracebacks and raw addresses may hold signed links."""

    def format(self, record: logging.LogRecord) -> str:
        return mask_links(super().format(record))


def _masked(_logger: object, _method: str, line: structlog.typing.EventDict) -> str:
    """The last step of each line of ours, which is text by then."""
    return mask_links(str(line))


def _names(service: str, role: str) -> structlog.typing.Processor:
    """Says who speaks, in every line: a bound context would not reach a process's other threads."""

    def named(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**event, "service": service, "role": role}

    return named


def _line(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    """`10:32:04 [info     ] what happened key=value`, and below it a traceback if there is one.

    Nothing in it ends the line early: an address that was asked for could else forge the next.
    """
    at, level, text = event.pop("timestamp"), event.pop("level"), event.pop("event")
    traceback = event.pop("exception", None)
    text = text if text.isprintable() else repr(text)
    values = [f"{name}={_shown(value)}" for name, value in event.items()]
    line = " ".join([f"{at} [{level:<9}] {text}", *values])
    return line if traceback is None else f"{line}\n{traceback}"


def _shown(value: object) -> str:
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(value)
