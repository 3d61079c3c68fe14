"""Whatever a stranger sends, others are answered as ever, and the stranger is gone after the time-out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from time import monotonic
from urllib.parse import urlsplit

import pytest

from scp_events.runtime.http_limits import Patience
from tests.runtime.attackers import attacking
from tests.services.test_api_service import Service, Somebody, serving_anew

pytestmark = pytest.mark.faults

LATEST = Patience().head + 10.0
"""By when a slow client is gone, on a machine that has other things to do."""
SHORT_P99, LONG_P99 = 0.5, 0.1
"""Seconds. The short form runs beside other tests, which are not what it measures."""


@pytest.fixture(scope="module")
def api(
    postgres_server: str, log_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with serving_anew(postgres_server, log_template, tmp_path_factory) as service:
        yield service


def attacked(api: Service, kind: str, size: int) -> tuple[dict[str, object], float]:
    """Return what became of an attacker, and within how many seconds 99 in 100 others were answered."""
    port = urlsplit(api.url).port
    assert port is not None
    supervisor, waits = api.somebody(), list[float]()
    _ask(supervisor)
    with attacking(kind, port, size) as attacker:
        while attacker.poll() is None or len(waits) < 100:
            waits.append(_ask(supervisor))
        assert attacker.stdout is not None
        said: dict[str, object] = json.loads(attacker.stdout.read())
    p99 = sorted(waits)[len(waits) * 99 // 100]
    print(f"{kind} {size}: others {len(waits)}, p99 {p99 * 1000:.1f} ms, {said}")  # noqa: T201 - measured
    return said, p99


def _ask(somebody: Somebody) -> float:
    began = monotonic()
    assert somebody.get("/cases").status_code == 200
    return monotonic() - began


SHORT = {"one-header": 20, "headers": 100, "slow": 300}
LONG = {"one-header": 100, "headers": 1000, "slow": 2000}


@pytest.mark.parametrize("kind", ["one-header", "headers"])
def test_a_head_without_an_end_is_cut_off_while_others_are_answered(api: Service, kind: str) -> None:
    _cut_off(api, kind, SHORT[kind], SHORT_P99)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["one-header", "headers"])
def test_100_megabytes_and_a_million_headers_keep_nobody_waiting(api: Service, kind: str) -> None:
    _cut_off(api, kind, LONG[kind], LONG_P99)


def _cut_off(api: Service, kind: str, size: int, at_most: float) -> None:
    said, p99 = attacked(api, kind, size)
    assert said["answer"] in ("HTTP/1.1 431 Request Header Fields Too Large", "")
    assert isinstance(said["sent"], int)
    assert said["sent"] < 16 * 1024 * 1024, "more is what the system took on its way to us"
    assert p99 < at_most
    assert api.process.poll() is None


def test_slow_clients_are_gone_after_the_time_out_and_kept_nobody_waiting(api: Service) -> None:
    _outwaited(api, SHORT["slow"], SHORT_P99)


@pytest.mark.long
def test_2000_slow_clients_are_gone_after_the_time_out_and_kept_nobody_waiting(api: Service) -> None:
    _outwaited(api, LONG["slow"], LONG_P99)


def _outwaited(api: Service, connections: int, at_most: float) -> None:
    said, p99 = attacked(api, "slow", connections)
    assert said["ended"] == connections
    assert isinstance(said["longest"], float)
    assert said["longest"] < LATEST
    assert p99 < at_most
    assert _connections(api) <= 1, "the supervisor's"


def _connections(api: Service) -> int:
    """Return how many connections the service has, as the system says."""
    port = urlsplit(api.url).port
    lines = subprocess.run(
        ["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True, timeout=20
    ).stdout.splitlines()
    return sum(f"0100007F:{port:04X}" == line.split()[1] and line.split()[3] == "01" for line in lines[1:])
