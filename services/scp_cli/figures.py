"""Outcome figures to read: never without their definition, what they were made from, and who was left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from rich.console import RenderableType
from rich.text import Text

from scp_events.case_file.story import LOUD, pairs
from scp_events.measures import (
    DEFINITIONS,
    SMALLEST_TOLD,
    Definition,
    Durations,
    Figure,
    Frequency,
    Interval,
    Period,
    Rate,
)
from scp_events.measures.illustrations import Illustration, Reported, Series

DEFINED = {(definition.id, definition.version): definition for definition in DEFINITIONS}


def drawn(figure: Figure) -> Iterator[RenderableType]:
    """Tell one figure with all that belongs to it."""
    definition = DEFINED[figure.definition_id, figure.definition_version]
    of = f", {figure.stratum}" if figure.stratum else ""
    yield Text.assemble((definition.title, LOUD), f"{of}: {_value(figure)}")
    yield pairs(_foundation(figure, definition), indent=2)
    yield Text()


def _value(figure: Figure) -> str:
    match figure:
        case Figure(hidden=True):
            return f"not told, as it would tell of fewer than {SMALLEST_TOLD} people"
        case Rate(rounded=None) | Frequency(per_100=None):
            return "nobody to speak of"
        case Rate(rounded=part) if part is not None:
            return f"{part * 100:.1f} %, {figure.numerator} of {figure.denominator}"
        case Frequency():
            return f"{figure.per_100}, {figure.events} of {figure.n} people"
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
    yield "N", "not told" if figure.n is None else str(figure.n)
    if isinstance(figure, Rate) and figure.interval:
        yield "interval", _interval(figure.interval)
    if isinstance(figure, Durations) and figure.percentiles and not figure.hidden:
        yield "percentiles", ", ".join(_percentile(*said) for said in figure.percentiles.items())
    yield "left out", ", ".join(_left_out(*each) for each in figure.excluded.items() if each[1] != 0) or "0"


def _left_out(reason: str, people: int | None) -> str:
    return f"{reason} {f'fewer than {SMALLEST_TOLD}' if people is None else people}"


def _interval(interval: Interval) -> str:
    return f"{interval.low * 100:.1f} % to {interval.high * 100:.1f} %, 95 in 100, {interval.method}"


def _percentile(share: int, days: int | None) -> str:
    return f"{share} % within {days} days" if days is not None else f"{share} % not reached"


def _period(cohort: Period) -> str:
    since = "" if cohort.since == date.min else f" from {cohort.since}"
    until = "" if cohort.until == date.max else f" until {cohort.until}"
    return f",{since}{until}" if since or until else ""


# --- examples ---------------------------------------------------------------------------------------------


def illustrated(illustration: Series | Reported) -> Iterator[RenderableType]:
    """Tell one figure of somebody else's, and where it is from."""
    yield Text.assemble((illustration.title, LOUD), f": {_says(illustration)}")
    yield pairs(_standing(illustration), indent=2)
    yield Text()


def _says(illustration: Series | Reported) -> str:
    if isinstance(illustration, Series):
        return ", ".join(
            f"{year}: {value} {illustration.unit}" for year, value in illustration.values.items()
        )
    rate = "" if illustration.rate is None else f", {_interval(illustration.rate)}"
    return f"{illustration.reoffended} of {illustration.people}{rate}"


def _standing(illustration: Illustration) -> Iterator[tuple[str, str]]:
    yield "example", "an analogy" if illustration.analogy else "as it was reported"
    yield "from", illustration.where_from
    yield "caution", illustration.caution
