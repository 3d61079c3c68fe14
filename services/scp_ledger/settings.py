"""What the environment says: every setting is a variable that begins with `SCP_`."""

from __future__ import annotations

from scp_events.ledger.log.settings import LedgerSettings


class Settings(LedgerSettings):
    """How the ledger is kept. It opens no personal field, so it needs no keyring."""
