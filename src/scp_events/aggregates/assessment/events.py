"""Assessments: what is stored for ever."""

from __future__ import annotations

from typing import Literal

from scp_events.vocabulary import IdentifiedEvent


class AssessmentCompleted(IdentifiedEvent):
    """A competent person assessed the participant with an instrument."""

    TITLE = "Assessment completed"
    type: Literal["assessment.completed"] = "assessment.completed"
