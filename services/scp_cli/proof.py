"""The last thing `scp-events demo` shows: that nobody altered the log, and nobody need believe us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from scp_cli.connecting import ledger_settings
from scp_cli.output import show_rich
from scp_cli.proving import bundled, save
from scp_cli.verifying import checked, told
from scp_events.event_log import LogReader
from scp_events.ledger.log import startup
from scp_events.privacy.copies import CopyKind, directory_for
from scp_events.vocabulary import CaseId

VERIFIER = "verify.py"


def prove(log: LogReader, case_id: CaseId, home: Path) -> Path | None:
    """Verify the log, write a case's bundle below `home`, let it verify itself, and return where it is.

    None where this program has no key to sign with.
    """
    settings = ledger_settings()
    if settings.key_file is None:
        show_rich("  This log is elsewhere and has no key here: SCP_LEDGER_KEY names one.")
        return None
    startup.prepare(log.conninfo, settings)
    show_rich(*(f"  {line}" for line in told(*checked(log.conninfo, settings, checkpoint=True))))
    name, archive = bundled(log, settings, case_id)
    path = home / f"{name}.zip"
    save(log, case_id, path, archive)
    show_rich(f"\n  {path.name}, verified by the {VERIFIER} in it, with Python alone and without network:")
    unpacked = home / "being-verified"
    cases = [log.reference_of(case_id) or str(case_id)]
    with directory_for(log.conninfo, CopyKind.BUNDLE, unpacked, cases) as directory:
        show_rich(*(f"  {line}" for line in verified_by_itself(path, directory).splitlines()))
    return path


def verified_by_itself(bundle: Path, directory: Path) -> str:
    """Return what the verifier in a bundle says of it, as somebody hears it who knows nothing of us."""
    with ZipFile(bundle) as archive:
        archive.extractall(directory)
        (verifier,) = directory.glob(f"*/{VERIFIER}")
        command = [sys.executable, "-I", "-S", verifier.name]
        ran = subprocess.run(command, cwd=verifier.parent, capture_output=True, text=True, check=False)  # noqa: S603 - our own verifier
    return ran.stdout + ran.stderr
