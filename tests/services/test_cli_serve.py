"""`scp-events serve` runs services as processes of their own: they start together and end together."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.services.cli_run import scp, scp_process

WAITING = """
import signal, sys, time
def stop(*_):
    open({name!r} + ".stopped", "w").close()
    sys.exit()
signal.signal(signal.SIGTERM, stop)
open({name!r} + ".started", "w").close()
time.sleep(60)
"""
ENDING = "raise SystemExit(7)\n"
SUPERVISE = """
import os, sys
from scp_cli import serving, starting
starting.begin()
sys.exit(serving.supervise(['one', 'other'], os.environ))
"""


def supervisor(directory: Path) -> subprocess.Popen[str]:
    """Start the supervision of two services that live in `directory`."""
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            SUPERVISE,
        ],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(directory), os.environ.get("PYTHONPATH", "")])},
        stderr=subprocess.PIPE,
        text=True,
    )


def until_there(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_when_one_service_ends_the_other_is_ended_too(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text(WAITING.format(name=str(tmp_path / "one")))
    (tmp_path / "other.py").write_text(ENDING)
    process = supervisor(tmp_path)
    said = process.communicate(timeout=30)[1]
    assert process.returncode == 1
    assert "other ended by itself with code 7" in said


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_services(tmp_path: Path, name: signal.Signals) -> None:
    for service in ("one", "other"):
        (tmp_path / f"{service}.py").write_text(WAITING.format(name=str(tmp_path / service)))
    process = supervisor(tmp_path)
    for service in ("one", "other"):
        until_there(tmp_path / f"{service}.started")
    process.send_signal(name)
    assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 0
    assert all((tmp_path / f"{service}.stopped").exists() for service in ("one", "other"))


def test_serve_answers_over_http_and_stops_when_asked(log_database: str, tmp_path: Path) -> None:
    port = free_port()
    process = scp_process(
        "serve", "--port", str(port), database=log_database, SCP_HOME=str(tmp_path), PYTHONWARNINGS="default"
    )
    try:
        assert answers(f"http://127.0.0.1:{port}/livez", process)
    finally:
        process.terminate()
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 0, said
    assert "Traceback" not in said


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def answers(url: str, process: subprocess.Popen[str]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def test_serve_trusts_this_machine_only_where_nobody_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from scp_cli.serving import environment  # noqa: PLC0415 - beside what it says

    for name in ("SCP_ISSUER", "SCP_DEVELOPMENT"):
        monkeypatch.delenv(name, raising=False)
    assert environment("127.0.0.1", 8080)["SCP_DEVELOPMENT"] == "1"
    monkeypatch.setenv("SCP_ISSUER", "https://issuer.example")
    assert "SCP_DEVELOPMENT" not in environment("127.0.0.1", 8080)


def test_the_command_line_imports_no_other_service() -> None:
    asked = "import sys, pkgutil, importlib, scp_cli\n"
    each = "for m in pkgutil.walk_packages(scp_cli.__path__, 'scp_cli.'): importlib.import_module(m.name)\n"
    told = "print(*sorted({n.partition('.')[0] for n in sys.modules if n.startswith('scp_')}))"
    ran = subprocess.run(
        [sys.executable, "-c", asked + each + told], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["scp_cli", "scp_events"]


def test_a_token_is_data_and_a_bad_role_is_a_usage_error(log_database: str, tmp_path: Path) -> None:
    home = str(tmp_path)
    asked = ("token", "--by", "kw-juniper", "--role")
    token = scp(*asked, "key-worker", database=log_database, SCP_HOME=home)
    assert (token.code, token.err, token.out.count(".")) == (0, "", 2)
    refused = scp(*asked, "wizard", database=log_database, SCP_HOME=home)
    assert refused.code == 2
    assert "role" in refused.err
