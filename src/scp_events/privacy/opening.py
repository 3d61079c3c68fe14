"""Which keyring a program works with.

`SCP_KEYRING` names it: a file, or a key in the transit engine of Vault or OpenBao by its address. Beside an
embedded database it may be left out: the keyring is then a file in the same home. What a caller passes counts
more than what the environment says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from scp_events.database.address import default_home
from scp_events.privacy.failures import KeyringError
from scp_events.privacy.homes import KeyHome
from scp_events.privacy.keyring import Keyring

FILE = "keyring"
"""What it is called in the home of an embedded database."""


def open_keyring(
    conninfo: str, *, named: str | None = None, url: str | None = None, home: Path | None = None
) -> Keyring:
    """Return the keyring of a database, to be closed by the caller.

    `url` is the address of a database that somebody else looks after, None for the embedded one in `home`.
    Raises `KeyringError` where it is not clear which keyring is meant, or where it is not the right one.
    """
    if url is None and home is None:
        url = os.environ.get("SCP_DATABASE_URL") or None
    named = named or os.environ.get("SCP_KEYRING") or None
    if named is None and url is not None:
        raise KeyringError(
            "SCP_KEYRING is not set: beside a database of your own, say where its keys are kept. It names a"
            " file, which is made where there is none, or a Vault: https://vault.example:8200/transit/scp"
        )
    return Keyring(conninfo, home_named(named or str((home or default_home()).expanduser() / FILE)))


def home_named(named: str) -> Callable[[UUID], KeyHome]:
    """Return how to open the home that a setting names, for an installation."""
    if named.startswith(("http://", "https://")):
        from scp_events.privacy.vault_home import VaultHome  # noqa: PLC0415  # only who has a Vault pays for it

        return lambda installation: VaultHome.of_address(named, installation)
    if sys.platform == "win32":
        raise KeyringError("A keyring in a file needs Linux or macOS: name a Vault in SCP_KEYRING.")
    from scp_events.privacy.file_home import FileHome  # noqa: PLC0415  # cannot be imported on Windows

    return lambda installation: FileHome(Path(named).expanduser(), installation)
