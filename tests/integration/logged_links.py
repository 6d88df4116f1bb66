"""Each service asked with a signed link: `python -m tests.integration.logged_links FORM LINK`.

Some requests find a route and some do not; some fail, and once the handling of a failure fails.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from shared import logs
from shared.http.policies import anyone, policy
from shared.web import errors
from tests.integration.services import SERVICES, app_of


def paths(link: str) -> dict[str, int]:
    """What is asked, and what is answered."""
    in_hexadecimal = link.replace(".", "%2e").replace("W", "%57")
    return {
        f"/nothing/{link}": 404,
        f"/{link}": 404,
        f"/preferences/{link}/more": 404,
        f"/preference/{in_hexadecimal}": 404,
        f"/broken/{link}": 500,
        f"/defect/{link}/x": 500,
    }


def break_(app: Flask, link: str) -> None:
    @policy(anyone)
    def fails(signed: str = "") -> Any:
        raise RuntimeError(f"no page for {signed or link}")

    @policy(anyone)
    def fails_elsewhere(other: str) -> Any:
        return fails()

    app.add_url_rule("/broken/<signed>", view_func=fails, endpoint="broken")
    app.add_url_rule("/defect/<other>/x", view_func=fails_elsewhere, endpoint="defect")


def no_answer(*_: Any, **__: Any) -> Any:
    raise ValueError("the handling failed too")


def main(form: str, link: str) -> None:
    logs.configure("all", "web", form=form, level="info")
    with tempfile.TemporaryDirectory() as folder:
        for service in SERVICES:
            app = app_of(service, Path(folder))
            break_(app, link)
            client = app.test_client()
            for path, status in paths(link).items():
                assert client.get(path).status_code == status, path
        errors.answer = no_answer  # type: ignore[assignment]
        app.config["PROPAGATE_EXCEPTIONS"] = False
        try:
            client.get(f"/defect/{link}/x")
        except ValueError:
            app.logger.exception(f"the server would say so of /defect/{link}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
