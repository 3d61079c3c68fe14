"""The garbage collector is as it was before once an import has ended."""

from __future__ import annotations

import gc

from scp_events.importing.collecting import SELDOM, collected_seldom


def test_what_there_is_is_passed_over_and_the_rest_looked_at_less_often_until_the_block_ends() -> None:
    usual = gc.get_threshold()
    with collected_seldom():
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == SELDOM
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == usual


def test_what_a_service_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        with collected_seldom():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
