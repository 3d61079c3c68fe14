"""`scp-events match suggest`: which mentor for whom. It records nothing, and a person decides."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scp_cli.output import Format, Shown, as_json, show, write
from scp_cli.points import day

if TYPE_CHECKING:
    from scp_events.event_log import LogReader
    from scp_events.matching import MatchedGroup, Mentor, Pair, Participant, Unmatched

app = typer.Typer(
    name="match",
    help="Find mentors for participants.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
SUGGESTED = {"case_reference": "case", "mentor": "mentor", "score": "score", "because": "because"}


@app.callback()
def about() -> None:
    """Find mentors for participants."""


@app.command()
def suggest(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help='Who waits: [{"case_reference": "SC-2025-014", "areas": ["parish-a"], "needs": [...]}].',
        ),
    ],
    *,
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="As mentors stand that day; by default today.")
    ] = None,
    ranking: Annotated[
        str | None,
        typer.Option(metavar="CASE", help="Print what rank-candidates takes for this one of them instead."),
    ] = None,
    how: Shown = Format.TABLE,
) -> None:
    """Suggest mentors for a whole group, and say why somebody has none.

    As many as possible have a mentor, and they fit as well as possible. Nothing is recorded: what --ranking
    prints goes to `scp-events do rank-candidates --case CASE --json -`, and a person proposes.
    """
    from scp_cli.connecting import opened_log
    from scp_events.matching import match_group

    asked, waiting = day(on, "--on"), _read(file)
    if ranking is not None and ranking not in {each.case_reference for each in waiting}:
        raise typer.BadParameter(f"{ranking} is not among those in FILE", param_hint="--ranking")
    with opened_log() as log:
        today = log.calendar.day_of(log.now())
        mentors = [*mentors_on(log, asked or today)]
    group = match_group(waiting, mentors)
    if ranking is not None:
        write(as_json({"command": _command(group, ranking)}, indent=2))
        return
    show(suggestions(group), how, SUGGESTED)


def suggestions(group: MatchedGroup) -> list[dict[str, Any]]:
    """Return who is suggested for whom, and why, as rows of a table."""
    rows: list[dict[str, Any]] = [*map(_suggested, group.pairs), *map(_nobody, group.unmatched)]
    return sorted(rows, key=itemgetter("case_reference"))


def _read(file: Path) -> list[Participant]:
    from pydantic import TypeAdapter, ValidationError

    from scp_events.matching import Participant

    try:
        waiting = TypeAdapter(list[Participant]).validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise typer.BadParameter(f"{place}: {first['msg']}", param_hint="FILE") from None
    if len({each.case_reference for each in waiting}) < len(waiting):
        raise typer.BadParameter("somebody stands in it twice: name everybody once", param_hint="FILE")
    return waiting


def mentors_on(log: LogReader, on: date) -> Iterator[Mentor]:
    """Yield how every mentor stands at the end of a day."""
    from scp_events.history import effective, until
    from scp_events.matching import mentor_from
    from scp_events.vocabulary import PersonId

    end, policy = log.calendar.whole_day(on), log.policies().in_force_on(on)
    for name, history in log.named_histories("mentor"):
        known = until(effective(recorded.fact for recorded in history), end)
        yield mentor_from(PersonId(name), [fact.event for fact in known], on, policy)


def _command(group: MatchedGroup, case_reference: str) -> dict[str, Any]:
    return group.ranking_for(case_reference).model_dump(mode="json", exclude_none=True)


def _suggested(pair: Pair) -> dict[str, Any]:
    factors = (f"{each.factor} {each.score} x {each.weight}" for each in pair.factors)
    return {
        "case_reference": pair.case_reference,
        "mentor": pair.mentor,
        "score": pair.score,
        "because": ", ".join(factors),
    }


def _nobody(why: Unmatched) -> dict[str, Any]:
    """Say why somebody has no mentor, constraint by constraint."""
    reasons = [f"{constraint}: {', '.join(mentors)}" for constraint, mentors in why.excluded.items()]
    if why.given_to_others:
        reasons.append(f"suggested for others: {', '.join(why.given_to_others)}")
    return {
        "case_reference": why.case_reference,
        "mentor": None,
        "score": None,
        "because": "; ".join(reasons) or "there are no mentors",
    }
