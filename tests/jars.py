"""Jars that tests need: a `pom.xml` names them, Maven fetches them once, and the tree does not hold them."""

import fcntl
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FETCH_SECONDS = 500


class NoJars(Exception):  # noqa: N818 - it says what is the case
    """Java, Maven or a jar is missing, or one of them failed; the message holds what the program said."""


@dataclass(frozen=True)
class Jars:
    """What the `pom.xml` of a directory names, in `lib` beside it."""

    home: Path

    @property
    def pom(self) -> Path:
        return self.home / "pom.xml"

    @property
    def lib(self) -> Path:
        return self.home / "lib"

    def fetch(self) -> None:
        """Have Maven fetch the jars, unless they are there. One process does, the others wait for it."""
        if shutil.which("java") is None:
            raise NoJars("there is no `java`")
        with locked(self.pom):
            if self.are_there():
                return
            if shutil.which("mvn") is None:
                raise NoJars("there is no `mvn` to fetch the jars with")
            shutil.rmtree(self.lib, ignore_errors=True)
            self._copy()
            shutil.copyfile(self.pom, self.lib / self.pom.name)

    def are_there(self) -> bool:
        """All of them are there: the pom is copied last, so beside its copy are the jars it names."""
        copy = self.lib / self.pom.name
        return copy.exists() and copy.read_bytes() == self.pom.read_bytes()

    def _copy(self) -> None:
        maven = ["mvn", "-q", "-B", "-Dstyle.color=never", "-f", str(self.pom)]
        run([*maven, "dependency:copy-dependencies", f"-DoutputDirectory={self.lib}"], FETCH_SECONDS)


def run(command: Sequence[str], seconds: float) -> None:
    """Run `command`; what it says is shown only when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise NoJars(f"`{command[0]}` had not ended after {seconds} s") from error
    if done.returncode != 0:
        raise NoJars(f"`{command[0]}` ended with {done.returncode}: {tail(done.stdout + done.stderr)}")


def tail(text: str) -> str:
    """Return the last lines of what a program said."""
    return "\n".join(text.strip().splitlines()[-15:])


@contextmanager
def locked(path: Path, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Hold the lock of a file; the kernel lets go of it when this process ends, in whatever way."""
    with path.open() as file:
        fcntl.flock(file, how)
        yield
