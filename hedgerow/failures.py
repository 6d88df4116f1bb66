"""How a command ends when it could not do what it was asked: one sentence on standard error."""

from typing import IO, Any

import click


class CannotDo(click.ClickException):
    """The command was called rightly and could not do it: exit code 1."""

    exit_code = 1

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class WronglyCalled(CannotDo):
    """The arguments or the settings are wrong: exit code 2."""

    exit_code = 2
