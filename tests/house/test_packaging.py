from __future__ import annotations

import tomllib
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


CONTRACTS = ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")


def services() -> set[str]:
    return {package.parent.name for package in ROOT.glob("services/*/__init__.py")}


def test_every_service_is_in_the_wheel() -> None:
    listed = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert listed == {"src/scp_events"} | {f"services/{name}" for name in services()}


def test_every_service_is_type_checked_and_layered() -> None:
    assert (
        set(PROJECT["tool"]["mypy"]["packages"])
        == {"scp_events", "benchmarks", "examples.generate"} | services()
    )
    assert services() <= floors()
    assert services() == set(CONTRACTS["importlinter:contract:services"]["modules"].split())


def floors() -> set[str]:
    """Return what has its floor in the house."""
    return set(CONTRACTS["importlinter:contract:floors"]["layers"].replace("|", " ").split())


def test_every_room_is_on_a_floor() -> None:
    house = ROOT / "src" / "scp_events"
    rooms = {path.parent.name for path in house.glob("*/__init__.py")} | {
        path.stem for path in house.glob("*.py") if path.stem != "__init__"
    }
    assert {f"scp_events.{room}" for room in rooms} == floors() - services()


def test_no_room_is_named_for_nothing() -> None:
    nothing = {"utils", "util", "common", "helpers", "helper", "core", "base", "shared", "misc"}
    rooms = {path.stem for path in (*ROOT.glob("src/**/*.py"), *ROOT.glob("services/**/*.py"))}
    assert not rooms & nothing


def test_requirements_are_hashed_and_name_no_registry() -> None:
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pinned = [line for line in text.splitlines() if "==" in line]
        assert pinned
        assert all(line.rstrip().endswith("\\") for line in pinned), "every pin is followed by its hashes"
        assert "://" not in text
        assert "--index" not in text
