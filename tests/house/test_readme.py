from __future__ import annotations

import inspect
import re
import subprocess
from pathlib import Path

import pytest

from scp_cli.serving import serve
from tests.services.cli_run import scp

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_asks_where_the_service_listens() -> None:
    [address] = set(re.findall(r"http://(127[.0-9]+:\d+)", README))
    told = inspect.signature(serve).parameters
    assert address == f"{told['host'].default}:{told['port'].default}"


@pytest.mark.parametrize("target", re.findall(r"`?make ([a-z]+)`?", README))
def test_every_make_target_of_the_readme_is_there(target: str) -> None:
    dry = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"^scp-events ([a-z]+)", README, flags=re.MULTILINE)))
)
def test_every_command_of_the_readme_is_there(command: str) -> None:
    assert scp(command, "--help", database="").code == 0


@pytest.mark.parametrize("page", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_every_page_the_readme_points_to_is_there(page: str) -> None:
    assert (ROOT / page).exists()
