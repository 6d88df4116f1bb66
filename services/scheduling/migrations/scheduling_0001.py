"""Scheduling's read models, each in two generations, and the erasable tables of people's words."""

import sqlalchemy as sa
from alembic import op

revision = "scheduling_0001"
down_revision = None
branch_labels = ("scheduling",)
depends_on = ("spine_0001",)

TEXT, NUMBER = sa.Text, sa.Integer
_COMMON = {"version": NUMBER, "began_at": TEXT, "changed_at": TEXT, "record": TEXT}


def upgrade() -> None:
    for generation in (1, 2):
        _plans(generation)
        _sessions(generation)
        _applications(generation)
        _small_ones(generation)
        _followed(generation)
    _erasable()


def _table(name: str, columns: dict[str, type], keys: tuple[str, ...], nullable: str = "") -> None:
    optional = nullable.split()
    op.create_table(
        name,
        *(
            sa.Column(column, kind, primary_key=column in keys, nullable=column in optional)
            for column, kind in columns.items()
        ),
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"{table}_{'_'.join(columns)}", table, list(columns))


def _plans(n: int) -> None:
    _table(f"programmes_{n}", {"id": TEXT, **_COMMON, "sort_name": TEXT}, ("id",))
    _index(f"programmes_{n}", "began_at", "id")
    _table(f"cohorts_{n}", {"id": TEXT, **_COMMON, "programme": TEXT, "state": TEXT}, ("id",))
    _index(f"cohorts_{n}", "began_at", "id")


def _sessions(n: int) -> None:
    named = dict.fromkeys(("day", "hour", "kind", "state", "cohort", "series"), TEXT)
    columns = {"id": TEXT, **_COMMON, **named, "undecided": NUMBER}
    _table(f"sessions_{n}", columns, ("id",), "cohort series")
    for index in (("day", "hour", "id"), ("cohort", "day"), ("series",)):
        _index(f"sessions_{n}", *index)
    _table(
        f"session_communities_{n}",
        {"session": TEXT, "community": TEXT, "day": TEXT},
        ("session", "community"),
    )
    _index(f"session_communities_{n}", "community", "day")
    _table(f"attendances_{n}", {"id": TEXT, **_COMMON, "session": TEXT}, ("id",))
    _index(f"attendances_{n}", "session")
    _table(
        f"attendance_people_{n}",
        {
            "attendance": TEXT,
            "session": TEXT,
            "person": TEXT,
            "reply": TEXT,
            "coming": NUMBER,
            "status": TEXT,
            "invited_by": TEXT,
        },
        ("attendance", "person"),
        "reply status invited_by",
    )
    _index(f"attendance_people_{n}", "person")
    _index(f"attendance_people_{n}", "session")
    _table(
        f"session_roles_{n}",
        {"attendance": TEXT, "session": TEXT, "person": TEXT, "role": TEXT},
        ("attendance", "person", "role"),
    )
    _index(f"session_roles_{n}", "person")
    _index(f"session_roles_{n}", "session")


def _applications(n: int) -> None:
    columns = dict.fromkeys(("cohort", "person", "sponsor", "community", "state", "reply_by"), TEXT)
    _table(
        f"applications_{n}",
        {"id": TEXT, **_COMMON, **columns},
        ("id",),
        "sponsor community reply_by",
    )
    _index(f"applications_{n}", "cohort", "began_at", "id")
    _index(f"applications_{n}", "person")
    _index(f"applications_{n}", "sponsor")


def _small_ones(n: int) -> None:
    _table(
        f"standings_{n}",
        {"community": TEXT, "version": NUMBER, "changed_at": TEXT, "standing": TEXT},
        ("community",),
    )
    _table(f"calendars_{n}", {"id": TEXT, "person": TEXT, "generation": NUMBER}, ("id",))


def _followed(n: int) -> None:
    _table(f"communities_{n}", {"id": TEXT, "version": NUMBER, "content": TEXT}, ("id",))
    _table(
        f"community_roles_{n}",
        dict.fromkeys(("community", "role_id", "person", "role", "begins", "ends"), TEXT),
        ("community", "role_id"),
        "ends",
    )
    _index(f"community_roles_{n}", "person")
    _table(f"people_{n}", {"id": TEXT, "erased": NUMBER}, ("id",))
    _table(f"links_{n}", {"link": TEXT, "communities": TEXT, "ended": NUMBER}, ("link",))
    _table(
        f"linked_communities_{n}",
        {"link": TEXT, "community": TEXT, "other": TEXT},
        ("link", "community", "other"),
    )
    _index(f"linked_communities_{n}", "community")


def _erasable() -> None:
    """People's own words: beside the event store, never in it, so that they can be deleted."""
    _table(
        "application_texts",
        dict.fromkeys(("application", "field", "person", "text", "at"), TEXT),
        ("application", "field"),
    )
    _index("application_texts", "person")
    _table(
        "reflections",
        dict.fromkeys(("id", "session", "person", "text", "at"), TEXT),
        ("id",),
    )
    _index("reflections", "session")
    _index("reflections", "person")
    _table("join_addresses", {"session": TEXT, "address": TEXT}, ("session",))
