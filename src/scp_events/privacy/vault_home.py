"""Epoch keys in the transit engine of HashiCorp Vault or OpenBao: they are made there and never leave it.

An address such as `https://vault.example:8200/transit/scp` names the engine and a prefix. Every installation
has a key of its own there, `scp-<installation>`; an epoch is a version of it. The token is in
`SCP_KEYRING_TOKEN`, or in the file that `SCP_KEYRING_TOKEN_FILE` names, which is read anew each time, so that
an agent may renew it.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from scp_events.privacy.failures import KeyringError, KeyServiceDownError

PATIENCE = 10.0
"""Seconds the service may take to answer."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OK, BAD_REQUEST, DENIED, NOT_FOUND = 200, 400, 403, 404
FINE = frozenset({OK, 204})


class VaultHome:
    """The key of one installation in a transit engine. Nothing of it, nor of the token, is ever shown."""

    def __init__(self, address: str, installation: UUID, token: Callable[[], str]) -> None:
        """Raises `KeyringError` where the address cannot be meant."""
        parts = urlsplit(address)
        engine, _, prefix = parts.path.strip("/").rpartition("/")
        if parts.username or parts.password or parts.query or not (parts.hostname and engine and prefix):
            raise KeyringError(
                "SCP_KEYRING cannot be read as the address of a Vault: it looks like"
                " https://vault.example:8200/transit/scp, with the token in SCP_KEYRING_TOKEN"
            )
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise KeyringError(f"SCP_KEYRING names {parts.hostname} without TLS: use https://")
        self._host, self._port, self._tls = parts.hostname, parts.port, parts.scheme == "https"
        self._engine, self._key = engine, f"{prefix}-{installation}"
        self._token = token

    def __repr__(self) -> str:
        return f"VaultHome({self.name!r})"

    @classmethod
    def of_address(cls, address: str, installation: UUID) -> VaultHome:
        """Return the home at an address, with the token the environment names."""
        return cls(address, installation, _token)

    @property
    def name(self) -> str:
        """Return where it is."""
        return f"Vault {self._host}, {self._engine}/{self._key}"

    @property
    def is_at_hand(self) -> bool:
        """It is asked over the network."""
        return False

    def epochs(self) -> list[int]:
        """Return the versions of the key that can still be used."""
        found = self._ask("GET", "keys", or_absent=True)
        if found is None:
            return []
        oldest = int(found["data"]["min_decryption_version"])
        return sorted(version for version in map(int, found["data"]["keys"]) if version >= oldest)

    def begin_epoch(self) -> int:
        """Make the key, or its next version."""
        if not self.epochs():
            self._ask("POST", "keys", {"type": "aes256-gcm96"})
        else:
            self._ask("POST", "keys", {}, "/rotate")
        return self.epochs()[-1]

    def must_be_nowhere_else(self, epoch: int, places: Iterable[Path]) -> None:
        """Look for nothing: the keys have never left the Vault."""

    def close(self) -> None:
        """Let go of nothing: no key is held here."""

    def end_epoch(self, epoch: int) -> None:
        """Destroy versions of the key: first nobody may use them, then they are gone."""
        oldest = epoch + 1
        limits = {"min_decryption_version": oldest, "min_encryption_version": oldest}
        self._ask("POST", "keys", limits, "/config")
        self._ask("POST", "keys", {"min_available_version": oldest}, "/trim")

    def wrap(self, epoch: int, keys: Sequence[bytes]) -> list[bytes]:
        """Return each key encrypted."""
        batch = [{"plaintext": b64encode(key).decode()} for key in keys]
        answers = self._batch("encrypt", {"batch_input": batch, "key_version": epoch})
        if len(answers) != len(keys) or any(answer.get("error") for answer in answers):
            raise KeyringError(
                f"{self.name} did not wrap with its key for epoch {epoch}: name the right one in SCP_KEYRING"
            )
        return [str(answer["ciphertext"]).encode() for answer in answers]

    def unwrap(self, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key decrypted."""
        answers = self._batch("decrypt", {"batch_input": _written(wrapped)})
        return [None if answer.get("error") else b64decode(answer["plaintext"]) for answer in answers]

    def rewrap(self, epoch: int, wrapped: Sequence[tuple[int, bytes]]) -> list[bytes | None]:
        """Return each key encrypted by another version; it is decrypted there, and not seen here."""
        answers = self._batch("rewrap", {"batch_input": _written(wrapped), "key_version": epoch})
        return [None if answer.get("error") else str(answer["ciphertext"]).encode() for answer in answers]

    # --- asking -------------------------------------------------------------------------------------------

    def _batch(self, operation: str, body: Mapping[str, object]) -> list[dict[str, Any]]:
        """Return the answers of a batch; each says for itself whether it could be done."""
        answer = self._ask("POST", operation, body, batch=True)
        answers: list[dict[str, Any]] = (answer or {}).get("data", {}).get("batch_results", [])
        return answers

    def _ask(  # noqa: PLR0913 - one request
        self,
        method: str,
        operation: str,
        body: Mapping[str, object] | None = None,
        more: str = "",
        *,
        or_absent: bool = False,
        batch: bool = False,
    ) -> dict[str, Any] | None:
        """Ask once. Raises `KeyServiceDownError`, which shows nothing that was sent or answered."""
        status, said = self._sent(method, f"/v1/{self._engine}/{operation}/{self._key}{more}", body)
        if status == NOT_FOUND and or_absent:
            return None
        if status == DENIED:
            raise KeyServiceDownError(
                f"{self.name} refuses the token: renew it, or let its policy allow what the keyring does"
            )
        if status not in FINE and not (batch and status == BAD_REQUEST):
            raise KeyServiceDownError(f"{self.name} answers with status {status}: try again")
        try:
            answer: dict[str, Any] = json.loads(said or b"{}")
        except ValueError:
            raise KeyServiceDownError(f"{self.name} does not answer as a Vault does") from None
        return answer

    def _sent(self, method: str, path: str, body: Mapping[str, object] | None) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._tls else HTTPConnection
        connection = kind(self._host, self._port, timeout=PATIENCE)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"X-Vault-Token": self._token(), "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, HTTPException) as error:
            raise KeyServiceDownError(
                f"{self.name} cannot be reached ({type(error).__name__}): try again"
            ) from None
        finally:
            connection.close()


def _written(wrapped: Sequence[tuple[int, bytes]]) -> list[dict[str, str]]:
    return [{"ciphertext": each.decode("ascii", "replace")} for _, each in wrapped]


def _token() -> str:
    """Return the token as it is now."""
    token = os.environ.get("SCP_KEYRING_TOKEN")
    file = os.environ.get("SCP_KEYRING_TOKEN_FILE")
    if token is None and file is not None:
        try:
            token = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeError):
            raise KeyringError(f"the token of the keyring cannot be read from {file}") from None
    if not token or not token.strip():
        raise KeyringError("set SCP_KEYRING_TOKEN, or SCP_KEYRING_TOKEN_FILE to a file that holds the token")
    return token.strip()
