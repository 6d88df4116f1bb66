"""`hedgerow up`: the whole platform in the foreground, until it is told to stop."""

import os
import signal
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType

from hedgerow.console import Console
from hedgerow.data_directory import locked, with_secrets
from hedgerow.failures import CannotDo, WronglyCalled
from hedgerow.opening import Opening
from hedgerow.platform import read_settings
from hedgerow.supervisor import Process, Supervisor, how
from shared.settings import FRONT, SERVICES, Settings

STOP_WITHIN = 8.0  # seconds until what has not ended is killed
WRONG_SETTINGS = 2  # the exit code of a process that refuses its settings
TOPICS = "kafka topics"
_NOT_FOR_THE_FRONT = (
    *("HEDGEROW_OPERATOR_TOKEN", "HEDGEROW_SERVICE_TOKEN", "HEDGEROW_SECRET"),
    *("HEDGEROW_SMTP_URL", "HEDGEROW_KAFKA_"),
    *(f"HEDGEROW_{name.upper()}_{kind}" for name in SERVICES for kind in ("DATABASE_", "OWNER_")),
)
_REPUBLISHING = "shared.restoring.republishing"


class StopSignals:
    """How often it was asked to stop."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def asked(self) -> bool:
        return self.count > 0

    def asked_again(self) -> bool:
        return self.count > 1


def run(*, with_example: bool) -> None:
    """Start everything, keep it running, stop it when asked; raises CannotDo, WronglyCalled."""
    began = time.monotonic()
    os.umask(0o077)  # databases and logs hold what is for their owner alone
    settings = read_settings()
    with locked(settings.data_dir), _listening() as signals:
        environ = _environment(settings)
        settings = read_settings(environ, need_tokens=True)
        require_free_ports(settings)
        console = Console(sys.stdout, [p.name for p in processes()], settings.log_format)
        console.say("Starting Hedgerow: preparing the databases ...")
        later = _prepare(settings, environ, console, signals.asked)
        if not signals.asked():
            _supervise(
                [*processes(), *later],
                environ,
                console,
                signals,
                Opening(settings, console, with_example=with_example, began=began),
            )


def processes() -> list[Process]:
    """The processes that make up a running platform."""
    services = [_service(name, role) for name in SERVICES for role in ("web", "worker")]
    return [*services, _front("web")]


def _service(name: str, role: str) -> Process:
    return _python(f"{name} {role}", f"services.{name}", role)


def _front(role: str) -> Process:
    return replace(_python(FRONT, f"services.{FRONT}", role), withheld=_NOT_FOR_THE_FRONT)


def _python(name: str, *module: str) -> Process:
    return Process(name, [sys.executable, "-m", *module])


def _environment(settings: Settings) -> dict[str, str]:
    """What every child is told: all of ours, and what it would otherwise have to guess."""
    return {
        "HEDGEROW_LOG_FORMAT": "text",
        **with_secrets(settings.data_dir, os.environ),
        "HEDGEROW_DATA_DIR": str(settings.data_dir),
        "PYTHONUNBUFFERED": "1",
    }


def require_free_ports(settings: Settings) -> None:
    """Raises CannotDo that names each port that is taken and the setting that moves it."""
    taken = []
    for name, port in settings.ports.items():
        try:
            family, *_, address = socket.getaddrinfo(
                settings.bind, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family) as trying:
                trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trying.bind(address)
        except socket.gaierror:
            raise WronglyCalled(
                f"HEDGEROW_BIND: {settings.bind!r} is no address of this machine."
            ) from None
        except OSError as error:
            taken.append(
                f"{name} cannot use port {port} on {settings.bind} ({error.strerror}): end what "
                f"uses it, or set HEDGEROW_{name.upper()}_PORT to another."
            )
    if taken:
        raise CannotDo("\n".join(taken))


def _prepare(
    settings: Settings,
    environ: Mapping[str, str],
    console: Console,
    stopping: Callable[[], bool],
) -> list[Process]:
    """Migrate all databases, make missing topics; returns what could not be done and may later.

    Raises WronglyCalled with the settings that a process refuses, CannotDo for any other failure.
    """
    topics = _python(TOPICS, "shared.stream.topics")
    written: dict[str, list[str]] = defaultdict(list)
    steps = [_python(f"{name} migrate", f"services.{name}", "migrate") for name in SERVICES]
    steps += [replace(_front("check"), name="web check")]
    steps += [topics] if settings.kafka else []
    run = partial(_run, environ=environ, written=written, console=console, stopping=stopping)
    failed = run(steps)
    if failed is None:
        return []
    if WRONG_SETTINGS in failed.values():
        refusing = [n for n, code in failed.items() if code == WRONG_SETTINGS]
        raise WronglyCalled("\n".join(dict.fromkeys(x for n in refusing for x in written[n])))
    later = [topics.until_done()] if failed.pop(TOPICS, 0) else []
    if later:
        console.log("the Kafka topics could not be made, which is tried again beside the rest:")
        for line in written[TOPICS]:
            console.line(TOPICS, line)
    if failed:
        raise CannotDo("\n".join(_told(n, code, written[n]) for n, code in failed.items()))
    if settings.kafka and run([_python("topics", _REPUBLISHING, "due")]) == {}:
        console.say("Once, with this version, the topics are filled again ...")
        for step in _filling_again():
            failed = run([step])
            if failed is None:
                break
            if failed:
                told = [_told(n, code, written[n]) for n, code in failed.items()]
                raise CannotDo("\n".join([*told, "Start it again: it goes on where it was."]))
    return later


def _filling_again() -> list[Process]:
    """What deploy/upgrade does, one after another, while nothing runs."""
    return [
        *(_python(f"{name} start-over", f"services.{name}", "start-over") for name in SERVICES),
        _python(TOPICS, "shared.stream.topics", "--anew"),
        _python("published again", _REPUBLISHING, "done"),
    ]


def _run(
    steps: Sequence[Process],
    *,
    environ: Mapping[str, str],
    written: dict[str, list[str]],
    console: Console,
    stopping: Callable[[], bool],
) -> dict[str, int] | None:
    """Run these at once to their end: the exit codes of those that failed; None when stopped."""
    with Supervisor(lambda name, line: written[name].append(line), console.log) as supervisor:
        supervisor.start([step.once() for step in steps], environ)
        while supervisor.running:
            if stopping():
                supervisor.stop(STOP_WITHIN)
                console.say("Stopped before anything had started.")
                return None
            supervisor.turn(0.1)
        return {s.name: c for s in steps if (c := supervisor.code(s.name))}


def _told(name: str, code: int, lines: list[str]) -> str:
    return "\n  ".join([f"{name} failed ({how(code)}), so nothing was started:", *lines])


def _supervise(
    all_processes: list[Process],
    environ: Mapping[str, str],
    console: Console,
    signals: StopSignals,
    opening: Opening,
) -> None:
    with Supervisor(console.line, console.log) as supervisor:
        supervisor.start(all_processes, environ)
        opening.start()
        while not (signals.asked() or console.gone):
            supervisor.turn()
        opening.give_up()
        began, count = time.monotonic(), len(supervisor.running)
        console.say(f"\nStopping {count} processes ...")
        killed = supervisor.stop(STOP_WITHIN, hurry=signals.asked_again)
        for name in killed:
            console.say(f"{name} did not end by itself and was killed.")
        console.say(f"Stopped everything in {time.monotonic() - began:.1f} s.")


@contextmanager
def _listening() -> Iterator[StopSignals]:
    """Count Ctrl-C, SIGTERM and the terminal's end; nohup's wish to outlive that is heeded."""
    signals = StopSignals()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, signals) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
