"""After an erasure no row of the registry holds the person's name, address or words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from services.registry.identity.sign_ins import handlers as sign_ins
from tests.registry import OPERATOR, SERVICE, Caller, Registry, open_registry, secret_of, signed_in

NAME, OLD, NEW = "Zebedee Quuxworthy", "zebedee.quuxworthy@old.example", "z.quuxworthy@new.example"
WORDS = "the words that quuxworthy typed"
TRACE = "quuxworthy"


@pytest.fixture
def registry(database_url: str, tmp_path: Path) -> Iterator[Registry]:
    with open_registry(database_url, tmp_path) as found:
        yield found


def rows_with(registry: Registry, trace: str) -> dict[str, int]:
    """How many rows of each table hold the trace, in whatever column."""
    database = registry.service.database
    tables = sqlalchemy.inspect(database.engine).get_table_names()
    found = {}
    with database.read() as connection:
        for table in tables:
            rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()
            count = sum(trace in str(tuple(row)).casefold() for row in rows)
            found |= {table: count} if count else {}
    return found


def use_everything(registry: Registry) -> str:
    """Leave a person's name, address and words wherever the registry keeps any; their id."""
    app, operator = registry.app, registry.operator
    registry.anyone.post("/sign-ins", {"email": OLD})  # which is nobody's yet
    me = signed_in(app, OLD, NAME)
    person = str(me.get("/me").json["id"])
    acting = Caller(app, OPERATOR, person)
    community, other = operator.community("Falls"), operator.person("Bo", email="bo@old.example")
    for who in (person, other):
        body = {"person": who, "role": "convener", "from": "2026-01-01"}
        operator.made(f"/communities/{community}/roles", **body)
    operator.made("/grants", person=person, grant="operator")
    acting.get(f"/people/{other}", Hedgerow_Reason=WORDS)
    operator.get(f"/people/{person}", Hedgerow_Reason=f"{NAME} rang")
    acting.done(f"/people/{other}/suspension", reason=WORDS)
    keyed = {"Idempotency_Key": "once"}
    operator.post("/people", {"name": NAME, "email": OLD}, **keyed)
    changes = f"/people/{person}/address-changes"
    change = me.post(changes, {"email": NEW}).json["address_change"]
    confirmed = {"code": sign_ins.code(secret_of(app), change)}
    assert me.post(f"{changes}/{change}/completion", confirmed).status_code == 200
    me.post(changes, {"email": "quuxworthy@third.example"})
    registry.anyone.post("/sign-ins", {"email": NEW})
    bo = signed_in(app, "cy@old.example", "Cy")
    wanted = f"/people/{bo.get('/me').json['id']}/address-changes"
    assert bo.post(wanted, {"email": NEW}).status_code == 202  # somebody else wants their address
    operator.done(f"/people/{person}/suspension", reason=f"{NAME} was rude")
    return person


def test_no_row_of_any_table_holds_an_erased_persons_name_address_or_words(registry: Registry):
    person = use_everything(registry)
    before = rows_with(registry, TRACE)
    assert before.keys() >= {
        *("people", "personal_reads", "suspensions", "address_changes", "sign_ins"),
        "idempotency_keys",
    }
    assert registry.operator.ask("DELETE", f"/people/{person}").status_code == 202
    assert rows_with(registry, TRACE) == {}


def test_of_an_erased_person_only_events_hold_the_id(registry: Registry):
    person = use_everything(registry)
    registry.operator.ask("DELETE", f"/people/{person}")
    read_models = ("community_roles_", "communities_", "grants_")
    held = [t for t in rows_with(registry, person) if not t.startswith(read_models)]
    assert held == ["events"]


def test_a_copy_covers_all_that_the_registry_keeps(registry: Registry):
    person = use_everything(registry)
    copy = registry.operator.get(f"/people/{person}/export").json
    here = copy["services"]["registry"]
    assert (copy["person"]["name"], copy["person"]["email"]) == (NAME, NEW)
    assert copy["person"]["suspension"]["reason"] == f"{NAME} was rude"
    assert [grant["kind"] for grant in here["grants"]] == ["operator"]
    assert OLD in [change["old_address"] for change in here["address_changes"]]
    assert [signed["completed"] for signed in here["sign_ins"]] == [False, True, False]
    assert [read["why"] for read in here["reads_of_you"]][:1] == [f"{NAME} rang"]
    assert [read["why"] for read in here["your_reads_of_others"]] == [WORDS]
    assert Caller(registry.app, SERVICE).get(f"/people/{person}/holdings").status_code == 200
