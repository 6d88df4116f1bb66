"""An OpenID Connect issuer on this machine, with keys of its own, that can be made to do wrong."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

from services.registry.identity.sign_ins.handlers import code
from tests.registry import Registry, secret_of, signed_in

CLIENT, SECRET = "hedgerow-of-the-tests", "secret of the client: + / %"
Claims = dict[str, Any]


class Issuer:
    """`spoil` changes the claims of the next ID tokens; `sign` makes tokens of them."""

    def __init__(self) -> None:
        self.url = ""
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.published = [self.key]
        self.spoil: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.away = False
        self.asked: list[str] = []
        self._codes: dict[str, tuple[str, dict[str, str]]] = {}
        self.app = self._made()

    def signs_in(self, address: str, subject: str) -> dict[str, str]:
        """Whoever opens the address signs in as this account; what the browser is led back with."""
        query = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        given = secrets.token_urlsafe(8)
        self._codes[given] = (subject, query)
        return {"code": given, "state": query["state"]}

    def signed(self, claims: Claims, key: RSAKey | None = None, kid: str = "one") -> str:
        return jwt.encode({"alg": "RS256", "kid": kid}, claims, key or self.key)

    def _made(self) -> Flask:
        app = Flask("issuer")

        @app.before_request
        def note() -> Response | None:
            self.asked.append(request.path)
            return Response("away", 503) if self.away else None

        @app.get("/.well-known/openid-configuration")
        def about() -> Response:
            return jsonify(
                issuer=self.url,
                authorization_endpoint=f"{self.url}/authorize",
                token_endpoint=f"{self.url}/token",
                jwks_uri=f"{self.url}/keys",
            )

        @app.get("/keys")
        def keys() -> Response:
            return jsonify(keys=[key.as_dict(private=False) for key in self.published])

        @app.post("/token")
        def token() -> tuple[Response, int]:
            return self._token()

        return app

    def _token(self) -> tuple[Response, int]:
        given = request.authorization
        assert given is not None
        assert (unquote(given.username or ""), unquote(given.password or "")) == (CLIENT, SECRET)
        subject, query = self._codes.pop(request.form["code"], ("", {}))
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not subject or proof != query["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        assert request.form["redirect_uri"] == query["redirect_uri"]
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": subject,
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 300,
            "email": "ada@people.example",
        }
        return jsonify(id_token=self.sign(self.spoil(claims)), token_type="Bearer"), 200


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    server = make_server("127.0.0.1", 0, issuer.app, threaded=True)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def bind_and_unbind(issuer: Issuer, registry: Registry, email: str = "bo@people.example") -> None:
    """Somebody new signs in with an account, confirms it by email, and ends that again."""
    anyone, browser = registry.anyone, {"browser": "c" * 64}
    address = anyone.done("/sign-ins/with", **browser)["address"]
    given = issuer.signs_in(address, "bo-there") | browser
    found = anyone.post("/sign-ins/with/completion", given).json["confirmation"]
    asked = anyone.post(f"/sign-ins/with/{found}/confirmation", {"email": email} | browser)
    sign_in = asked.json["sign_in"]
    body = {"code": code(secret_of(registry.app), sign_in), "name": "Bo"} | browser
    anyone.done(f"/sign-ins/{sign_in}/completion", **body)
    bo = signed_in(registry.app, email)
    (account,) = bo.get("/me/accounts").json["items"]
    assert bo.ask("DELETE", f"/me/accounts/{account['id']}").status_code == 200


def settings_for(issuer: Issuer) -> dict[str, str]:
    """Without the prefix, as `open_registry` takes them."""
    return {
        "OIDC_ISSUER": issuer.url,
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_LABEL": "Example Trust",
    }
