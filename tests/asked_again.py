"""What one run skipped, another asks: so that on two machines together every test is asked, and none in vain.

`--skipped-to FILE` writes the names of the tests that were skipped; `--only FILE` asks those, and no others.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer both."""
    parser.addoption(
        "--skipped-to", type=Path, metavar="FILE", help="write the names of skipped tests to FILE"
    )
    parser.addoption(
        "--only", type=Path, metavar="FILE", help="ask only the tests that FILE names, one a line"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Listen where every report arrives: in the process that the workers report to."""
    file: Path | None = config.getoption("--skipped-to")
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Skipped(file), "skipped")


class _Skipped:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._names: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self._names.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self._file.write_text("".join(f"{name}\n" for name in sorted(self._names)), encoding="utf-8")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the file does not name. Raises where it names what is not there: it would go unasked."""
    file: Path | None = config.getoption("--only")
    if file is None:
        return
    names = set(file.read_text(encoding="utf-8").splitlines())
    if gone := names - {item.nodeid for item in items}:
        raise pytest.UsageError(f"{file} names what is not there, such as {min(gone)}: ask all of them")
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
    items[:] = [item for item in items if item.nodeid in names]
