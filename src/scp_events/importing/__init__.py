"""Importing spreadsheets: what an organisation has today becomes events, each row once.

`import_directory` is the way in. `reading` turns files into lines, `sheets` lines into rows and rows into
commands, `run` sends those through `casework`, `rejected` writes back what could not be recorded.
"""

from scp_events.importing.report import FileProblem, ImportReport, Progress, RowProblem, SheetsRefusedError
from scp_events.importing.run import import_directory

__all__ = [
    "FileProblem",
    "ImportReport",
    "Progress",
    "RowProblem",
    "SheetsRefusedError",
    "import_directory",
]
