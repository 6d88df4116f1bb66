"""Databases as an earlier release left them."""

from pathlib import Path

from alembic import command

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
