"""`scp-events witness` and `scp-events ledger`: a witness for other people's logs, and the keys of both."""

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that `scp-events --help` is quick

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from scp_cli.output import Format, Shown, remark, show, write

witness = typer.Typer(
    help="Cosign other people's checkpoints, so that nobody can show two histories.", rich_markup_mode=None
)
ledger = typer.Typer(help="What the log itself signs with.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="What the key is called, such as court.example/witness: no spaces, no plus."
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        envvar="SCP_WITNESS_HOME",
        help="Where the witness keeps what is its own; by default `witness` in SCP_HOME.",
        show_default=False,
    ),
]


@witness.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    *,
    home: Home = None,
    host: Annotated[str, typer.Option(envvar="SCP_WITNESS_HOST", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(envvar="SCP_WITNESS_PORT", min=0, max=65535, help="On which port.")
    ] = 8090,
) -> None:
    """Cosign the checkpoints of the logs listed in DIR/logs.

    Runs until Ctrl-C. Make its key first, with `scp-events witness keygen`.
    """
    if context.invoked_subcommand:
        context.obj = home
        return
    from scp_cli.serving import must_be_free, supervise

    must_be_free(host, port)

    told = {
        **os.environ,
        "SCP_WITNESS_HOME": str(_home(home)),
        "SCP_WITNESS_HOST": host,
        "SCP_WITNESS_PORT": str(port),
    }
    raise typer.Exit(supervise(("scp_witness",), told))


@witness.command("keygen")
def witness_keygen(context: typer.Context, name: Name, *, home: Home = None) -> None:
    """Make a new witness: its key, and the memory of having promised nothing.

    Prints the key by which others know its cosignatures: give it to the logs, and to whoever checks.
    """
    import secrets

    from scp_events.ledger.format.note import KEY_BYTES, KeyKind, Signer
    from scp_events.ledger.witness import promises

    directory = _home(home or context.obj)
    signer = Signer(name, KeyKind.COSIGNATURE, secrets.token_bytes(KEY_BYTES))
    promises.found(directory, signer)
    remark(
        f"scp-events: the secret is in {directory / promises.KEY}; list the logs it is for in"
        f" {directory / promises.LOGS}"
    )
    write(f"{signer.verifier.vkey}\n")


@witness.command("contradictions")
def witness_contradictions(context: typer.Context, *, home: Home = None, how: Shown = Format.TABLE) -> None:
    """List what logs have signed and the witness has refused, because it does not fit what it had cosigned.

    Two checkpoints of one size prove that the log has told two histories. One of another size was sent
    without a proof that fits: ask the log for the proof. As JSON, with the checkpoints as they were signed.
    """
    from scp_events.ledger.witness.contradictions import kept_in

    rows = [
        {
            "log": each.checkpoint.origin,
            "size": each.checkpoint.size,
            "cosigned": each.before.size if each.before else 0,
            "says": "two histories" if each.is_proof else "not shown to continue",
            "root": each.checkpoint.root.hex(),
            "at": each.at.isoformat(),
            "signed": each.signed,
            "before": each.cosigned,
        }
        for each in kept_in(_home(home or context.obj))
    ]
    show(rows, how, {each: each for each in ("log", "size", "cosigned", "says", "at")})


@ledger.command("keygen")
def ledger_keygen(
    name: Name,
    *,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            envvar="SCP_LEDGER_KEY",
            help="Where the secret goes; by default `ledger.key` in SCP_HOME.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the key that signs this log's checkpoints. NAME is what the log is called from then on.

    Prints the key by which others know its signatures: give it to the witnesses, and to whoever checks.
    """
    import secrets

    from scp_events.database.address import default_home
    from scp_events.ledger.format.note import KEY_BYTES, KeyKind, Signer
    from scp_events.ledger.key_files import LOG_KEY, write_key

    path = file or default_home() / LOG_KEY
    signer = Signer(name, KeyKind.NOTE, secrets.token_bytes(KEY_BYTES))
    write_key(path, signer)
    remark(f"scp-events: the secret is in {path}; whoever has it can sign in this log's name")
    write(f"{signer.verifier.vkey}\n")


@ledger.command("rotate")
def ledger_rotate(
    *,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Make the next key only, so that witnesses can be told.")
    ] = False,
) -> None:
    """Hand the log over to a new key, and destroy the secret of the old one.

    Both keys sign the hand-over, so whoever knows one of them knows the other. Prints the new key. Witnesses
    refuse its checkpoints until their operators have added it: tell them first, with --prepare.
    """
    import psycopg

    from scp_cli.connecting import opened_ledger
    from scp_events.ledger.key_files import KeyFileError
    from scp_events.ledger.log import rotation, startup
    from scp_events.ledger.log.anchors import AnchorFile

    with opened_ledger() as (conninfo, settings):
        if settings.key_file is None:
            raise KeyFileError("a log is handed over by whoever has its key: set SCP_LEDGER_KEY to its file")
        startup.prepare(conninfo, settings)
        startup.compare(conninfo, settings).must_not_contradict()
        with psycopg.connect(conninfo, autocommit=True) as connection:
            if prepare:
                remark("scp-events: the next key is made, and signs nothing before you rotate")
                key = rotation.next_key(connection, settings.key_file).verifier
            else:
                anchor = AnchorFile(settings.anchor_file) if settings.anchor_file else None
                done = rotation.rotate(connection, settings.key_file, anchor)
                key = done.new
                remark(
                    f"scp-events: it signs every checkpoint of more than {done.size} events; the old secret"
                    " is destroyed here: destroy its copies, too"
                )
    write(f"{key.vkey}\n")


@ledger.command("keys")
def ledger_keys(*, how: Shown = Format.TABLE) -> None:
    """List the keys the log has signed with and from which size on; as JSON, with the hand-overs."""
    import psycopg

    from scp_cli.connecting import opened_ledger
    from scp_events.ledger.log.log_key import known_keys

    with opened_ledger() as (conninfo, _), psycopg.connect(conninfo, autocommit=True) as connection:
        keys = known_keys(connection)
    if keys is None:
        rows = []
    else:
        sizes = (0, *(each.size + 1 for each in keys.hand_overs))
        rows = [
            {"key": key.vkey, "signs_from": size, "hand_over": note}
            for key, size, note in zip(keys.all, sizes, (None, *keys.notes), strict=True)
        ]
    show(rows, how, {"key": "key", "signs_from": "signs from"})


def _home(home: Path | None) -> Path:
    from scp_events.database.address import default_home

    return home or default_home() / "witness"
