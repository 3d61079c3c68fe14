"""An installation that is served, and people who ask it over HTTP. Everybody is invented."""

from __future__ import annotations

import csv
import io
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.waiting import until

Json = Any
Words = dict[str, Any]

LAW: Words = {
    "instrument": "statute",
    "act": "Example Child Justice Act",
    "section": "s. 17(1)",
    "valid_from": "2015-01-01",
}


def grounds(**changes: Json) -> Words:
    """Return grounds of a decision that nobody would object to."""
    return {
        "reason_code": "example-reason",
        "reason_text": "An invented reason, long enough to be read by all.",
        "legal_basis": LAW,
        "options_considered": ["proceed", "no-action"],
        "views": {"expressed": "I want to try this."},
        "policy_version": "2025.1",
        **changes,
    }


def actor(code: str, role: str = "key-worker", *credentials: str) -> Words:
    """Return a member of staff of the programme."""
    return {
        "id": code,
        "role": role,
        "organisation": "second-chance",
        "kind": "human",
        "credentials": list(credentials),
    }


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def ok(self) -> bool:
        return self.status in {200, 201}

    @property
    def json(self) -> Json:
        return json.loads(self.text)

    @property
    def rule(self) -> str | None:
        """The rule that refused it."""
        said = self.json.get("rule")
        return None if said is None else str(said)


