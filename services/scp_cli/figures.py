"""Outcome figures to read: never without their definition, what they were made from, and who was left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.console import RenderableType
from rich.text import Text

from scp_events.case_file.story import LOUD, pairs
from scp_events.measures import DEFINITIONS, Definition, Durations, Figure, Period, Rate

DEFINED = {(definition.id, definition.version): definition for definition in DEFINITIONS}


def drawn(figure: Figure) -> Iterator[RenderableType]:
    """Tell one figure with all that belongs to it."""
    definition = DEFINED[figure.definition_id, figure.definition_version]
    yield Text.assemble((definition.title, LOUD), f": {_value(figure)}")
    yield pairs(_foundation(figure, definition), indent=2)
    yield Text()


def _value(figure: Figure) -> str:
    match figure:
        case Rate(rounded=None):
            return "nobody to speak of"
        case Rate(rounded=part) if part is not None:
            return f"{part * 100:.1f} %, {figure.numerator} of {figure.denominator}"
        case Durations():
            return _durations(figure)
    return f"N = {figure.n}"


def _durations(figure: Durations) -> str:
    median = "not reached" if figure.median_days is None else f"{figure.median_days} days"
    return f"median {median}, reached by {figure.reached} of {figure.n}"


def _foundation(figure: Figure, definition: Definition) -> Iterator[tuple[str, str]]:
    yield "definition", f"{definition.id}, version {definition.version}: {definition.counts}"
    yield "cohort", f"{definition.cohort}{_period(figure.cohort)}"
    cutoff = figure.data_cutoff
    yield "cut-off", f"the log up to position {cutoff.position}, the world up to the end of {cutoff.on}"
    yield "N", str(figure.n)
    if isinstance(figure, Durations) and figure.percentiles:
        yield "percentiles", ", ".join(_percentile(*said) for said in figure.percentiles.items())
    left_out = [f"{reason} {count}" for reason, count in figure.excluded.items() if count]
    yield "left out", f"{sum(figure.excluded.values())}{': ' if left_out else ''}{', '.join(left_out)}"


def _percentile(share: int, days: int | None) -> str:
    return f"{share} % within {days} days" if days is not None else f"{share} % not reached"


def _period(cohort: Period) -> str:
    since = "" if cohort.since == date.min else f" from {cohort.since}"
    until = "" if cohort.until == date.max else f" until {cohort.until}"
    return f",{since}{until}" if since or until else ""
