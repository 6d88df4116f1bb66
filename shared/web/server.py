"""gunicorn around a service's app: one process with threads.

One process, because a service scales by more containers, discovery's index is in memory, and
metrics of one process need no sharing.
"""

import gc
import os
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

from gunicorn import glogging
from gunicorn.app.base import BaseApplication

from shared import logs
from shared.service import Service
from shared.web.app import create_app
from shared.web.feed import stop_waiting
from shared.web.worker import Worker


def run_web(service: Service) -> None:
    """Serve until SIGTERM or SIGINT; requests in hand are finished."""
    settings = service.settings
    logs.configure(service.name, "web", form=settings.log_format, level=settings.log_level)
    _Server(service).run()


class ServerLog(glogging.Logger):  # type: ignore[misc]
    """gunicorn's own log, which repeats addresses as they were sent."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.MaskingFormatter(self.error_fmt, self.datefmt))
        for handler in self.access_log.handlers:
            handler.setFormatter(logs.MaskingFormatter(self.access_fmt))


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, service: Service) -> None:
        self._service = service
        self._parent = os.pipe()  # whose second end closes when the parent process ends
        super().__init__()

    def load_config(self) -> None:
        settings = self._service.settings
        options: dict[str, Any] = {
            "bind": f"{settings.bind}:{settings.ports[self._service.name]}",
            "worker_class": Worker,
            "workers": 1,
            "threads": settings.web_threads,
            "worker_connections": 1000,
            "backlog": 512,
            "keepalive": 30,
            "timeout": 60,
            "graceful_timeout": 8,
            "limit_request_line": 4094,
            "limit_request_fields": 60,
            "loglevel": "warning",
            "logger_class": ServerLog,
            "proc_name": f"hedgerow-{self._service.name}",
            "worker_tmp_dir": "/dev/shm" if Path("/dev/shm").is_dir() else None,  # noqa: S108
            "post_fork": self._end_with_the_parent,
            "post_worker_init": _end_waits_on_stop,
            "worker_exit": self._close,
            "control_socket_disable": True,
            "sendfile": False,
        }
        for name, value in options.items():
            if value is not None and name in self.cfg.settings:
                self.cfg.set(name, value)

    def _close(self, _server: Any, _worker: Any) -> None:
        """The last who closes a SQLite database leaves one file, whole."""
        self._service.database.close()

    def _end_with_the_parent(self, _parent: Any, _worker: Any) -> None:
        """A worker that outlived a killed parent would keep the port from the next one."""
        end, parents_end = self._parent
        os.close(parents_end)

        def watch() -> None:
            os.read(end, 1)
            os._exit(1)

        threading.Thread(target=watch, name="parent", daemon=True).start()

    def load(self) -> Any:
        app = create_app(self._service)
        if self._service.start_web is not None:
            self._service.start_web(self._service, app)
        gc.collect()
        gc.freeze()  # what is here now stays, and need not be looked at again and again
        return app


def _end_waits_on_stop(_worker: Any) -> None:
    """Followers that wait are sent away at once, so that stopping need not wait for them."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        before = signal.getsignal(number)

        def handle(signum: int, frame: FrameType | None, before: Any = before) -> None:
            stop_waiting()
            if callable(before):
                before(signum, frame)

        signal.signal(number, handle)
