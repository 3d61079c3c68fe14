"""`scp-events verify`: the whole log against its ledger, and both against what the verifier holds."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from scp_cli.output import Format, Shown, as_json, progress, remark, show, write

if TYPE_CHECKING:
    from scp_events.ledger.log.holding import Held, Pin
    from scp_events.ledger.log.outcomes import Finding
    from scp_events.ledger.log.settings import LedgerSettings
    from scp_events.ledger.log.verifying import Verified

CheckpointFirst: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--checkpoint/--no-checkpoint", help="First cover what is new by a checkpoint, or leave it."
    ),
]


def verify(
    *,
    trust: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The log's key, the witnesses and their quorum: a C2SP tlog-policy."
        ),
    ] = None,
    pin: Annotated[
        str | None,
        typer.Option(
            metavar="LINE", help="The last line of an earlier verification, or a file that ends in it."
        ),
    ] = None,
    checkpoint: CheckpointFirst = True,
    how: Shown = Format.TABLE,
) -> None:
    """Verify the whole log against its ledger, and both against what you hold.

    You hold the log's key file, a trust policy, the file of published checkpoints, witnesses to ask, a line
    pinned earlier: whatever of it is here is compared, and nothing that the database says of itself is
    believed. It ends in a line to pin.

    \b
    Exit codes, the worst first:
    4  altered: not as it was signed; its position or name is told
    3  contradicted: an anchor, a pin or a witness holds another history
    5  another-key: the database names, or is signed with, another key
    6  foreign-anchor: a line of the anchor file is another log's
    7  anchor-not-compared: an anchor is gone, unreadable or damaged
    8  witnesses-not-asked: a witness could not be asked, or too few cosigned
    9  vouched-by-nobody: consistent in itself, nothing to compare it with
    0  verified
    """  # noqa: D301 - the backslash is for click: these lines stay as they are
    from scp_cli.connecting import opened_ledger

    with opened_ledger() as (conninfo, settings):
        found, held = checked(conninfo, settings, checkpoint=checkpoint, trust=trust, pin=_pinned(pin))
    if how is Format.TABLE:
        write("".join(f"{line}\n" for line in told(found, held)))
    elif how is Format.JSON:
        write(as_json(_as_row(found, held)))
    else:
        show([_as_row(found, held)], how, {})
    if found.outcome.code:
        raise typer.Exit(found.outcome.code)


def _pinned(said: str | None) -> Pin | None:
    """Return what was pinned: a line, or the last one of a file."""
    from scp_events.ledger.log.holding import Pin, PinError

    if said is None:
        return None
    try:
        path = Path(said)
        lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else [said]
        return Pin.parse(next((line for line in reversed(lines) if line.strip()), ""))
    except (PinError, UnicodeDecodeError) as error:
        raise typer.BadParameter(str(error), param_hint="--pin") from None


def checked(
    conninfo: str,
    settings: LedgerSettings,
    *,
    checkpoint: bool,
    trust: Path | None = None,
    pin: Pin | None = None,
) -> tuple[Verified, Held]:
    """Verify the log, what is new included; return what was found, and what it was compared with."""
    import psycopg

    from scp_events.ledger.log.holding import held_by
    from scp_events.ledger.log.verifying import verify as verify_log

    if checkpoint:
        cover(conninfo, settings)  # what contradicts the log is found below, with all else
    with psycopg.connect(conninfo, autocommit=True) as connection:
        held = held_by(connection, settings, trust, pin)
    with progress("verifying") as bar:
        found = verify_log(conninfo, held, bar)
    return found.besides(asked(conninfo, held, found)), held


def cover(conninfo: str, settings: LedgerSettings) -> str | None:
    """Cover what is new by a checkpoint, where we may; return what an anchor says against this log."""
    from scp_events.ledger.log.anchors import AnchorError
    from scp_events.ledger.log.keeping import EXPECTED, checkpoint_now
    from scp_events.ledger.log.startup import StaleLogError

    try:
        checkpoint_now(conninfo, settings)
    except StaleLogError as stale:
        return str(stale)
    except (AnchorError, OSError, *EXPECTED) as error:
        remark(f"scp-events: no checkpoint was made: {error}")
    return None


def asked(conninfo: str, held: Held, found: Verified) -> list[Finding]:
    """Ask the witnesses whether they know more of this log; not about one that is not its own any more."""
    import psycopg

    from scp_events.ledger.log.outcomes import Finding, Outcome
    from scp_events.ledger.log.startup import ask_witnesses

    if not held.trust.witnesses or not found.pin:
        return []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        replies = ask_witnesses(connection, replace(held.trust, logs=found.signed_by)).values()
    return [
        Finding(Outcome.CONTRADICTED, f"{each.name} {each.contradiction}", name=each.name)
        if each.contradiction
        else Finding(Outcome.WITNESSES_NOT_ASKED, f"{each.name} {each.problem}", name=each.name)
        for each in replies
        if not each.agrees
    ]


# --- what is said of it -----------------------------------------------------------------------------------


def told(found: Verified, held: Held) -> list[str]:
    """Say what was found in lines for people; the last one is the line to pin."""
    from scp_events.ledger.log.not_claimed import NOT_CLAIMED

    lines = [_said(finding) for finding in found.findings]
    if found.is_consistent:
        lines = [*_numbers(found), *lines]
    lines.append(f"Compared with: {', '.join(held.named) or 'nothing of yours'}.")
    lines.append(f"Not claimed: {'; '.join(each.what for each in NOT_CLAIMED)}.")
    code = found.outcome.code
    lines.append(f"Outcome: {found.outcome}, {found.outcome.says} (exit code {code}).")
    if found.pin:
        lines += ["Keep the last line, and give it to --pin another time:", found.pin.line]
    return lines


def _numbers(found: Verified) -> list[str]:
    from scp_events.ledger.format.paper import format_for_paper
    from scp_events.ledger.log.outcomes import Outcome

    later = found.head - found.size
    word = "Verified" if found.outcome is Outcome.VERIFIED else "Consistent in itself"
    lines = [
        f"{word}: {format_for_paper(found.size, found.root)}.",
        f"Every event, copy, tile and count is as it was signed; {found.anchors} checkpoints agree.",
    ]
    if later > 0:
        lines.append(f"Nobody can vouch for the last {later} events: no checkpoint covers them yet.")
    return lines


def _said(finding: Finding) -> str:
    from scp_events.ledger.log.outcomes import Outcome

    if finding.outcome is Outcome.ALTERED and finding.position is not None:
        return f"WRONG from position {finding.position} on: {finding.says}"
    return f"{finding.outcome.upper()}: {finding.says}"


def _as_row(found: Verified, held: Held) -> dict[str, object]:
    from scp_events.ledger.log.not_claimed import NOT_CLAIMED

    return {
        "outcome": found.outcome,
        "exit_code": found.outcome.code,
        "findings": [finding._asdict() for finding in found.findings],
        "size": found.size,
        "root": found.root.hex(),
        "first_wrong_position": found.first_wrong,
        "wrong": found.wrong,
        "head": found.head,
        "not_covered": max(found.head - found.size, 0),
        "anchors_agreeing": found.anchors,
        "compared_with": list(held.named),
        "pin": found.pin.line if found.pin else None,
        "not_claimed": [each._asdict() for each in NOT_CLAIMED],
    }
