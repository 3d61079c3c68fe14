"""Importing spreadsheets: what an organisation has today becomes events, each row once.

`import_directory` is the way in. `reading` turns files into lines, `sheets` lines into rows and rows into
commands, `questions` asks about days nobody can mean, `run` sends the commands through `casework`, `rejected`
writes back what could not be recorded, `report_files` what is to be said of it.
"""

from scp_events.importing.questions import UnknownQuestionError
from scp_events.importing.reading import DayOrder
from scp_events.importing.report import (
    FileProblem,
    ImportBrokenOffError,
    ImportReport,
    Progress,
    RowProblem,
    SheetsRefusedError,
)
from scp_events.importing.run import import_directory
from scp_events.importing.turns import ImportUnderWayError

__all__ = [
    "DayOrder",
    "FileProblem",
    "ImportBrokenOffError",
    "ImportReport",
    "ImportUnderWayError",
    "Progress",
    "RowProblem",
    "SheetsRefusedError",
    "UnknownQuestionError",
    "import_directory",
]
