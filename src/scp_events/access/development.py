"""Tokens for one developer on one machine, signed with a key that never leaves it.

They are believed only where three things hold: the server runs in development mode, listens on the loopback
interface alone, and the request comes from this machine. A server that is asked for development mode and
listens elsewhere does not start.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkstemp

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt import PyJWK
from jwt.algorithms import OKPAlgorithm

from scp_events.access.keys import HeldKeys
from scp_events.access.tokens import Issuer, is_loopback
from scp_events.vocabulary import Actor

ISSUER = "urn:scp:development"
KID = "development"
KEY_FILE = "development-key.pem"
WORKING_DAY = timedelta(hours=8)


class DevelopmentModeError(Exception):
    """Development tokens cannot be used here; the message says what to do."""


def issuer(home: Path, audience: str, listens_on: str) -> Issuer:
    """Return the issuer of development tokens. Raises `DevelopmentModeError` unless on loopback alone."""
    if not is_loopback(listens_on):
        raise DevelopmentModeError(
            f"development mode is refused on {listens_on}: anybody who reaches it could act as anybody;"
            " listen on 127.0.0.1 or ::1, or configure an issuer and leave development mode"
        )
    public = OKPAlgorithm.to_jwk(key(home).public_key(), as_dict=True)
    held = PyJWK.from_dict({**public, "kid": KID}, algorithm="EdDSA")
    return Issuer(
        name=ISSUER,
        audience=audience,
        keys=HeldKeys({KID: held}),
        longest_lifetime=WORKING_DAY.total_seconds(),
        loopback_only=True,
    )


def mint(
    home: Path,
    actor: Actor,
    audience: str,
    *,
    now: datetime | None = None,
    lifetime: timedelta = WORKING_DAY,
    **other_claims: object,
) -> str:
    """Return a token that speaks for `actor` on this machine."""
    at = now or datetime.now(UTC)
    claims: Mapping[str, object] = {
        "iss": ISSUER,
        "aud": audience,
        "sub": actor.id,
        "iat": int(at.timestamp()),
        "nbf": int(at.timestamp()),
        "exp": int((at + lifetime).timestamp()),
        "role": actor.role.value,
        "organisation": actor.organisation,
        "kind": actor.kind,
        "credentials": list(actor.credentials),
    }
    headers = {"typ": "at+jwt", "kid": KID}
    return jwt.encode({**claims, **other_claims}, key(home), algorithm="EdDSA", headers=headers)


def key(home: Path) -> Ed25519PrivateKey:
    """Return this installation's key; make one where there is none."""
    path = home / KEY_FILE
    if not path.exists():
        _make(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise DevelopmentModeError(f"others may read {path} (mode {mode:04o}): delete it, a new one is made")
    found = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(found, Ed25519PrivateKey):
        raise DevelopmentModeError(f"{path} holds a key of another kind: delete it, a new one is made")
    return found


def _make(path: Path) -> None:
    """Make the key. It appears under its name complete, and of two makers the first one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor, making = mkstemp(dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        with suppress(FileExistsError):
            os.link(making, path)
    finally:
        Path(making).unlink()
