"""A client's connection: what has come of its request, and what of the answer is still to go.

The loop that accepts connections reads requests and sends what is left of answers, without ever
waiting for one client. A thread has a connection only for a request that is complete, or whose body
is read as a stream; it waits for such a body, and so long only.
"""

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

HEAD_SECONDS = 10.0  # for a whole head, from its first byte
BODY_SECONDS = 10.0  # for a whole body, and longer by its length
SLOWEST = 16 * 1024  # bytes a second that a long body comes by, or an answer is taken by
PAUSE_SECONDS = 10.0  # between two pieces of a body that is read as a stream
STREAM_SECONDS = 60.0  # of waiting for such a body in all, and longer by its length, with a token
LONGEST_HEAD = 64 * 1024  # bytes
_LONGEST_LINE = 4200  # gunicorn refuses a request line of this length without seeing its end
_MOST_LEFT = 16 * 1024 * 1024  # bytes of an answer that a thread leaves to the loop
_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*([0-9]{1,15})[ \t]*(?=\r\n)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_TOKEN = re.compile(rb"\r\nauthorization[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Body(Enum):
    """What is to be done about a body that has not come yet."""

    WAIT = "wait"  # the loop reads it
    STREAM = "stream"  # a thread reads it, piece by piece
    REFUSE = "refuse"  # the app refuses the request by its head


class Ready(NamedTuple):
    """A request that a thread may have."""

    body: Body  # WAIT: all of it is here
    authorised: bool


# By the method, the target and the Authorization header; a length of None is not known yet.
Admit = Callable[[str, str, str | None, int | None], Ready]


class Channel:
    """The socket as gunicorn's threads use it. It belongs to the loop or to one thread at a time.

    Reading gives what has come already; beyond that only the body of a stream is waited for.
    Sending keeps what the client does not take at once, for the loop to send on.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.came = bytearray()  # of a request that is not complete
        self.left: deque[memoryview] = deque()  # of the answer
        self.left_bytes = 0
        self._looked = 0  # how far the end of the head has been looked for
        self._whole = 0  # bytes of the request, once its body is awaited
        self.body_seconds: float | None = None  # within which the body must come, once awaited
        self._patience: float | None = None  # seconds that are left to wait for a stream's body

    # --- for the loop ---

    def receive(self) -> bool:
        """Take what has come; False where the client has ended."""
        try:
            data = self.socket.recv(64 * 1024)
        except (BlockingIOError, InterruptedError):
            return True
        except OSError:
            return False
        self.came += data
        return bool(data)

    def ready(self, admit: Admit) -> Ready | None:
        """Whether a thread can have the request that has come; None: more is awaited."""
        if self._whole:
            return Ready(Body.WAIT, authorised=False) if len(self.came) >= self._whole else None
        end = self.came.find(b"\r\n\r\n", max(0, self._looked - 3))
        if end < 0:
            self._looked = len(self.came)
            line = self.came.find(b"\r\n", 0, _LONGEST_LINE)
            overlong = line < 0 and len(self.came) > _LONGEST_LINE
            return Ready(Body.WAIT, authorised=False) if overlong else None
        head = bytes(self.came[: end + 2])
        found = _LENGTH.search(head)
        length = None if _CHUNKED.search(head) else int(found[1]) if found else 0
        if length is not None and end + 4 + length <= len(self.came):
            return Ready(Body.WAIT, authorised=False)
        token = _TOKEN.search(head)
        given = token[1].decode("latin-1").strip() if token else None
        method, target, *_ = [*head.split(b"\r\n", 1)[0].decode("latin-1").split(" "), "", ""]
        admitted = admit(method, target, given, length)
        if admitted.body is not Body.WAIT or length is None:
            return admitted
        self._whole = end + 4 + length
        self.body_seconds = BODY_SECONDS + length / SLOWEST
        if _EXPECTS.search(head):
            self.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def take(self) -> bytes:
        """All that has come, for the thread that has the request now."""
        came, self.came = bytes(self.came), bytearray()
        self._looked, self._whole, self.body_seconds = 0, 0, None
        return came

    def allow_stream(self, *, authorised: bool) -> None:
        """Have the thread wait for the rest of the body: longer where the caller has a token."""
        self._patience = STREAM_SECONDS if authorised else BODY_SECONDS

    def end_stream(self) -> None:
        self._patience = None

    def flush(self) -> None:
        """Send what the client takes now. Raises OSError where it is gone."""
        while self.left:
            try:
                sent = self.socket.send(self.left[0])
            except (BlockingIOError, InterruptedError):
                return
            self.left_bytes -= sent
            if sent == len(self.left[0]):
                self.left.popleft()
            else:
                self.left[0] = self.left[0][sent:]

    def discard(self) -> int:
        """Read what nobody wants; how many bytes, and 0 at the end."""
        try:
            return len(self.socket.recv(64 * 1024))
        except (BlockingIOError, InterruptedError):
            return 1
        except OSError:
            return 0

    # --- for gunicorn, in a thread ---

    def recv(self, size: int) -> bytes:
        """More of a stream's body. Raises TimeoutError where it does not come in time."""
        if self._patience is None:
            return b""
        started = time.monotonic()
        came = self._wait(select.POLLIN, min(PAUSE_SECONDS, self._patience))
        self._patience -= time.monotonic() - started
        if not came or self._patience < 0:
            raise TimeoutError("the body did not come in time")
        data = self.socket.recv(size)
        self._patience += len(data) / SLOWEST
        return data

    def sendall(self, data: bytes) -> None:
        """Send, or leave to the loop; more than some megabytes are waited for."""
        self.left.append(memoryview(data))
        self.left_bytes += len(data)
        self.flush()
        until = time.monotonic() + PAUSE_SECONDS
        while self.left_bytes > _MOST_LEFT:
            if not self._wait(select.POLLOUT, until - time.monotonic()):
                raise BrokenPipeError("the answer was not taken in time")
            self.flush()

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def _wait(self, event: int, seconds: float) -> bool:
        poll = select.poll()  # not select, which takes no descriptor over 1,023
        poll.register(self.socket, event)
        return bool(poll.poll(max(0, round(seconds * 1000))))

    def fileno(self) -> int:
        return self.socket.fileno()

    def getpeername(self) -> object:
        return self.socket.getpeername()

    def getsockname(self) -> object:
        return self.socket.getsockname()

    def setblocking(self, _blocking: bool) -> None:
        """It never blocks."""

    def settimeout(self, _seconds: float | None) -> None:
        """It has its own limits."""

    def gettimeout(self) -> None:
        return None

    def shutdown(self, _how: int) -> None:
        """The loop does, once all is sent."""

    def close(self) -> None:
        """The loop does, once all is sent."""
