"""What is known of a case that is asked about again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scp_events.history import AnyFact, FactsOf
from scp_events.policy import Policies
from scp_events.vocabulary import CaseId


class Case(NamedTuple):
    """A case, with all that its rules ask about."""

    reference: str
    case_id: CaseId
    facts: Sequence[AnyFact]
    facts_of: FactsOf
    policies: Policies
    """They suppose that one version was in force on every day."""
