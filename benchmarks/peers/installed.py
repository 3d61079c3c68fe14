"""The peers that are installed, as contenders; of the others it is said that they were not run."""

from __future__ import annotations

from benchmarks.peers.emmett import Emmett
from benchmarks.peers.message_db import MessageDb, MessageDbApart
from benchmarks.peers.peer import Peer
from benchmarks.peers.umadb import UmaDb
from benchmarks.program import Run
from benchmarks.rounds import Contender, Done

PEERS: tuple[type[Peer], ...] = (UmaDb, MessageDb, MessageDbApart, Emmett)


def contenders(said: Run, event: bytes, callers: int) -> dict[str, Contender]:
    """Return every peer with so many callers."""
    found: dict[str, Contender] = {}
    for peer in PEERS:
        version = peer.version()
        if version is None:
            said.not_run.append(f"{peer.name}: not installed, `make peers` installs it")
        else:
            said.versions[peer.name] = version
            found[named(peer, callers)] = recording(said.closing(peer(said, event)), callers, said.seconds)
    return found


def ratios(said: Run, ours: str, callers: int) -> dict[str, float | None]:
    """Return how the contender named `ours` compares with every peer."""
    return {f"append_{callers}_vs_{peer.name}": said.ratio(ours, named(peer, callers)) for peer in PEERS}


def named(peer: type[Peer], callers: int) -> str:
    """Return the name of a contender."""
    return f"{peer.name}, {callers} callers"


def recording(peer: Peer, callers: int, seconds: float) -> Contender:
    """Record, then check."""

    def contender() -> Done:
        done = peer.record(callers, seconds)
        peer.check(done.times)
        return done

    return contender
