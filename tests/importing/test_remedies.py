"""What a rule asks for is told in the words of sheets."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from scp_events.importing import sheets
from scp_events.importing.remedies import ROWS, in_words_of_sheets
from scp_events.vocabulary import Command
from scp_events.vocabulary.messages import command_name

pytestmark = pytest.mark.once  # pure words


def sent_by_sheets() -> set[str]:
    """Return the names of the commands that rows of sheets come to."""
    modules = [import_module(f"{sheets.__name__}.{each.name}") for each in iter_modules(sheets.__path__)]
    named = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
    return {
        command_name(each)
        for each in named
        if issubclass(each, Command) and each.__module__.startswith("scp_events.aggregates.")
    }


def test_a_command_that_a_row_can_send_is_called_by_that_row() -> None:
    assert len(sent_by_sheets()) > 30
    assert sent_by_sheets() - set(ROWS) == set()


def test_a_remedy_names_rows_and_columns() -> None:
    assert (
        in_words_of_sheets("the plan is drafting; `propose-irp` first, with `target_date`")
        == "the plan is drafting; a row `proposed` in plans first, with `due_on`"
    )
