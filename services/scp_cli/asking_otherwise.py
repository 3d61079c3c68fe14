"""`scp-events what-if`: what would have come out otherwise under another version of the policy."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, remark, show

if TYPE_CHECKING:
    from scp_events.what_if import WouldComplete, WouldDiffer

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
    """List what would have come out otherwise under a version of the policy: decisions, and who completed.

    Nothing is recorded, and nothing is judged anew: what was decided stands under the version it names.
    """
    from scp_cli.connecting import case_named, opened_log
    from scp_events.what_if import what_if as asked

    with opened_log() as log:
        found = [*asked(log, policy, None if case is None else case_named(log, case))]
    if not found and how is Format.TABLE:
        remark(f"scp-events: nothing would have come out otherwise under {policy}")
        return
    show([each.model_dump(mode="json") | _told(each) for each in found], how, COLUMNS)


def _told(each: WouldDiffer | WouldComplete) -> dict[str, str]:
    """Return what either of them says in the columns of the table."""
    from scp_events.what_if import WouldDiffer

    return {"otherwise": _otherwise(each)} if isinstance(each, WouldDiffer) else _completion(each)


def _completion(each: WouldComplete) -> dict[str, str]:
    would = "have completed" if each.would_complete else "not have completed"
    minutes = f"{each.credited_minutes} minutes were credited, {each.would_require} would be asked for"
    return {
        "title": f"Enrolment in {each.programme}, {each.variant}: {each.required_minutes} minutes asked for",
        "otherwise": would,
        "remedy": f"{minutes}; by {len(each.evidence)} events",
    }


def _otherwise(each: WouldDiffer) -> str:
    if each.would_be_refused_by is not None:
        return f"be refused: {each.would_be_refused_by}"
    return f"differ in {', '.join(each.differs_in)}"
