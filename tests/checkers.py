"""What others made to judge documents: veraPDF (PDF/UA) and axe-core (accessible pages)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests.chromium import Page
from tests.jars import Jars, NoJars
from tests.needs import need

JARS = Jars(Path(__file__).parents[1] / "deploy" / "test-documents")
PATIENCE = 300
RUN = "axe.run(document, {resultTypes: ['violations', 'incomplete']})"


def _jar(name: str) -> Path:
    """Return a jar; skip the test where it is not to be had."""
    try:
        JARS.fetch()
    except NoJars as missing:
        need(None, f"{name} ({str(missing).splitlines()[0]})", "install Java 17 or later and Maven")
    [found] = JARS.lib.glob(f"{name}-*.jar")
    return found


def missed_rules(files: Iterable[Path]) -> dict[str, list[str]]:
    """Return which rules of PDF/UA-1 each file misses, as veraPDF finds; of each file, by its name."""
    command = ["java", "-Xmx512m", "-jar", str(_jar("cli")), "--flavour", "ua1", "--format", "json"]
    ran = subprocess.run(
        [*command, *map(str, files)], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert ran.stdout, ran.stderr
    return {
        Path(job["itemDetails"]["name"]).name: _missed(job)
        for job in json.loads(ran.stdout)["report"]["jobs"]
    }


def _missed(job: dict[str, Any]) -> list[str]:
    if "validationResult" not in job:
        return [f"it cannot be read: {job['taskException']['exceptionMessage']}"]
    [result] = job["validationResult"]
    missed = [
        f"{rule['specification']} {rule['clause']}: {rule['description']}"
        for rule in result["details"]["ruleSummaries"]
    ]
    assert result["compliant"] is not bool(missed)
    return missed


def violations(page: Page, *, unsure: bool = True) -> list[str]:
    """Return what axe finds wrong with a page that is shown, and where it is `unsure`, which it says, too."""
    with ZipFile(_jar("playwright")) as jar:
        page.comes_to(jar.read("axe.min.js").decode() + "; undefined")
    found = page.comes_to(RUN)
    assert "color-contrast" in {each["id"] for each in found["passes"]}
    return [
        f"{each['id']}: {each['help']}: {node['html']}"
        for kind in ("violations", *(["incomplete"] if unsure else []))
        for each in found[kind]
        for node in each["nodes"]
    ]
