"""A referral: which roles may send which command."""

from __future__ import annotations

from collections.abc import Mapping

from scp_events.aggregates.referral.commands import (
    COMMANDS,
    DraftReferral,
    LinkToEnrolment,
    ProvideInformation,
    SubmitReferral,
    WithdrawReferral,
)
from scp_events.vocabulary import ENTERING, LEADING, REFERRING, Command, Role

MAY: Mapping[type[Command], frozenset[Role]] = {
    **dict.fromkeys(COMMANDS, LEADING),
    DraftReferral: REFERRING | LEADING | ENTERING,
    SubmitReferral: REFERRING | LEADING,
    ProvideInformation: REFERRING | LEADING | ENTERING,
    WithdrawReferral: REFERRING | LEADING,
    LinkToEnrolment: LEADING | {Role.INTEGRATOR, Role.SERVICE},
}
