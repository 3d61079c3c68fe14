from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.house.language import (
    DEFINITIONS,
    Schema,
    incompatibilities,
    language,
    published,
    released,
    written,
)

Change = Callable[[dict[str, Schema]], object]


def test_the_published_language_is_the_one_the_code_speaks() -> None:
    assert published() == {name: written(schema) for name, schema in language().items()}, (
        "the events changed: if that is meant, run `python -m tests.house.language` and say so first in the"
        ' CHANGELOG, under "Published language"'
    )


def test_the_language_is_compatible_with_the_last_release() -> None:
    assert incompatibilities(released(), language()) == []


def shared(now: dict[str, Schema], name: str) -> Schema:
    found: Schema = now[DEFINITIONS]["$defs"][name]
    return found


CHANGES: dict[str, Change] = {
    "an event removed": lambda now: now.pop("referral.drafted"),
    "a field removed": lambda now: now["referral.drafted"]["properties"].pop("route"),
    "a new required field": lambda now: now["referral.drafted"]["required"].append("urgency"),
    "a field made optional": lambda now: now["referral.drafted"]["required"].remove("route"),
    "a field of another type": lambda now: now["referral.drafted"]["properties"]["route"].update(
        type="integer"
    ),
    "a word that can no longer be said": lambda now: shared(now, "Suitability")["enum"].pop(),
    "a field of the grounds removed": lambda now: shared(now, "LegalBasis")["properties"].pop("act"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_an_incompatible_change_is_named(change: Change) -> None:
    now = copy.deepcopy(language())
    change(now)
    assert incompatibilities(language(), now)


def test_a_new_event_and_a_new_optional_field_are_compatible() -> None:
    now = copy.deepcopy(language())
    now["referral.revived"] = {"type": "object"}
    now["referral.drafted"]["properties"]["urgency"] = {"type": "string"}
    assert incompatibilities(language(), now) == []
