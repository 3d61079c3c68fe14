"""Jars are fetched once, all of them or none."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.jars import Jars, NoJars


@pytest.fixture
def jars(tmp_path: Path) -> Jars:
    (tmp_path / "pom.xml").write_text("<project/>")
    return Jars(tmp_path)


@pytest.fixture
def maven(jars: Jars, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Stand in for Maven: `maven("exit 1")` is one that fails. It returns where the calls are listed."""
    programs, calls = jars.home / "bin", jars.home / "calls"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)

    def stand_in(end: str) -> Path:
        lines = ["#!/bin/sh", f"echo called >> {calls}", f"mkdir {jars.lib}", f"touch {jars.lib}/a.jar", end]
        for name in ("java", "mvn"):
            (programs / name).write_text("\n".join(lines))
            (programs / name).chmod(0o755)
        return calls

    return stand_in


def test_jars_are_fetched_once(jars: Jars, maven: Callable[[str], Path]) -> None:
    calls = maven("exit 0")
    with ThreadPoolExecutor() as pool:
        for _ in range(4):
            pool.submit(jars.fetch)
    assert jars.are_there()
    assert calls.read_text() == "called\n"


def test_an_interrupted_fetch_is_not_a_complete_one(jars: Jars, maven: Callable[[str], Path]) -> None:
    maven("echo no network; exit 1")
    with pytest.raises(NoJars, match="no network"):
        jars.fetch()
    assert (jars.lib / "a.jar").exists()
    assert not jars.are_there()

    maven("exit 0")
    jars.fetch()
    assert jars.are_there()


def test_another_version_is_fetched_anew(jars: Jars, maven: Callable[[str], Path]) -> None:
    calls = maven("exit 0")
    jars.fetch()
    jars.pom.write_text("<project><!-- another --></project>")
    assert not jars.are_there()
    jars.fetch()
    assert calls.read_text() == "called\ncalled\n"
