"""`make check` fails where it should: a copy of the house is broken in one place, and the check names it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once  # the wheel holds no house to break
ROOT = Path(__file__).parents[2]
PARTS = ("src", "services", "tests", "docs", "requirements", "benchmarks")
FILES = ("pyproject.toml", ".importlinter")
INSTALLED = shutil.ignore_patterns("__pycache__", ".venv", "node_modules")
REFERRAL = "src/scp_events/aggregates/referral"


class House:
    """A copy of the checkout that may be broken."""

    def __init__(self, root: Path, server: str) -> None:
        self.root = root
        self._server = server
        for part in PARTS:
            shutil.copytree(ROOT / part, root / part, ignore=INSTALLED)
        for file in FILES:
            shutil.copy(ROOT / file, root / file)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace the first `old` in a file, which must be there."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} no longer says {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def check(self, *command: str) -> tuple[int, str]:
        """Run one of the checks on the copy; return its exit code and what it said."""
        path = os.pathsep.join(str(self.root / part) for part in ("src", "services", "."))
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": path, "SCP_TEST_DATABASE_URL": self._server},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


LINT_IMPORTS = (
    "-c",
    "from importlinter.cli import lint_imports_command as run; run()",
    "--no-logo",
    "--no-cache",
)
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


@pytest.fixture
def house(tmp_path: Path, postgres_server: str) -> House:
    return House(tmp_path / "house", postgres_server)


def add_an_event(house: House) -> None:
    events = f"{REFERRAL}/events.py"
    house.change(
        events,
        "\n\nReferralEvent: TypeAlias = (",
        '\n\nclass ReferralRevived(Event):\n    """Came back."""\n\n    TITLE = "Referral came back"\n'
        '    type: Literal["referral.revived"] = "referral.revived"\n\n\nReferralEvent: TypeAlias = (',
    )
    house.change(events, "    | ReferralSubmitted\n", "    | ReferralSubmitted\n    | ReferralRevived\n")


def test_an_event_that_no_state_remembers_is_named(house: House) -> None:
    add_an_event(house)
    code, said = house.check("-m", "mypy", "-p", "scp_events.aggregates", "--cache-dir", os.devnull)
    assert code != 0
    assert 'Argument 1 to "assert_never" has incompatible type "ReferralRevived"' in said


def test_an_event_that_no_projection_has_thought_of_is_named(house: House) -> None:
    add_an_event(house)
    code, said = house.check(*PYTEST, "tests/projections/test_statements.py")
    assert code != 0
    assert "ReferralRevived" in said


def test_a_statement_that_names_a_field_its_event_lacks_is_named(house: House) -> None:
    house.change("src/scp_events/projections/referrals.py", "%(programme)s", "%(programm)s")
    code, said = house.check(*PYTEST, "tests/projections/test_statements.py")
    assert code != 0
    assert "programm" in said


def test_a_service_that_imports_another_is_named(house: House) -> None:
    house.change("services/scp_api/__init__.py", '"""\n', '"""\n\nimport scp_cli\n')
    code, said = house.check(*LINT_IMPORTS)
    assert code != 0
    assert "Services never import each other BROKEN" in said
    assert "scp_api -> scp_cli" in said


def test_an_import_that_goes_upwards_is_named(house: House) -> None:
    house.change(
        f"{REFERRAL}/rules.py",
        "from scp_events.vocabulary",
        "import scp_events.event_log\nfrom scp_events.vocabulary",
    )
    code, said = house.check(*LINT_IMPORTS)
    assert code != 0
    assert "Imports go downwards only BROKEN" in said


def test_an_aggregate_that_looks_into_another_is_named(house: House) -> None:
    house.change(
        f"{REFERRAL}/rules.py",
        "from scp_events.vocabulary",
        "import scp_events.aggregates.consent.rules\nfrom scp_events.vocabulary",
    )
    code, said = house.check(*LINT_IMPORTS)
    assert code != 0
    assert "Aggregates know of each other what happened, and nothing else BROKEN" in said


def test_a_word_the_glossary_lacks_is_named(house: House) -> None:
    house.change("docs/GLOSSARY.md", "| `referral.drafted` |", "| `referral.draughted` |")
    code, said = house.check(*PYTEST, "tests/house/test_pages.py")
    assert code != 0
    assert "referral.drafted" in said
    assert house.check("docs/draw.py", "--check")[0] == 1


def test_a_change_of_the_published_language_is_named(house: House) -> None:
    house.change(f"{REFERRAL}/events.py", "    route: Code\n", "    route: Code\n    urgency: Code\n")
    code, said = house.check(*PYTEST, "tests/house/test_language.py")
    assert code != 0
    assert "the events changed" in said


def test_the_imports_of_the_house_as_it_is_are_in_order(house: House) -> None:
    assert house.check(*LINT_IMPORTS)[0] == 0
