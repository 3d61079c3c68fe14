"""Whose data it is: what is personal is encrypted with that person's key, unreadable once it is destroyed."""

from scp_events.privacy.encryption import Opened, PartKey, Place, decrypt_part, digest_of, encrypt_part
from scp_events.privacy.failures import (
    CorruptPartError,
    EncryptionError,
    KeyringError,
    KeyServiceDownError,
    KeysInUseError,
    WrongKeyError,
)
from scp_events.privacy.keyring import Keyring, Keys, prepare
from scp_events.privacy.marks import excluding, marks_of, shares_of, subjects_of
from scp_events.privacy.opening import open_keyring
from scp_events.privacy.store import GROUPS

__all__ = [
    "GROUPS",
    "CorruptPartError",
    "EncryptionError",
    "KeyServiceDownError",
    "Keyring",
    "KeyringError",
    "Keys",
    "KeysInUseError",
    "Opened",
    "PartKey",
    "Place",
    "WrongKeyError",
    "decrypt_part",
    "digest_of",
    "encrypt_part",
    "excluding",
    "marks_of",
    "open_keyring",
    "prepare",
    "shares_of",
    "subjects_of",
]
