"""Requests by HTTP/1.1 from one process over connections that are kept, as fast as answers come."""

import selectors
import socket
from collections.abc import Callable


def getter(_number: int, port: int, path: str, connections: int) -> Callable[[], None]:
    """Sends a GET on every connection that has its answer; an act is one answer taken."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.socket.sendall(request)
    answered: list[Connection] = []

    def get() -> None:
        while not answered:
            for key, _ in selector.select():
                if key.data.receive():
                    answered.append(key.data)
        answered.pop().socket.sendall(request)

    return get


class Connection:
    """One connection, and what came of the answer that is on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._came = b""

    def receive(self) -> bool:
        """Whether the answer is complete. RuntimeError where it is no 200."""
        self._came += self.socket.recv(65_536)
        head, ended, body = self._came.partition(b"\r\n\r\n")
        if not ended:
            return False
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        if len(body) < _length(head):
            return False
        self._came = b""
        return True


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
