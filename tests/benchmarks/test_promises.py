"""Every benchmark runs, and gives the ratios others rely on."""

from __future__ import annotations

from contextlib import ExitStack
from importlib import import_module

import pytest

from benchmarks.program import Run
from tests.own_server import own_server

TASKS = {f"append_{n}_asyncio_vs_library" for n in (4, 8, 16, 64)}
PROMISED: dict[str, set[str]] = {
    "append": TASKS
    | {
        "append_1_vs_library",
        "append_16_asyncio_vs_insert",
        "append_16_asyncio_vs_pgbench",
        "append_16_asyncio_p99_vs_library",
        "append_16_1ms_vs_library",
        "append_2x8_processes_vs_library",
    },
    "http": {"http_vs_library", "http_vs_no_store", "http_decision_vs_library"},
    "lag": {"lag_p99_vs_library"},
    "opening": {"open_100_vs_library", "open_100_cold_vs_library", "open_100_sealed_vs_library"},
    "importing": {"import_growth", "import_again_vs_first", "import_dry_vs_first"},
    "growth": {"growth_append", "growth_open"},
    "catching_up": {"catch_up_vs_library"},
    "encrypted_fields": {"encode_sealed_vs_plain", "decode_sealed_vs_plain"},
    "costs": {"client_16_vs_insert", "server_16_vs_insert"},
    "tree_writing": {"seal_vs_append"},
    "verifying": {"verify_vs_fetch"},
    "matching": {"match_vs_solver"},
}


@pytest.mark.long  # half a minute together: programs are started, and logs are filled
@pytest.mark.once  # what it measures with is not in the wheel
@pytest.mark.parametrize("benchmark", PROMISED)
def test_a_benchmark_gives_the_ratios_it_promises(benchmark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(f"benchmarks.{benchmark}")
    if benchmark == "growth":
        monkeypatch.setattr(module, "SIZES", (10_000, 20_000, 30_000))
    if benchmark == "importing":
        monkeypatch.setattr(module, "SIZES", (100, 300, 500))
    with own_server() as own, ExitStack() as opened:  # what its processes use is measured too
        ratios = module.compare(Run(own.conninfo, opened, seconds=0.02, number_of_rounds=1))
    assert PROMISED[benchmark] <= {name for name, ratio in ratios.items() if ratio is not None and ratio > 0}
