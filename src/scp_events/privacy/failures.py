"""What can go wrong with what is encrypted: three different things, and none of them is that it was erased.

Erasure is an answer, `Erased`, and work goes on. These stop whoever meets them. No message holds a key or a
word of what is encrypted.
"""

from scp_events.database import DatabaseError


class EncryptionError(Exception):
    """An encrypted part cannot be opened, and never will be as it is."""


class WrongKeyError(EncryptionError):
    """The key at hand is not the one this was encrypted with, or nobody has that key."""


class CorruptPartError(EncryptionError):
    """What is stored is not what was encrypted in this place: bytes changed, or it was moved here."""


class KeyServiceDownError(Exception):
    """The keys cannot be had just now; the same may well work in a moment."""


class KeyringError(DatabaseError):
    """There is no keyring to work with. The text says why and what to do; it never holds a key."""


class KeysInUseError(Exception):
    """An epoch cannot be retired while keys are left on it."""
