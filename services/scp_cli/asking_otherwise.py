"""`scp-events what-if`: which decisions would have differed under another version of the policy."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, remark, show

if TYPE_CHECKING:
    from scp_events.what_if import WouldDiffer

COLUMNS = {
    "case_reference": "case",
    "position": "#",
    "occurred_on": "on",
    "title": "decided",
    "policy_version": "under",
    "otherwise": "would",
    "remedy": "because",
}


def what_if(
    *,
    policy: Annotated[str, typer.Option(metavar="VERSION", help="Such as 2025.1.")],
    case: Annotated[
        str | None,
        typer.Option(
            "--case",
            metavar="CASE",
            help="This case alone.",
            autocompletion=completing.case,
        ),
    ] = None,
    how: Shown = Format.TABLE,
) -> None:
    """List the decisions that would have come out otherwise under a version of the policy.

    Nothing is recorded, and nothing is judged anew: what was decided stands under the version it names.
    """
    from scp_cli.connecting import case_named, opened_log
    from scp_events.what_if import what_if as asked

    with opened_log() as log:
        found = [*asked(log, policy, None if case is None else case_named(log, case))]
    if not found and how is Format.TABLE:
        remark(f"scp-events: nothing would have been decided otherwise under {policy}")
        return
    show([each.model_dump(mode="json") | {"otherwise": _otherwise(each)} for each in found], how, COLUMNS)


def _otherwise(each: WouldDiffer) -> str:
    if each.would_be_refused_by is not None:
        return f"be refused: {each.would_be_refused_by}"
    return f"differ in {', '.join(each.differs_in)}"
