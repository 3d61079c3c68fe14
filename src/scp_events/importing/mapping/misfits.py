"""What of a mapping does not fit its form, our sheets, or itself."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from scp_events.importing.case_form import TemplateError
from scp_events.importing.column_kinds import KINDS, Kind
from scp_events.importing.mapping.document import NOTHING, OrganisationMapping, SheetMapping
from scp_events.importing.mapping.synonyms import as_word
from scp_events.importing.registers import REGISTERS
from scp_events.importing.report import Wrong


def misfits(error: ValidationError) -> Iterator[Wrong]:
    """Yield what does not fit, once for each place: a column may be filled in several ways, and fits none."""
    for place, message in {_place(each["loc"]): each["msg"] for each in reversed(error.errors())}.items():
        yield Wrong("misfit", f"has something in {place} that does not fit: {message}", "correct it there")


def _place(where: tuple[int | str, ...]) -> str:
    if where[0] == "sheet" and len(where) > 1:
        return f"`{'.'.join(map(str, where[2:4]))}` of the sheet number {int(where[1]) + 1}"
    return f"`{'.'.join(map(str, where[:2]))}`"


def wrongs_in(mapping: OrganisationMapping) -> Iterator[Wrong]:
    """Yield what cannot be, of a mapping that has the right form."""
    try:
        mapping.case_form  # noqa: B018 - it is made to see whether it can be
    except TemplateError as error:
        yield Wrong("no-such-form", f"has a form of references that cannot be: {error}", "correct `[cases]`")
    for register in (each.NAME for each in REGISTERS):
        if len({each.where for each in mapping.sheet if each.says == register}) > 1:
            yield Wrong("misfit", f"names several sheets as {register}", "put them into one")
    for entry in mapping.sheet:
        for message, fix in _wrongs_of(mapping, entry):
            yield Wrong("misfit", f"says of {entry.where} as {entry.says} {message}", fix)


def _wrongs_of(mapping: OrganisationMapping, entry: SheetMapping) -> Iterator[tuple[str, str]]:
    if not entry.is_taken:
        return
    if entry.says not in KINDS:
        yield "what is no sheet of ours", f"write one of {', '.join((*KINDS, NOTHING))}"
        return
    yield from _unknown_columns(entry)
    yield from _missing_columns(entry)
    yield from _unknown_words(entry)
    yield from _wrong_rows(mapping, entry)


def _unknown_columns(entry: SheetMapping) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys([*entry.columns, *entry.words]):
        if name not in KINDS[entry.says]:
            yield f"`{name}`, which is no column of ours", f"write one of {', '.join(KINDS[entry.says])}"
    for header in sorted({*entry.ignored} & entry.taken):
        yield f"that {header} is taken and ignored", "remove it from `ignored`"


def _missing_columns(entry: SheetMapping) -> Iterator[tuple[str, str]]:
    said = {*entry.columns} | ({"row"} if entry.row else set())
    for name, column in KINDS[entry.says].items():
        if column.is_needed and name not in said:
            yield f"nothing of `{name}`, which is needed", "name a column of theirs, or say what it always is"


def _unknown_words(entry: SheetMapping) -> Iterator[tuple[str, str]]:
    for name, words in entry.words.items():
        column = KINDS[entry.says].get(name)
        if column is None or column.kind is not Kind.CHOICE:
            continue
        if not {*words.values()} <= {*column.words}:
            yield f"a word for `{name}` that it does not have", f"use one of {', '.join(column.words)}"
    for name, always in entry.always.items():
        column = KINDS[entry.says].get(name)
        if column and column.words and as_word(always) not in column.words:
            yield f"what `{name}` cannot say", f"use one of {', '.join(column.words)}"


def _wrong_rows(mapping: OrganisationMapping, entry: SheetMapping) -> Iterator[tuple[str, str]]:
    if entry.row:
        if (entry.row.column is None) == (not entry.row.made_from):
            yield "`row` both ways or neither", "give either `column` or `from`"
        for name in entry.row.made_from:
            if name == "row" or name not in {*entry.theirs, *entry.always}:
                yield f"`{name}` in `row.from`, of which nothing is said", "name columns of ours that are"
        if "row" in entry.columns:
            yield "`row` twice", "leave it in `columns` or under `row`"
    said = {*entry.theirs, *entry.always}
    for name, sheet in entry.rows_of.items():
        rule = mapping.row_rule(sheet)
        if rule is None or not rule.made_from or not {*rule.made_from} <= said:
            yield (
                f"that `{name}` is a row of {sheet}, whose ids do not follow from what is said here",
                f"make the rows of {sheet} `from` columns that both have, such as case",
            )
