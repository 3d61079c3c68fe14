"""Measures: definitions as data, the arithmetic, and the figures made of the read models."""

from scp_events.measures.asking import (
    days_to_agreed_plan,
    days_to_first_contact,
    every_figure,
    goals_achieved,
    rates,
    referral_conversion,
    reoffences_per_100,
    work_support,
)
from scp_events.measures.definitions import DEFINITIONS, Criterion, Definition
from scp_events.measures.figures import EVER, Count, Cutoff, Durations, Figure, Frequency, Period, Rate
from scp_events.measures.intervals import Interval, interval
from scp_events.measures.small_numbers import SMALLEST_TOLD, masked

__all__ = [
    "DEFINITIONS",
    "EVER",
    "SMALLEST_TOLD",
    "Count",
    "Criterion",
    "Cutoff",
    "Definition",
    "Durations",
    "Figure",
    "Frequency",
    "Interval",
    "Period",
    "Rate",
    "days_to_agreed_plan",
    "days_to_first_contact",
    "every_figure",
    "goals_achieved",
    "interval",
    "masked",
    "rates",
    "referral_conversion",
    "reoffences_per_100",
    "work_support",
]
