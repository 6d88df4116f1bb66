"""`POST /oauth/token`, and the keys by which tokens are verified."""

import msgspec
from flask import Response, request

from services.registry.identity.tokens import handlers, queries
from services.registry.identity.tokens.handlers import NoSession
from shared.http.access_tokens import ALGORITHM, LIFETIME, issuer
from shared.http.policies import anyone, operator, policy
from shared.web.answers import json_response
from shared.web.bodies import Blueprint
from shared.web.context import service

blp = Blueprint("tokens", "tokens", description="Access tokens, and the keys that verify them")
SESSION_GRANT = "urn:hedgerow:grant:session"
_FORM = "application/x-www-form-urlencoded"
_BODY = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": [SESSION_GRANT]},
                    "session": {
                        "type": "string",
                        "description": "The session's secret, from the sign-in's completion",
                    },
                },
            }
        }
    },
}


@blp.post("/oauth/token")
@blp.doc(summary="An access token for a session", requestBody=_BODY)
@policy(anyone)
def token() -> Response:
    """As RFC 6749 has it, its errors too. The token is good for five minutes."""
    if request.mimetype != _FORM:
        return _error("invalid_request", f"Send the parameters as {_FORM}.")
    grant, secret = (request.form.getlist(name) for name in ("grant_type", "session"))
    if grant != [SESSION_GRANT]:
        known = f"grant_type must be {SESSION_GRANT}."
        return _error("unsupported_grant_type" if grant else "invalid_request", known)
    if len(secret) != 1:
        return _error("invalid_request", "session is required, once.")
    here = service()
    now = here.clock.now()
    try:
        with here.write() as connection:
            issued = handlers.access_token(connection, secret[0], issuer(here.settings), now)
    except NoSession:
        return _error("invalid_grant", "This session has ended: sign in again.")
    seconds = int(LIFETIME.total_seconds())
    return json_response(
        {"access_token": issued, "token_type": "Bearer", "expires_in": seconds}, private=True
    )


@blp.get("/.well-known/jwks.json")
@blp.doc(summary="The keys that verify access tokens (RFC 7517)")
@policy(anyone)
def keys() -> Response:
    with service().database.read() as connection:
        found = queries.all_keys(connection)
    if not found:
        with service().write() as connection:
            handlers.signing_key(connection, service().clock.now())
            found = queries.all_keys(connection)
    published = [
        key.key.as_dict(private=False)
        | {"kid": key.key.thumbprint(), "use": "sig", "alg": ALGORITHM}
        for key in found
    ]
    response = Response(
        msgspec.json.encode({"keys": published}), content_type="application/jwk-set+json"
    )
    response.headers["Cache-Control"] = "public, max-age=60"
    return response


@blp.post("/signing-keys/rotation")
@blp.doc(summary="Make a new signing key; it signs from ten minutes on, and nobody is signed out")
@policy(operator, fresh=True)
def rotate() -> Response:
    with service().write() as connection:
        handlers.rotate(connection, service().clock.now())
        found = queries.all_keys(connection)
    return json_response({"keys": len(found)})


def _error(code: str, description: str) -> Response:
    body = {"error": code, "error_description": description}
    return json_response(body, 400, private=True)
