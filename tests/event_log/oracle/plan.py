"""What one run of the oracle is made of: told to every process as a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID, uuid5

WORLD = UUID("0c0ffee0-0000-4000-8000-000000000000")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run. Every random choice in it comes from `seed`."""

    seed: int
    seconds: float
    directory: str
    conninfo: str
    """How programs connect: through a wire that is cut now and then."""
    direct: str
    """How the conductor connects, as a superuser."""
    mutant: str = ""
    writers: int = 2
    tasks: int = 6
    """Askers of each writer process, who append."""
    deciders: int = 4
    """Askers of each, who ask an aggregate to decide."""
    readers: tuple[str, ...] = ("pull", "subscription", "listen")
    moves: bool = True
    """Whether the log is dumped and restored elsewhere in the middle."""
    acts: tuple[str, ...] = ()
    """The only mischief that is done; all there is where none is named."""
    pause: float = 0.15
    """Seconds between two acts of mischief, on average."""
    patience: float = 30.0
    """How long readers may take for the rest once nothing is written any more."""

    def save(self) -> Path:
        """Write it for other processes, and return where."""
        path = Path(self.directory) / "plan.json"
        path.write_text(json.dumps(asdict(self)))
        return path

    @classmethod
    def load(cls, path: str) -> Plan:
        """Return what was saved."""
        said = json.loads(Path(path).read_text())
        return cls(**said | {name: tuple(said[name]) for name in ("readers", "acts")})

    def named(self, name: str) -> UUID:
        """Return the id of something that every process knows by name."""
        return uuid5(WORLD, f"{self.seed}/{name}")

    def journal(self, name: str) -> Path:
        """Return where somebody writes down what they did."""
        return Path(self.directory) / f"{name}.journal"

    @property
    def end(self) -> Path:
        """The file that tells readers the last position there will be."""
        return Path(self.directory) / "end"
