"""What programs may rely on in `scp-events replay --format json` and `scp-events diff --format json`.

    python -m scp_cli.schemas docs/schemas

writes the JSON Schemas anew. A change to them is a change to what others read: it shows in review, and one
that could break a reader gets the next number in the schema's `$id`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import BaseModel

from scp_cli.output import as_json
from scp_events.replay import CaseDifference, CaseReplay

PUBLISHED: dict[str, tuple[type[BaseModel], int]] = {
    "case-replay": (CaseReplay, 1),
    "case-difference": (CaseDifference, 1),
}
"""By name: what is written, and the number of its form."""


def text(name: str) -> str:
    """Return a published schema as its file holds it."""
    model, number = PUBLISHED[name]
    schema = model.model_json_schema(mode="serialization")
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:scp:schema:{name}:{number}",
    }
    return as_json(head | schema, indent=2)


def write_all(directory: Path) -> None:
    """Write every published schema into `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    for name in PUBLISHED:
        (directory / f"{name}.json").write_text(text(name), encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
