from __future__ import annotations

import pytest
from pydantic import ValidationError

from scp_events.aggregates.referral.events import ReferralDrafted
from scp_events.vocabulary import Actor, Role
from tests.words import SUPERVISOR

pytestmark = pytest.mark.once


def test_a_refused_word_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ValidationError) as refused:
        ReferralDrafted.model_validate({"circumstances": "", "route": "LIVES-AT-12-EXAMPLE-ROAD"})
    assert "route" in str(refused.value)
    assert "EXAMPLE-ROAD" not in str(refused.value)


def test_a_refused_system_is_not_repeated_in_the_error() -> None:
    named = {"kind": "robot", "id": "anna-example", "role": "service", "organisation": "x"}
    with pytest.raises(ValidationError) as refused:
        Actor.model_validate(named)
    assert "anna-example" not in str(refused.value)


def test_nobody_acts_in_a_capacity_that_does_not_exist() -> None:
    with pytest.raises(ValidationError, match="role"):
        Actor.model_validate(SUPERVISOR.model_dump() | {"role": "offender-manager"})
    assert SUPERVISOR.role is Role.SUPERVISOR
