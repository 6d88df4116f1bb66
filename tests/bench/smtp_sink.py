"""A mail server in a process of its own that takes all and keeps nothing: PORT."""

import sys
import threading
from typing import Any

from aiosmtpd.controller import Controller


class Sink:
    async def handle_EHLO(  # noqa: N802
        self, _server: object, session: Any, _envelope: object, name: str, said: list[str]
    ) -> list[str]:
        session.host_name = name
        return [said[0], "250-PIPELINING", *said[1:]]  # as Postfix, Exim and others say

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        return "250 OK"


if __name__ == "__main__":
    Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    print("working", flush=True)
    threading.Event().wait()
