from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.services.cli_run import scp

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_the_demo_prints_what_the_readme_shows(log_database: str, tmp_path: Path) -> None:
    ran = scp("demo", database=log_database, SCP_HOME=str(tmp_path))
    assert ran.code == 0, ran.err
    shown = blocks("text")
    assert shown
    for block in shown:
        assert block in ran.out


@pytest.mark.parametrize("target", re.findall(r"`?make ([a-z]+)`?", README))
def test_every_make_target_of_the_readme_is_there(target: str) -> None:
    dry = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize("command", sorted(set(re.findall(r"^scp ([a-z]+)", README, flags=re.MULTILINE))))
def test_every_command_of_the_readme_is_there(command: str) -> None:
    assert scp(command, "--help", database="").code == 0


@pytest.mark.parametrize("page", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_every_page_the_readme_points_to_is_there(page: str) -> None:
    assert (ROOT / page).exists()
