"""What a stream is called towards an audience: a name that says nothing and that no other audience knows.

Within an audience the name of a stream is always the same, so its events belong together for the reader; the
stream's id cannot be found from it without the secret. Two audiences that compare what they read can still
tell by positions and event ids which names belong together: pseudonyms keep apart who does not collude.
"""

from __future__ import annotations

import hmac

from scp_events.vocabulary import Stream

SECRET_BYTES = 32


class Pseudonyms:
    """The names of streams towards one audience."""

    def __init__(self, secret: bytes, audience: str) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"the secret has {len(secret)} bytes, not {SECRET_BYTES}")
        key = hmac.digest(secret, f"audience/{audience}".encode(), "sha256")
        self._keyed = hmac.new(key, digestmod="sha256")

    def of(self, stream: Stream) -> str:
        """Return the name of a stream: 64 hexadecimal digits."""
        return self._digest(f"stream/{stream.category}/{stream.id}")

    @property
    def fingerprint(self) -> str:
        """Return what tells these names from those made with another secret, and tells nothing else."""
        return self._digest("fingerprint")[:16]

    def _digest(self, said: str) -> str:
        """`hmac.digest` would give other threads a turn at every call, for which the relay then waits."""
        keyed = self._keyed.copy()
        keyed.update(said.encode())
        return keyed.hexdigest()
