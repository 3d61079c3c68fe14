"""A document that the log hands out: files with all it takes to check them, in one signed archive.

A document is a BagIt bag in a ZIP without compression, in one permitted layout (`offline/verify.py` has it).
The same question about the same checkpoint gives the same bytes, so two documents can be compared by their
checksums. `offline/README.md`, which travels in it, tells each file's format.

    SC-2025-014-at-1234/
        bagit.txt  bag-info.txt  manifest-sha256.txt  tagmanifest-sha256.txt
        bundle.note                         the log's signature on the manifests
        README.md  verify.py
        data/about.json                     what kind of document it is, of what, at which checkpoint
        data/checkpoint                     signed by the log and its witnesses
        data/trust.policy                   their keys, and how many witnesses are enough
        data/hand-overs/1.note              how the log's keys followed each other, where there were several
        data/...                            what its kind holds: see `bundle`, `absence`, `sample`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version

from scp_events.ledger.format.checkpoint import OpenedCheckpoint
from scp_events.ledger.format.note import Note, Signer
from scp_events.ledger.format.trust import Trust
from scp_events.ledger.offline import verify as offline

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_OF_AN_ENTRY = 500
"""Bytes an archive has at most for each file, its content apart."""


class DocumentTooLargeError(Exception):
    """It would be more than whoever checks it takes in."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """A published checkpoint, and by whose keys it is checked."""

    opened: OpenedCheckpoint
    note: str
    """The checkpoint as it is signed, by nobody but the keys of `trust` and in their order."""
    trust: Trust
    """The log's newest key, the witnesses' keys, and how many of them are enough; without addresses."""
    hand_overs: tuple[str, ...] = ()
    """How the log's keys followed each other, up to that one."""

    @property
    def size(self) -> int:
        """Return of how many events it is."""
        return self.opened.checkpoint.size


@dataclass(frozen=True, slots=True)
class Document:
    """What a document of some kind is called and holds, besides what all of them have."""

    kind: str
    name: str
    vouched: Vouched
    says: Mapping[str, object]
    """What stands in `data/about.json` besides kind, name and checkpoint."""
    files: Mapping[str, bytes]


def written(document: Document, signer: Signer) -> bytes:
    """Return the archive, signed by the log's key. Raises `DocumentTooLargeError`."""
    payload = _payload(document)
    files = payload | _tags(document.name, payload)
    files[offline.MANIFEST] = offline.manifest_of(files, payload).encode()
    origin = document.vouched.opened.checkpoint.origin
    text = offline.signed_text(files, document.kind, origin, document.name)
    files[offline.SIGNED] = Note(text).signed(signer.sign(text)).written().encode()
    tags = offline.payload_and_tags(files)[offline.TAG_MANIFEST]
    files[offline.TAG_MANIFEST] = offline.manifest_of(files, tags).encode()
    _must_be_taken_in(document.name, files)
    return offline.packed({f"{document.name}/{path}": data for path, data in files.items()})


def _must_be_taken_in(name: str, files: Mapping[str, bytes]) -> None:
    count, size = len(files), sum(len(data) + _OF_AN_ENTRY for data in files.values())
    if count > offline.MOST_FILES or size > offline.MOST_BYTES:
        raise DocumentTooLargeError(
            f"{name} would have {count} files and {size} bytes, and whoever checks it takes in at most"
            f" {offline.MOST_FILES} and {offline.MOST_BYTES}"
        )


def _payload(document: Document) -> dict[str, bytes]:
    vouched = document.vouched
    checkpoint = vouched.opened.checkpoint
    about = {
        "format": document.kind,
        "document": document.name,
        "checkpoint": {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
        },
    }
    return {
        offline.ABOUT: as_json(about | dict(document.says)),
        offline.CHECKPOINT: vouched.note.encode(),
        offline.TRUST: vouched.trust.text().encode(),
        **{offline.hand_over(n): note.encode() for n, note in enumerate(vouched.hand_overs, start=1)},
        **document.files,
    }


def _tags(name: str, payload: Mapping[str, bytes]) -> dict[str, bytes]:
    about = (
        f"Bag-Software-Agent: scp-events {version('scp-events')}\n"
        f"External-Identifier: {name}\n"
        f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}\n"
    )
    ours = resources.files("scp_events.ledger.offline")
    return {
        "bagit.txt": BAGIT,
        "bag-info.txt": about.encode(),
        "README.md": ours.joinpath("README.md").read_bytes(),
        "verify.py": ours.joinpath("verify.py").read_bytes(),
    }


def as_json(value: object) -> bytes:
    """Return a value as JSON in one spelling."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
