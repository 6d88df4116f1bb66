"""A mail server in a process of its own that takes all and keeps nothing: PORT."""

import sys
import threading

from aiosmtpd.controller import Controller


class Sink:
    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802
        return "250 OK"


if __name__ == "__main__":
    Controller(Sink(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
    print("working", flush=True)
    threading.Event().wait()
