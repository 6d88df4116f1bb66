"""A registry whose log goes to standard output: `python -m tests.integration.logged_registry FORM`.

Among its requests are some that fail, each in another way, with personal data in hand.
"""

import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from services.registry import people
from shared import logs
from tests.registry import PERSON, SERVICE, Caller, every_command, open_registry


def broken(*_: Any) -> None:
    raise RuntimeError("the code failed")


def refused_by_the_database(connection: Any, person_id: str, name: str, email: str, _: Any) -> None:
    connection.exec_driver_sql("INSERT INTO people (id, name) VALUES (?, ?)", (person_id, name))


def unavailable(connection: Any, _: str, name: str, email: str, __: Any) -> None:
    connection.exec_driver_sql("INSERT INTO nowhere (name, email) VALUES (?, ?)", (name, email))


def main(form: str) -> None:
    """In another thread than the one that set up the log, as a web's requests are."""
    logs.configure("registry", "web", form=form, level="info")
    asking = threading.Thread(target=ask, args=(form,))
    asking.start()
    asking.join()


def ask(form: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/registry.db"
        with open_registry(url, Path(folder), LOG_FORMAT=form) as registry:
            operator = registry.operator
            every_command(operator)
            Caller(registry.app, SERVICE, PERSON).post("/people", {"name": "Grace Hopper"})
            operator.get("/communities?region=Secretshire&limit=5")
            operator.get("/people?cursor=nonsense")
            operator.post("/people", {"name": "Ada Lovelace", "email": "no address"})
            added = people.add
            for fails in (broken, refused_by_the_database, unavailable):
                people.add = fails  # type: ignore[assignment]
                operator.post("/people", {"name": "Hedy Lamarr", "email": "hedy@people.example"})
            people.add = added


if __name__ == "__main__":
    main(sys.argv[1])
