"""Two tables: sign-ins that are under way with the identity provider, for minutes, and whose each
account at the provider is."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.registry.rules import OIDC_WINDOW
from shared.clock import parse_rfc3339, rfc3339
from shared.connection import Connection
from shared.database import mark, marks

_FLOW = "id, browser, nonce, verifier, onward, expires_at, issuer, subject, sign_in"
_BINDING = "id, person, issuer, subject, bound_at, used_at"


class Flow(NamedTuple):
    """A sign-in under way. `subject` is there once the provider has said who it is, `sign_in` once
    somebody was asked by email whether that is they."""

    id: str
    browser: str
    nonce: str
    verifier: str
    onward: str | None
    expires: datetime
    issuer: str
    subject: str | None = None
    sign_in: str | None = None


class Binding(NamedTuple):
    """The account `subject` at `issuer` is this person's."""

    id: str
    person: str
    issuer: str
    subject: str
    bound_at: str
    used_at: str


def insert_flow(
    connection: Connection, flow: Flow, state: str, network_key: str, now: datetime
) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO oidc_flows ({_FLOW}, state_hash, network_key, started_at)"
        f" VALUES ({marks(connection, 12)})",
        (
            *(flow.id, flow.browser, flow.nonce, flow.verifier, flow.onward),
            *(rfc3339(flow.expires), flow.issuer, flow.subject, flow.sign_in),
            *(_hash(state), network_key, rfc3339(now)),
        ),
    )


def flow_by_state(connection: Connection, state: str) -> Flow | None:
    return _flow(connection, "state_hash", _hash(state))


def flow_by_id(connection: Connection, flow: str) -> Flow | None:
    return _flow(connection, "id", flow)


def flow_by_sign_in(connection: Connection, sign_in: str) -> Flow | None:
    return _flow(connection, "sign_in", sign_in)


def use_state(connection: Connection, flow: str) -> None:
    """Nobody comes back with this state again."""
    connection.exec_driver_sql(
        f"UPDATE oidc_flows SET state_hash = NULL WHERE id = {mark(connection)}", (flow,)
    )


def note_subject(connection: Connection, flow: str, subject: str, expires: datetime) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE oidc_flows SET subject = {p}, nonce = '', verifier = '', expires_at = {p}"
        f" WHERE id = {p}",
        (subject, rfc3339(expires), flow),
    )


def note_sign_in(connection: Connection, flow: str, sign_in: str) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE oidc_flows SET sign_in = {p} WHERE id = {p}", (sign_in, flow)
    )


def end_flow(connection: Connection, flow: str) -> None:
    """Done, or of no use any more: what is left is that it was begun, to count by."""
    connection.exec_driver_sql(
        "UPDATE oidc_flows SET state_hash = NULL, subject = NULL, sign_in = NULL, onward = NULL,"
        f" nonce = '', verifier = '' WHERE id = {mark(connection)}",
        (flow,),
    )


def count_recent(
    connection: Connection, now: datetime, network_key: str | None = None
) -> tuple[int, datetime | None]:
    """How many were begun within the last hour, of one network or of all; when the first was."""
    p = mark(connection)
    of_network, values = (
        ("", ())
        if network_key is None
        else (
            f" AND network_key = {p}",
            (network_key,),
        )
    )
    count, first = connection.exec_driver_sql(
        f"SELECT count(*), min(started_at) FROM oidc_flows WHERE started_at > {p}{of_network}",
        (rfc3339(now - OIDC_WINDOW), *values),
    ).first()
    return count, parse_rfc3339(first) if first else None


def tidy(connection: Connection, now: datetime) -> None:
    """Drop what flows hold once they have expired, and rows that count no longer."""
    p = mark(connection)
    connection.exec_driver_sql(
        "UPDATE oidc_flows SET state_hash = NULL, subject = NULL, sign_in = NULL, onward = NULL,"
        f" nonce = '', verifier = '' WHERE expires_at <= {p} AND nonce || verifier"
        " || coalesce(subject, '') <> ''",
        (rfc3339(now),),
    )
    connection.exec_driver_sql(
        f"DELETE FROM oidc_flows WHERE started_at <= {p}", (rfc3339(now - OIDC_WINDOW),)
    )


def insert_binding(connection: Connection, binding: Binding) -> None:
    connection.exec_driver_sql(
        f"INSERT INTO oidc_bindings ({_BINDING}) VALUES ({marks(connection, 6)})", tuple(binding)
    )


def binding(connection: Connection, issuer: str, subject: str) -> Binding | None:
    p = mark(connection)
    found = _bindings(connection, f"issuer = {p} AND subject = {p}", (issuer, subject))
    return found[0] if found else None


def of_person(connection: Connection, person: str) -> list[Binding]:
    return _bindings(connection, f"person = {mark(connection)}", (person,))


def note_use(connection: Connection, found: str, now: datetime) -> None:
    p = mark(connection)
    connection.exec_driver_sql(
        f"UPDATE oidc_bindings SET used_at = {p} WHERE id = {p}", (rfc3339(now), found)
    )


def delete(connection: Connection, bindings: Sequence[str]) -> None:
    connection.exec_driver_sql(
        f"DELETE FROM oidc_bindings WHERE id = {mark(connection)}", [(found,) for found in bindings]
    )


def forget_flows(connection: Connection, person: str) -> None:
    """Delete what waits for a confirmation by the person's mailbox."""
    connection.exec_driver_sql(
        "DELETE FROM oidc_flows WHERE sign_in IN"
        f" (SELECT id FROM sign_ins WHERE person = {mark(connection)})",
        (person,),
    )


def _flow(connection: Connection, column: str, value: str) -> Flow | None:
    row = connection.exec_driver_sql(
        f"SELECT {_FLOW} FROM oidc_flows WHERE {column} = {mark(connection)}", (value,)
    ).first()
    if row is None:
        return None
    flow, browser, nonce, verifier, onward, expires, issuer, subject, sign_in = row
    return Flow(
        *(flow, browser, nonce, verifier, onward, parse_rfc3339(expires)),
        *(issuer, subject, sign_in),
    )


def _bindings(connection: Connection, where: str, values: tuple[str, ...]) -> list[Binding]:
    rows = connection.exec_driver_sql(
        f"SELECT {_BINDING} FROM oidc_bindings WHERE {where} ORDER BY bound_at, id", values
    )
    return [Binding._make(row) for row in rows]


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
