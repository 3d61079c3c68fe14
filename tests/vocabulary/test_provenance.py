from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from scp_events.vocabulary import CommandId, Provenance
from tests.words import KEY_WORKER, NOON, SUPERVISOR

pytestmark = pytest.mark.once


def provenance(occurred_at: datetime) -> Provenance:
    command_id = CommandId(UUID("88888888-8888-4888-8888-888888888888"))
    return Provenance(by=KEY_WORKER, command_id=command_id, occurred_at=occurred_at, purpose="casework")


def test_a_time_without_a_zone_is_no_time() -> None:
    assert provenance(NOON).occurred_at == NOON
    with pytest.raises(ValueError, match="2025-03-03T12:00:00 has no time zone"):
        provenance(NOON.replace(tzinfo=None))


def test_who_acts_is_on_whose_behalf_it_is_said() -> None:
    said = provenance(NOON)
    assert said.answerable == KEY_WORKER
    assert replace(said, on_behalf_of=SUPERVISOR).answerable == SUPERVISOR


@pytest.mark.parametrize("purpose", ["", "Ash Example's review", "case management", "casework\n", "x" * 64])
def test_a_purpose_is_a_code(purpose: str) -> None:
    with pytest.raises(ValueError, match="is no code"):
        Provenance(by=SUPERVISOR, command_id=CommandId(UUID(int=1)), occurred_at=NOON, purpose=purpose)
