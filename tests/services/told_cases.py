"""Cases that are hard to draw: long, in many writings, erased, at odds with themselves, hardly begun."""

from __future__ import annotations

import json
from pathlib import Path

from scp_events.aggregates.engagement.commands import AgreeBoundaries, Exit, RecordStory
from scp_events.aggregates.engagement.events import ExitReason
from scp_events.aggregates.participant.commands import Register
from scp_events.vocabulary import ReferralId
from tests.asking import Case
from tests.opened import opened_handler
from tests.services.cli_case import CONTACT, REFERENCE, Writer, referred, registered, write_case
from tests.services.cli_run import scp
from tests.words import SUPERVISOR, decision, grounds

LONG, WRITINGS, ERASED, AT_ODDS = "SC-2025-031", "SC-2025-032", "SC-2025-033", "SC-2025-034"
WRITTEN = (
    "Zoë Ångström-Łódź",
    "Ольга Пример",
    "Ελένη Παράδειγμα",
    "נועה דוגמה",
    "Nguyễn Thị Ví Dụ",
    "Ḥasan ʿAlī; x < y & \"z\" 'w' #* _ $ \\ @ ~ [b]",
)
"""Names, as they are written in writings that the package of the PDF has letters of."""
CONTACTS = 30
EXAMPLES = Path(__file__).parents[2] / "examples"


def write_mistakes(directory: Path) -> Path:
    """Write the first lines of some sheets, with days that are in no calendar and a code mistyped."""
    directory.mkdir()
    for file in sorted((EXAMPLES / "second-chance").glob("*.csv")):
        said = file.read_text("utf-8")
        if file.stem not in {"staff", "legal-bases"}:
            few = "".join(said.splitlines(keepends=True)[:6])
            said = few.replace("-02-0", "-02-3").replace("kw-marigold", "kw-marrigold")
        (directory / file.name).write_text(said, "utf-8")
    return directory


def write_cases(conninfo: str, directory: Path) -> None:
    """Record all of them; `directory` is for the grounds of the erasure."""
    write_case(conninfo)
    with opened_handler(conninfo) as handler:
        _long(Writer(Case(handler, LONG)))
        _in_many_writings(Writer(Case(handler, WRITINGS)))
        for reference in (ERASED, AT_ODDS):
            writer = Writer(Case(handler, reference))
            referred(writer)
            registered(writer)
        _at_odds(writer)
    _erase(conninfo, directory)


def documents(conninfo: str, directory: Path, how: str) -> list[Path]:
    """Write a document of each case, whole, in part, and from where nothing had happened; return where."""
    asked = {
        "ordinary": (REFERENCE,),
        "long": (LONG,),
        "in-many-writings": (WRITINGS,),
        "erased": (ERASED,),
        "at-odds": (AT_ODDS,),
        "decisions-alone": (LONG, "--only", "decisions"),
        "nothing-of-a-kind": (LONG, "--only", "contradictions"),
        "nothing-yet": (REFERENCE, "--as-of", "2025-02-01"),
    }
    written = {directory / f"{name}.{how}": arguments for name, arguments in asked.items()}
    for path, arguments in written.items():
        ran = scp("replay", *arguments, "--format", how, "--to", str(path), database=conninfo)
        assert ran.code == 0, ran.err
    return [*written]


def _long(writer: Writer) -> None:
    referred(writer)
    registered(writer)
    for number in range(CONTACTS):
        note = f"Note {number}: " + "they spoke of the workshop by the river. " * (number % 12)
        writer.record(CONTACT.model_copy(update={"note": note}), 8 + number)


def _in_many_writings(writer: Writer) -> None:
    referred(writer)
    register = Register(
        referral_id=ReferralId(writer.case.streams["referral"].id),
        name=" ".join(WRITTEN[:2]),
        date_of_birth="2008-05-04",
        preferred_language="ru",
    )
    writer.record(register, 6)
    writer.record(AgreeBoundaries(decision=grounds(), boundaries="\n".join(WRITTEN)), 7)
    for name in WRITTEN:
        writer.record(CONTACT.model_copy(update={"note": f"Met {name}, and “{name}” again."}), 8)


def _at_odds(writer: Writer) -> None:
    """Let them leave before the day on which they told their story, as turns out later."""
    writer.record(RecordStory(story="An invented story by an invented sea."), 12)
    left = Exit(decision=grounds(), reason=ExitReason.WITHDREW, exit_plan="An invented plan.")
    writer.record(left, 9, entered=22)


def _erase(conninfo: str, directory: Path) -> None:
    said = decision(SUPERVISOR, "right-to-erasure").model_dump(mode="json", exclude={"by"})
    (directory / "grounds.json").write_text(json.dumps(said))
    asked = ("erase", ERASED, "--by")
    assert scp(*asked, "kw-juniper", database=conninfo).code == 0
    done = scp(*asked, "sv-rowan", "--grounds", str(directory / "grounds.json"), database=conninfo)
    assert done.code == 0, done.err
