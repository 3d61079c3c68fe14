"""Measures: definitions as data, the arithmetic, and the figures made of the read models."""

from scp_events.measures.asking import (
    days_to_agreed_plan,
    days_to_first_contact,
    every_figure,
    goals_achieved,
    referral_conversion,
)
from scp_events.measures.definitions import DEFINITIONS, Definition
from scp_events.measures.figures import EVER, Cutoff, Durations, Figure, Period, Rate

__all__ = [
    "DEFINITIONS",
    "EVER",
    "Cutoff",
    "Definition",
    "Durations",
    "Figure",
    "Period",
    "Rate",
    "days_to_agreed_plan",
    "days_to_first_contact",
    "every_figure",
    "goals_achieved",
    "referral_conversion",
]
