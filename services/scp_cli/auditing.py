"""`scp-events absence` and `sample`: what an auditor is given to check besides whole cases."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from scp_cli import completing
from scp_cli.output import Format, Shown, remark, show, write
from scp_cli.points import day
from scp_cli.proving import cover_for_export, save
from scp_cli.verifying import CheckpointFirst

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scp_events.event_log import LogReader
    from scp_events.ledger.format.sample import Drawn, Stratum

At: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="POSITION", min=1, help="At this published checkpoint, not the newest."),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option("--output", metavar="FILE", help="Where to write it; by default its own name, here."),
]


def absence(  # noqa: PLR0913 - one argument an option
    case: Annotated[
        str,
        typer.Argument(
            metavar="CASE",
            help="Its reference, such as SC-2025-014, or its id.",
            autocompletion=completing.case,
        ),
    ],
    *,
    what: Annotated[
        list[str],
        typer.Option(
            metavar="TYPE",
            help="What is absent, such as engagement.contact-recorded, or all of engagement; repeatable.",
        ),
    ],
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day, of the organisation.")],
    last: Annotated[str, typer.Option("--to", metavar="DAY", help="The last day, included.")],
    at: At = None,
    output: Output = None,
    checkpoint: CheckpointFirst = True,
) -> None:
    """Prove that nothing of a type is recorded for a case in some days, as known at a checkpoint.

    A ZIP that verify.py checks by itself. It shows the bytes of the events of that type and of each stream's
    first, and of all others their type and when they were recorded. Corrections count, what was retracted
    does not.

    Exit codes: 0 it is written; 1 it is not so, and the positions of what is there are named, or it could not
    be proved; 2 the question was not understood; 3 an anchor contradicts the log.
    """
    days = day(first, "--from"), day(last, "--to")
    if days[0] is None or days[1] is None or days[0] > days[1]:
        raise typer.BadParameter(f"{last} is before {first}", param_hint="--to")
    from scp_cli.connecting import case_named, ledger_settings, opened_log
    from scp_events.case_file.absence import claim_of, known
    from scp_events.ledger.log.absence import prove_absence

    with opened_log() as log:
        settings, case_id = ledger_settings(), case_named(log, case)
        claim = claim_of(log, what, days[0], days[1])
        cover_for_export(log, settings, checkpoint=checkpoint)
        name, archive = prove_absence(
            log.conninfo, settings, case_id, claim, lambda size: known(log, case_id, size, claim), at=at
        )
        path = output or Path(f"{name}.zip")
        save(log, case_id, path, archive)
    remark(f"scp-events: {path} can be verified with the verify.py in it, and with any other copy")
    write(f"{path}\n")


# --- sample -----------------------------------------------------------------------------------------------

COLUMNS = {"stratum": "stratum", "case": "case", "stream_id": "stream"}


def sample(  # noqa: PLR0913 - one argument an option
    *,
    size: Annotated[int, typer.Option(metavar="NUMBER", min=1, help="How many streams to draw.")],
    purpose: Annotated[
        str,
        typer.Option(
            metavar="WORDS",
            help="What for, in words of the auditor's, said once the checkpoint is published.",
        ),
    ],
    by: Annotated[
        str, typer.Option(help="What is drawn of in turn: category, year or nothing.")
    ] = "category",
    at: At = None,
    output: Output = None,
    checkpoint: CheckpointFirst = True,
    how: Shown = Format.TABLE,
) -> None:
    """Draw an audit sample from all streams of the log that a published checkpoint covers.

    Checkpoint and purpose decide the draw, so nobody can choose it. The ZIP holds ids and counts and nobody's
    details; verify.py draws anew from it by itself. What was drawn is shown with the case each stream is of.

    Exit codes: 0 it is written; 1 there are too few streams, or log and ledger contradict each other; 2 the
    question was not understood; 3 an anchor contradicts the log.
    """
    stratum = _stratum(by)
    if not (0 < len(purpose) <= LONGEST and purpose.isprintable()):
        raise typer.BadParameter(
            f"say it in one line of at most {LONGEST} characters", param_hint="--purpose"
        )
    from scp_cli.connecting import ledger_settings, opened_log
    from scp_events.ledger.format.sample import Draw
    from scp_events.ledger.log.sampling import draw_sample
    from scp_events.privacy.copies import write_for_owner

    with opened_log() as log:
        settings = ledger_settings()
        cover_for_export(log, settings, checkpoint=checkpoint)
        drawn = draw_sample(log.conninfo, settings, Draw(purpose, stratum, size), at=at)
        path = output or Path(f"{drawn.name}.zip")
        write_for_owner(path, drawn.archive)
        show(list(_rows(log, drawn.drawn)), how, COLUMNS)
    remark(f"scp-events: {path} can be verified with the verify.py in it, and with any other copy")


LONGEST = 200
"""Of a purpose, in characters."""


def _stratum(said: str) -> Stratum:
    from scp_events.ledger.format.sample import Stratum

    try:
        return Stratum(said)
    except ValueError:
        raise typer.BadParameter(f"{said!r} is none of {', '.join(Stratum)}", param_hint="--by") from None


def _rows(log: LogReader, strata: Sequence[Drawn]) -> Iterator[dict[str, object]]:
    """Yield what was drawn, with what people call the case: that is in no file."""
    named = dict(log.cases_of_streams([of for each in strata for of in each.drawn]))
    for each in strata:
        for of in each.drawn:
            yield {"stratum": each.stratum, "case": named.get(of), "stream_id": str(of)}