@dataclass
class Somebody:
    """A person who asks, in a role and for a purpose."""

    place: Place
    code: str
    role: str
    purpose: str = "casework"
    organisation: str = "second-chance"
    credentials: Sequence[str] = ()
    token: str = field(init=False)

    def __post_init__(self) -> None:
        said = ["token", "--by", self.code, "--role", self.role, "--organisation", self.organisation]
        for credential in self.credentials:
            said += ["--credential", credential]
        self.token = self.place.cli(*said).stdout.strip()

    def ask(self, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        """Send a request."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.place.url + path, data=data, method=method)  # noqa: S310 - ours
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Scp-Purpose", self.purpose)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - ours
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read().decode())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def tell(self, path: str, command: Words, at: str | None = None, *, key: str | None = None) -> Answer:
        """Send a command, of a time or of now; a decision on the version that is there."""
        body = {"command": command} | ({"occurred_at": at} if at else {})
        headers = {"Idempotency_Key": key or uuid4().hex}
        if "decision" in command:
            seen = self.get(path.rpartition("/")[0])
            headers["If_Match"] = seen.headers.get("etag", '"0"') if seen.ok else '"0"'
        return self.ask("POST", path, body, **headers)

    def done(self, path: str, command: Words, at: str | None = None) -> Answer:
        """Send a command that has to succeed, to set the scene."""
        answer = self.tell(path, command, at)
        assert answer.ok, f"could not set the scene: {path} {answer.status} {answer.text[:400]}"
        return answer

    def decide(
        self, path: str, at: str | None = None, *, why: Words | None = None, **command: Json
    ) -> Answer:
        """Send a decision."""
        return self.tell(path, {"decision": why or grounds(), **command}, at)

    def decided(self, path: str, at: str | None = None, **command: Json) -> Answer:
        """Send a decision that has to succeed."""
        return self.done(path, {"decision": grounds(), **command}, at)


class Place:
    """A served installation."""

    def __init__(self, home: Path, port: int, zone: str) -> None:
        self.home = home
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.journal = home.parent / "serve.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SCP_")}
        self.env = kept | {"SCP_HOME": str(home), "SCP_TIME_ZONE": zone, "SCP_TILES_PORT": "0"}
        self._references = count(1)
        self._folders = count(1)

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        return subprocess.run(
            [sys.executable, "-m", "scp_cli", *arguments],
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def begin(self) -> None:
        """Make the people, once the place is served."""
        self.lead = Somebody(self, "cm-alder", "case-manager")
        self.second = Somebody(self, "sv-rowan", "supervisor")
        self.worker = Somebody(self, "kw-juniper", "key-worker", credentials=["needs-assessment"])
        self.police = Somebody(self, "po-thistle", "police-officer", "referral", "police")
        self.auditor = Somebody(self, "au-linden", "auditor", "audit")

    # --- scenes ---------------------------------------------------------------------------------------

    def reference(self) -> str:
        """Return a case reference that nobody has used."""
        return f"SC-2025-{next(self._references):03}"

    def referred(self, case: str, day: str = "2025-03-01", programme: str = "mentoring") -> str:
        """Draft a referral; return its address."""
        answer = self.police.done(
            f"/cases/{case}/referrals",
            {
                "programme": programme,
                "route": "diversion",
                "circumstances": "An invented quarrel about an invented bicycle.",
                "policy_version": "2025.1",
            },
            f"{day}T09:00:00Z",
        )
        return answer.headers["location"]

    def submitted(self, case: str, day: str = "2025-03-01", programme: str = "mentoring") -> str:
        """Draft a referral and submit it."""
        path = self.referred(case, day, programme)
        self.police.decided(f"{path}/submit-referral", f"{day}T10:00:00Z")
        return path

    def accepted(self, case: str, day: str = "2025-03-01", at: str = "2025-03-05") -> str:
        """Have a referral accepted."""
        path = self.submitted(case, day)
        self.lead.done(f"{path}/acknowledge-referral", {}, f"{at}T10:10:00Z")
        self.lead.decided(f"{path}/determine-eligibility", f"{at}T10:20:00Z", eligible=True)
        self.lead.decided(f"{path}/assess-suitability", f"{at}T10:30:00Z", suitability="suitable")
        self.lead.decided(f"{path}/accept-referral", f"{at}T11:00:00Z")
        return path

    def registered(self, case: str, at: str = "2025-03-06T12:00:00Z", born: str = "2009-05-04") -> str:
        """Register somebody by themselves; return the address of the case."""
        self.lead.done(f"/cases/{case}/participant/register", person(born), at)
        return f"/cases/{case}"

    def engaged(self, case: str, day: str = "2025-03-07", worker: str = "kw-juniper") -> str:
        """Register somebody, agree boundaries, assign a key worker."""
        path = self.registered(case, f"{day}T08:00:00Z")
        self.worker.decided(f"{path}/engagement/agree-boundaries", f"{day}T09:00:00Z", boundaries="By phone.")
        self.lead.decided(
            f"{path}/engagement/assign-key-worker", f"{day}T10:00:00Z", key_worker=actor(worker)
        )
        return path

    def contact(self, case: str, at: str, **more: Json) -> Answer:
        """Tell of a contact."""
        return self.worker.tell(f"{case}/engagement/record-contact", contact(**more), at)

    # --- what is known --------------------------------------------------------------------------------

    def history(self, case: str, **point: str) -> Words:
        """Return the replay of a case."""
        query = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in point.items())
        answer = self.worker.get(f"{case}/history" + (f"?{query}" if query else ""))
        assert answer.ok, answer.text[:400]
        said: Words = answer.json
        return said

    def state(self, case: str, category: str = "engagement", **point: str) -> Words | None:
        """Return what stood of the first stream of a kind."""
        found = [s for s in self.history(case, **point)["streams"] if s["category"] == category]
        return found[0]["state"] if found else None

    def entries(self, case: str, kind: str) -> list[Words]:
        """Return the events of a kind, as the story tells them."""
        return [entry for entry in self.history(case)["story"] if entry["type"].endswith(kind)]

    def caseload(self, worker: str, case: str) -> list[Words]:
        """Return a key worker's caseload, once it has taken in what is known of a case."""
        head = self.history(case)["log_position"]
        answer = self.lead.get(f"/caseload?key_worker={worker}&min_position={head}", Prefer="wait=20")
        assert answer.ok, answer.text[:400]
        said: list[Words] = answer.json["cases"]
        return said

    # --- sheets ---------------------------------------------------------------------------------------

    def imported(self, **sheets: Sequence[Mapping[str, str]]) -> tuple[int, int, str]:
        """Import rows, by sheet; return how many were recorded and rejected, and what was said of them."""
        folder = self.home.parent / f"sheets-{next(self._folders)}"
        folder.mkdir()
        (folder / "staff.csv").write_text(STAFF)
        (folder / "legal-bases.csv").write_text(LAWS)
        for name, rows in sheets.items():
            (folder / f"{name.replace('_', '-')}.csv").write_text(as_csv(rows), encoding="utf-8")
        ran = self.cli("import", str(folder), "--by", "dc-bramble", "--format", "json")
        if not ran.stdout.strip():
            return 0, 0, ran.stderr
        report = json.loads(ran.stdout)
        return report["recorded"], report["rejected"], ran.stderr


def person(born: str = "2009-05-04", name: str = "Wren Exampleson") -> Words:
    """Return who somebody is."""
    return {"name": name, "date_of_birth": born, "preferred_language": "en"}


def contact(**more: Json) -> Words:
    """Return a contact that was held."""
    return {
        "made_by": actor("kw-juniper"),
        "medium": "in-person",
        "outcome": "held",
        "held_minutes": 40,
        **more,
    }


STAFF = (
    "code,role,organisation,credentials\nkw-juniper,key-worker,second-chance,needs-assessment\n"
    "cm-linden,case-manager,second-chance,needs-assessment\nsv-rowan,supervisor,second-chance,\n"
)
LAWS = "code,instrument,act,section,valid_from,valid_to\nrules,statute,Example Act,s. 1,2015-01-01,\n"
BECAUSE = {
    "decided_by": "cm-linden",
    "reason_code": "example",
    "reason": "An invented reason.",
    "legal_basis": "rules",
    "options": "go; no-action",
    "views": "I want to.",
}
_ROWS = count(1)


def as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def row(letter: str, case: str, day: str, entered: str | None = None, **more: str) -> dict[str, str]:
    """Return a row of a sheet, with an id nobody has used."""
    return {
        "row": f"{letter}-{next(_ROWS):04}",
        "case": case,
        "happened_on": day,
        "entered_on": entered or day,
        **more,
    }


def person_row(case: str, day: str = "2025-03-01", **more: str) -> dict[str, str]:
    said = {key: str(value) for key, value in person().items()}
    return row("P", case, day, registered_by="cm-linden", **(said | more))


def boundaries_row(case: str, day: str = "2025-03-02") -> dict[str, str]:
    words = {"kind": "boundaries agreed", "staff": "kw-juniper", "words": "By phone."}
    return row("M", case, day, **words, **BECAUSE)


def contact_row(case: str, day: str, entered: str | None = None, time: str = "") -> dict[str, str]:
    said = {"made_by": "kw-juniper", "medium": "phone", "outcome": "held", "minutes": "30", "note": "x"}
    return row("C", case, day, entered, time=time, **said)


@contextmanager
def served(directory: Path, zone: str = "UTC") -> Iterator[Place]:
    """Serve an installation until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Place(directory / "home", port, zone)
    assert place.cli("init").returncode == 0
    with place.journal.open("w") as journal:
        process = subprocess.Popen(
            [sys.executable, "-m", "scp_cli", "serve", "--port", str(port)],
            env=place.env,
            stdout=journal,
            stderr=journal,
        )
        try:
            until(lambda: _answers(place.url), "the installation is served")
            place.begin()
            yield place
        finally:
            process.terminate()
            process.wait(60)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url + "/openapi.json", timeout=5).read()  # noqa: S310 - ours
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
