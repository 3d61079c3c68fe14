"""`scp-events import`: a directory is imported; `map` and `template` are what helps before.

A directory that is really called `map` is given as `./map`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from scp_cli import import_command, mapping_command

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter

DEFAULT = "sheets"
"""The command that is meant where none is named. Nobody types it."""


class ImportGroup(TyperGroup):
    """A group of which one command needs no name."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: Context | None = None,
        **extra: Any,  # noqa: ANN401 - as click has it
    ) -> Context:
        """Begin the command named, or the import of a directory."""
        asks_for_help = bool(args) and args[0] in {"-h", "--help"}
        completes = not args and extra.get("resilient_parsing", False)
        if asks_for_help or completes or (args and args[0] in self.commands and args[0] != DEFAULT):
            return super().make_context(info_name, args, parent, **extra)
        return self.commands[DEFAULT].make_context(info_name, args, parent, **extra)

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Say how a directory is imported, and what else there is."""
        default = self.commands[DEFAULT]
        default.format_help(default.context_class(default, ctx.parent, ctx.info_name), formatter)
        self.format_commands(ctx, formatter)


app = typer.Typer(cls=ImportGroup, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(DEFAULT, hidden=True)(import_command.import_sheets)
app.command("map")(mapping_command.map_sheets)
app.command("template")(mapping_command.template)
