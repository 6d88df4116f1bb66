"""gunicorn around an app: one process with threads.

One process, because a service scales by more containers, discovery's index is in memory, and
metrics of one process need no sharing.
"""

import gc
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn import glogging
from gunicorn.app.base import BaseApplication

from shared import logs
from shared.http.worker import Worker


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class Serving:
    """What is served where: an app with the extension `hedgerow_admission`, as worker.py asks it.

    `stopping` is called as soon as the process is told to stop, `close` at its end.
    """

    name: str
    bind: str
    port: int
    threads: int
    make_app: Callable[[], Flask]
    stopping: Callable[[], None] = _nothing
    close: Callable[[], None] = _nothing


def serve(serving: Serving) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are finished."""
    _Server(serving).run()


class ServerLog(glogging.Logger):  # type: ignore[misc]
    """gunicorn's own log, which repeats addresses as they were sent."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.MaskingFormatter(self.error_fmt, self.datefmt))
        for handler in self.access_log.handlers:
            handler.setFormatter(logs.MaskingFormatter(self.access_fmt))


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._parent = os.pipe()  # whose second end closes when the parent process ends
        super().__init__()

    def load_config(self) -> None:
        serving = self._serving
        options: dict[str, Any] = {
            "bind": f"{serving.bind}:{serving.port}",
            "worker_class": Worker,
            "workers": 1,
            "threads": serving.threads,
            "worker_connections": 1000,
            "backlog": 512,
            "keepalive": 30,
            "timeout": 60,
            "graceful_timeout": 8,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "loglevel": "warning",
            "logger_class": ServerLog,
            "proc_name": f"hedgerow-{serving.name}",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
            "post_fork": self._end_with_the_parent,
            "post_worker_init": self._tell_of_stop,
            "worker_exit": self._close,
            "control_socket_disable": True,
            "sendfile": False,
        }
        for name, value in options.items():
            if value is not None and name in self.cfg.settings:
                self.cfg.set(name, value)

    def _close(self, _server: Any, _worker: Any) -> None:
        self._serving.close()

    def _end_with_the_parent(self, _parent: Any, _worker: Any) -> None:
        """A worker that outlived a killed parent would keep the port from the next one."""
        end, parents_end = self._parent
        os.close(parents_end)

        def watch() -> None:
            os.read(end, 1)
            os._exit(1)

        threading.Thread(target=watch, name="parent", daemon=True).start()

    def _tell_of_stop(self, _worker: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            before = signal.getsignal(number)

            def handle(signum: int, frame: FrameType | None, before: Any = before) -> None:
                self._serving.stopping()
                if callable(before):
                    before(signum, frame)

            signal.signal(number, handle)

    def load(self) -> Any:
        app = self._serving.make_app()
        gc.collect()
        gc.freeze()  # what is here now stays, and need not be looked at again and again
        return app
