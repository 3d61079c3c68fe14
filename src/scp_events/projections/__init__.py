"""The answers: one module a projection, each its tables, what every event does to them, and its questions."""

from scp_events.follower import Projection
from scp_events.projections import caseload, decisions, outcomes, referrals

ALL: tuple[Projection, ...] = (caseload, referrals, decisions, outcomes)
"""Every projection there is. Each can be dropped and built again from the log."""
