"""Cases and reports as documents: whatever is in them, others' checkers find nothing wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkers import missed_rules, violations
from tests.chromium import Page, browser
from tests.conftest import database
from tests.services.cli_run import scp
from tests.services.told_cases import EXAMPLES, documents, write_cases, write_mistakes

pytestmark = pytest.mark.once  # the same pages; test_cli_case_file writes them from the wheel

WIDE, NARROW = 1280, 320
"""The second is the first, four times as large: what is read without scrolling in two directions."""
EXAMPLE = EXAMPLES / "second-chance"
BROKEN = r"""
(() => {
  const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; text = texts.nextNode();)
    for (const found of text.data.matchAll(/SC-\d{4}-\d{3}|\d{4}-\d\d-\d\d|kw-juniper/g)) {
      const range = new Range();
      range.setStart(text, found.index);
      range.setEnd(text, found.index + found[0].length);
      if (range.getClientRects().length > 1) broken.push(found[0]);
    }
  return broken;
})()
"""
"""References, dates and codes of a page that stand on two lines."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documents")


@pytest.fixture(scope="module")
def told(postgres_server: str, log_template: str, place: Path) -> Iterator[str]:
    """Yield how to connect to a log of cases that are hard to draw."""
    with database(postgres_server, log_template) as conninfo:
        write_cases(conninfo, place)
        yield conninfo


@pytest.fixture(scope="module")
def pages(told: str, place: Path) -> list[Path]:
    """Return a page of each case, and reports of imports."""
    reports = [place / "mistakes.html", place / "example.html"]
    for folder, report in zip((write_mistakes(place / "sheets"), EXAMPLE), reports, strict=True):
        ran = scp("import", str(folder), "--dry-run", "--report", str(report), database=told)
        assert report.exists(), ran.err
    return [*documents(told, place, "html"), *reports]


@pytest.fixture(scope="module")
def page(place: Path) -> Iterator[Page]:
    with browser(place) as opened:
        yield opened


def test_a_pdf_misses_no_rule_of_pdf_ua(told: str, place: Path) -> None:
    files = documents(told, place, "pdf")
    assert missed_rules(files) == {file.name: [] for file in files}


@pytest.mark.parametrize(
    ("media", "scheme", "width"),
    [("screen", "light", WIDE), ("screen", "dark", NARROW), ("print", "light", WIDE)],
)
def test_axe_finds_nothing_wrong_with_a_page(
    pages: list[Path], page: Page, media: str, scheme: str, width: int
) -> None:
    found = {}
    for file in pages:
        page.show(file, media=media, scheme=scheme, width=width)
        found[file.name] = violations(page, unsure=width == WIDE)  # of what is scrolled away axe is
    assert found == {file.name: [] for file in pages}


def test_a_page_loads_nothing_and_its_own_policy_refuses_nothing_of_it(pages: list[Path], page: Page) -> None:
    for file in pages:
        page.show(file)
        assert page.complaints() == [], file.name
        assert page.comes_to("performance.getEntriesByType('resource').length") == 0
        assert page.comes_to("getComputedStyle(document.body).fontFamily").startswith("system-ui"), file.name


def test_a_page_fits_a_narrow_screen(pages: list[Path], page: Page) -> None:
    for file in pages:
        page.show(file, width=NARROW)
        assert page.comes_to("document.documentElement.scrollWidth") <= NARROW, file.name


def test_a_reference_or_a_date_is_never_broken_over_two_lines(pages: list[Path], page: Page) -> None:
    for width in range(NARROW, 700, 20):
        page.show(pages[0], width=width)
        assert page.comes_to(BROKEN) == []
