"""Databases as an earlier release left them."""

from pathlib import Path

from alembic import command
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from shared.database import Database
from shared.migrations.migrate import alembic_config


def migrated_to(url: str, migrations: Path, revision: str) -> None:
    """Bring an empty database to one of a service's migrations, with all of the spine's."""
    database = Database(url)
    with database.migrating() as connection:
        config = alembic_config(migrations)
        config.attributes["connection"] = connection
        command.upgrade(config, "spine@head")
        command.upgrade(config, revision)
    database.close()


def migrate_again(database: Database, migrations: Path, revision: str) -> None:
    """Carry out one migration once more, for rows that were put back as they were before it."""
    script = ScriptDirectory.from_config(alembic_config(migrations)).get_revision(revision)
    assert script is not None
    with (
        database.migrating() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        script.module.upgrade()
