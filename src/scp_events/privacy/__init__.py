"""Whose data it is: what is personal is sealed with a key of that person, unreadable once it is destroyed."""

from scp_events.privacy.failures import (
    CorruptPartError,
    KeyringError,
    KeyServiceDownError,
    KeysInUseError,
    SealError,
    WrongKeyError,
)
from scp_events.privacy.keyring import GROUPS, Keyring, Keys, prepare
from scp_events.privacy.marks import excluding, marks_of, shares_of, subjects_of
from scp_events.privacy.opening import open_keyring
from scp_events.privacy.sealing import Opened, PartKey, Place, digest_of, seal, unseal

__all__ = [
    "GROUPS",
    "CorruptPartError",
    "KeyServiceDownError",
    "Keyring",
    "KeyringError",
    "Keys",
    "KeysInUseError",
    "Opened",
    "PartKey",
    "Place",
    "SealError",
    "WrongKeyError",
    "digest_of",
    "excluding",
    "marks_of",
    "open_keyring",
    "prepare",
    "seal",
    "shares_of",
    "subjects_of",
    "unseal",
]
