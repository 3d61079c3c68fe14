"""What `scp demo` shows last: that nothing was altered, and a case whose bundle anybody can check."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scp_cli.connecting import ledger_settings
from scp_cli.proving import readable
from scp_events.event_log import EventLog
from scp_events.ledger.exporting import export
from scp_events.ledger.offline import verify as offline
from scp_events.ledger.paper import format_for_paper
from scp_events.ledger.sealing import seal_now
from scp_events.ledger.verifying import verify
from scp_events.vocabulary import ParticipantId

NO_KEY = "not shown: this log is on a server of its own, and SCP_LEDGER_KEY does not say where its key is"


def proofs(log: EventLog, case_id: ParticipantId, home: Path) -> Iterator[str]:
    """Seal and verify the log, export a case, and have its bundle checked by Python alone; tell each."""
    settings = ledger_settings()
    if settings.key_file is None:
        yield NO_KEY
        return
    seal_now(log.conninfo, settings)
    found = verify(log.conninfo)
    yield found.wrong or "the whole log is as it was sealed:"
    yield format_for_paper(found.size, found.root)
    name, archive = export(log.conninfo, settings, case_id, lambda size: readable(log, case_id, size))
    path = home / f"{name}.zip"
    path.write_bytes(archive)
    yield f"{path.name}, checked by Python alone, without our program and without network:"
    checked = subprocess.run(  # noqa: S603 - our own verifier
        [sys.executable, "-I", "-S", offline.__file__, str(path)], capture_output=True, text=True, check=False
    )
    yield from (f"  {line}" for line in checked.stdout.splitlines())
