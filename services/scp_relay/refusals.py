"""Why a relay does not start or ends: sentences of our own, which may be written down as they are."""

from __future__ import annotations


class CannotStartError(Exception):
    """Something is not as it must be, and trying again would not help. The message says what to do."""


class FencedError(Exception):
    """Another relay has taken over. What this one had not committed never happened."""
