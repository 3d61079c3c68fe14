"""An invented organisation's sheets: its own headers, words and references. Nobody in them exists."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import xlsxwriter

CLIENTS: list[list[Any]] = [
    ["Riverside Youth: register of young people"],
    [],
    [
        "Client no.",
        "First name",
        "Surname",
        "DOB",
        "Registered",
        "Language",
        "Parent/carer",
        "Key worker",
        "House rules signed",
        "Shoe size",
    ],
    [
        "2025/014",
        "Pepper",
        "Willowbrook",
        date(2009, 11, 23),
        date(2025, 3, 3),
        "en",
        "Aunt Persimmon",
        "MB",
        date(2025, 3, 5),
        38,
    ],
    [
        "2025/015",
        "Fern",
        "Applegate",
        date(2010, 2, 14),
        date(2025, 3, 10),
        "en",
        "",
        "TH",
        date(2025, 3, 12),
        40,
    ],
    ["2025/7", "Basil", "Underhill", date(2008, 6, 1), date(2025, 1, 20), "es", "Mr Mallow", "MB", "", 43],
]
TEAM: list[list[Any]] = [
    ["Initials", "Name", "Job title", "Phone"],
    ["MB", "Marigold Birch", "Youth worker", "555-0101"],
    ["TH", "Tamarind Hill", "Youth worker", "555-0102"],
    ["RO", "Rowan Oak", "Team leader", "555-0103"],
]
CONTACT_LOG: list[list[str]] = [
    ["Client no.", "Date", "Worker", "Type", "Attended?", "Mins", "Comments", "Mood"],
    ["2025/014", "13/03/2025", "MB", "Home visit", "Yes", "45", "Talked about the garden.", "4"],
    ["2025/014", "20/03/2025", "MB", "Phone call", "Yes", "10", "Rang about Saturday.", "3"],
    ["2025/014", "27/03/2025", "MB", "Home visit", "DNA", "", "", ""],
    ["2025/015", "14/03/2025", "TH", "Kick-about", "Yes", "60", "Played; then talked.", "5"],
    ["2025/015", "21/03/2025", "TH", "Phone call", "cancelled by us", "", "", ""],
]
BUDGET: list[list[Any]] = [["Item", "Cost"], ["Footballs", 40], ["Bus fares", 120]]
LAWS = [
    ["code", "instrument", "act", "section", "valid_from", "valid_to"],
    ["rules", "statute", "Example Youth Act", "s. 4", "2015-01-01", ""],
]


def write_colleagues_sheets(directory: Path) -> Path:
    """Write the sheets as they are kept."""
    directory.mkdir(exist_ok=True)
    write_workbook(directory / "Register.xlsx", {"Clients": CLIENTS, "Team": TEAM})
    write_text(directory / "Contact log.csv", CONTACT_LOG, ";")
    write_text(directory / "Budget.csv", BUDGET, ";")
    write_text(directory / "legal-bases.csv", LAWS, ",")
    return directory


def write_text(path: Path, rows: list[list[Any]], delimiter: str) -> None:
    """Write a text file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def write_workbook(
    path: Path, worksheets: dict[str, list[list[Any]]], hide: str = "", merged: dict[str, str] | None = None
) -> None:
    """Write a workbook with Excel's own days; `merged` are cells of its first worksheet, with their text."""
    with xlsxwriter.Workbook(path) as workbook:
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in worksheets.items():
            page = workbook.add_worksheet(name)
            if name == hide:
                page.hide()
            for line, row in enumerate(rows):
                for place, value in enumerate(row):
                    if isinstance(value, date):
                        page.write_datetime(line, place, value, day)
                    else:
                        page.write(line, place, value)
        for cells, said in (merged or {}).items():
            workbook.worksheets()[0].merge_range(cells, said)
