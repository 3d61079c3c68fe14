"""`scp-events keys`: how the keyring stands, and ending what older copies of it are good for."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

import typer

from scp_cli.output import Format, Shown, progress, remark, show

app = typer.Typer(
    help="Keep the keys of personal data: status, rotate, retire.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

EPOCHS = {
    "epoch": "epoch",
    "began_at": "began",
    "retired_at": "retired",
    "keys": "keys on it",
    "destroyed_keys": "destroyed while on it",
}


@app.command()
def status(*, how: Shown = Format.TABLE) -> None:
    """Show the epochs, and how many keys are wrapped by each.

    A key that was destroyed is gone for ever once the epoch it was on is retired: until then a backup made
    before brings it back.
    """
    from scp_cli.connecting import opened_log

    with opened_log() as log:
        epochs = log.keyring.epochs()
        remark(f"scp-events: the epochs' own keys are in {log.keyring.home.name}")
    show([{name: getattr(each, name) for name in EPOCHS} for each in epochs], how, EPOCHS)


@app.command()
def rotate() -> None:
    """Begin a new epoch and wrap every key anew; or finish a rotation that was interrupted."""
    from scp_cli.connecting import opened_log

    with opened_log() as log, progress("wrapping keys anew") as bar:
        epoch = log.keyring.rotate(bar)
    remark(
        f"scp-events: every key is on epoch {epoch}; `scp-events keys retire` makes earlier copies useless"
    )


@app.command()
def retire() -> None:
    """Destroy the keys of all epochs but the current one, for ever.

    Refused while a key is on one of them, and while any file in SCP_HOME, beside the keyring, or written by
    this program of somebody, holds the key of such an epoch: it is named. From then on, backups made before
    the last rotation hold nothing personal that could be read.
    """
    from scp_cli.connecting import opened_log
    from scp_events.privacy.copies import written_here
    from scp_events.runtime.settings import ServiceSettings

    with opened_log() as log:
        home = ServiceSettings().home.expanduser()
        retired = log.keyring.retire([home, *written_here(log.conninfo)])
    named = ", ".join(map(str, retired))
    remark(
        f"scp-events: retired epoch {named}"
        if retired
        else "scp-events: there was no earlier epoch to retire"
    )
