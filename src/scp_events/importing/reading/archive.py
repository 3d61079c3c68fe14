"""Workbooks that are archives of XML parts: opened within bounds, and read as a stream.

A small file can unpack to more than any machine holds. So what an archive says of itself is compared with
a bound before anything is unpacked (no part is unpacked beyond what it says), and a part goes through the
parser in small pieces. Documents that define words of their own, which can stand for millions of others, are
refused: no office program writes one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from scp_events.importing.reading.bounds import MEGABYTE, MOST_ON_DISK, MOST_UNPACKED
from scp_events.importing.report import UnreadableFileError, Wrong

_PIECE = 16 * 1024
"""What a piece names is in memory at once, and a few signs can name a long text."""
_LAST_PART = 66_000
"""The end of an archive stands in the last bytes of the file, before a comment of up to 65,535."""
_MOST_UNBROKEN = MEGABYTE
"""How much of a part may go by before anything of it is understood: a name or a comment is not that long."""
_MOST_MARKS = 20_000_000
"""How often something may begin or end in a part. A cell is four of them."""
_MARKS_OF_A_CELL = 4
_MOST_OF_A_SMALL_PART = 8 * MEGABYTE
_DEEPEST = 1_000
_MOST_OF_DIRECTORY = 4 * MEGABYTE
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")

_BROKEN = (
    *(BadZipFile, NotImplementedError, LookupError, EOFError, OSError, ValueError),
    *(zlib.error, expat.ExpatError),
)
"""What zipfile, zlib and expat raise of archives and parts that are damaged, or of forms they do not know."""
NOT_A_WORKBOOK = Wrong(
    "not-a-workbook", "cannot be opened as a workbook", "save it as .xlsx in Excel or LibreOffice"
)
LOCKED = Wrong("locked-workbook", "asks for a password", "save it without one")


class Handler:
    """What is told of the elements of a part, in order. Names have no prefix."""

    depth = 0
    """How many elements have begun and not ended."""

    def start(self, name: str, attributes: dict[str, str], /) -> None:  # noqa: ARG002 - for those who want to know
        """An element begins."""
        self.depth += 1

    def text(self, text: str, /) -> None:
        """Text stands between two elements."""

    def end(self, name: str, /) -> None:  # noqa: ARG002 - for those who want to know
        """An element ends."""
        self.depth -= 1


@contextmanager
def opened(path: Path) -> Iterator[ZipFile]:
    """Open an archive. Raises `UnreadableFileError` where it is none, or unpacks to too much."""
    with understood():
        _must_be_small(path)
        with ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise _too_much(MOST_UNPACKED)
            yield archive


@contextmanager
def understood() -> Iterator[None]:
    """Say in one way whatever can be wrong with an archive or a part."""
    try:
        yield
    except _BROKEN:
        raise UnreadableFileError(NOT_A_WORKBOOK) from None
    except RuntimeError:  # what zipfile says of an encrypted part
        raise UnreadableFileError(LOCKED) from None


def _must_be_small(path: Path) -> None:
    """Look at the end of the file, before the list of its parts is read into memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size > MOST_ON_DISK:
            raise _too_much(MOST_ON_DISK)
        file.seek(max(0, size - _LAST_PART))
        end = file.read()
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) < at + _END_OF_DIRECTORY.size:
        raise UnreadableFileError(NOT_A_WORKBOOK)
    size_of_directory = _END_OF_DIRECTORY.unpack_from(end, at)[5]
    if size_of_directory > _MOST_OF_DIRECTORY:
        raise UnreadableFileError(NOT_A_WORKBOOK)


def read(archive: ZipFile, part: str, handler: Handler) -> Iterator[None]:
    """Tell the handler of a part, piece by piece; what it gathered can be taken after each.

    A part that opens ever more elements, or one that never ends, would grow in the parser's memory.
    """
    with understood():
        parser = _parser(handler)
        fed = marks = 0
        with archive.open(part) as stream:
            while piece := stream.read(_PIECE):
                parser.Parse(piece, False)  # noqa: FBT003 - expat takes no names
                fed += len(piece)
                marks += piece.count(b"<") + (_MARKS_OF_A_CELL - 1) * piece.count(b"/>")
                if marks > _MOST_MARKS:
                    raise _too_many_cells()
                if fed - parser.CurrentByteIndex > _MOST_UNBROKEN or handler.depth > _DEEPEST:
                    raise UnreadableFileError(NOT_A_WORKBOOK)
                yield
        parser.Parse(b"", True)  # noqa: FBT003 - expat takes no names
        yield


def read_small(archive: ZipFile, part: str, handler: Handler) -> None:
    """Tell the handler of a part that describes others, and is small in every workbook."""
    with understood():
        if archive.getinfo(part).file_size > _MOST_OF_A_SMALL_PART:
            raise _too_much(_MOST_OF_A_SMALL_PART)
    read_whole(archive, part, handler)


def read_whole(archive: ZipFile, part: str, handler: Handler) -> None:
    """Tell the handler of a part to its end."""
    for _ in read(archive, part, handler):
        pass


def _parser(handler: Handler) -> expat.XMLParserType:
    """Return a parser that tells the handler. Where the first name has a prefix, all are told without."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def first(name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            parser.StartElementHandler = lambda name, said: handler.start(name.rpartition(":")[2], said)
            parser.EndElementHandler = lambda name: handler.end(name.rpartition(":")[2])
        else:
            parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
        parser.StartElementHandler(name, attributes)

    parser.StartElementHandler = first
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_said: object) -> None:
    raise UnreadableFileError(NOT_A_WORKBOOK)


def _too_much(bound: int) -> UnreadableFileError:
    return UnreadableFileError(
        Wrong(
            "workbook-too-large",
            f"is or unpacks to more than {bound // MEGABYTE} megabytes",
            "copy the rows into a new workbook, or divide it",
        )
    )


def _too_many_cells() -> UnreadableFileError:
    return UnreadableFileError(
        Wrong(
            "workbook-too-large",
            f"holds more than {_MOST_MARKS // _MARKS_OF_A_CELL:,} cells, blank ones with a format counted",
            "delete blank rows and columns that have a format, or copy the rows into a new workbook",
        )
    )
