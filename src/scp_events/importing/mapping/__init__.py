"""Sheets as an organisation keeps them, read as ours: a mapping is proposed, answered by a person, and kept.

`document` is what the file says; `answers` reads it. `folder` reads sheets by it, line by line with
`document` is what the file says, `answers` reads it. `folder` reads sheets by it, line by line with
"""

from scp_events.importing.mapping.answers import read_mapping
from scp_events.importing.mapping.document import FILE, OrganisationMapping
from scp_events.importing.mapping.draft import Draft, DraftSheet, Said
from scp_events.importing.mapping.folder import MappedFolder, mapped_folder
from scp_events.importing.mapping.propose import propose
from scp_events.importing.mapping.written import as_toml

__all__ = [
    "FILE",
    "Draft",
    "DraftSheet",
    "MappedFolder",
    "OrganisationMapping",
    "Said",
    "as_toml",
    "mapped_folder",
    "propose",
    "read_mapping",
]
