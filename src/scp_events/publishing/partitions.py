"""Where an event goes: all of one stream to one partition, so a stream is read in its order.

A stream belongs to one of 1,024 slices for ever, whatever the number of partitions; a partition holds a run
of slices. The number of partitions of a topic must never change: streams would move, and lose their order.
"""

from __future__ import annotations

from hashlib import sha256

from scp_events.vocabulary import Stream

SLICES = 1024


def slice_of(stream: Stream) -> int:
    """Return the slice of a stream, from 0: the same in every process and every version of the program."""
    digest = sha256(f"{stream.category}/{stream.id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % SLICES


def partition_of(stream: Stream, partitions: int) -> int:
    """Return the partition of a stream, from 0, in a topic of `partitions`, at most `SLICES`."""
    return slice_of(stream) * partitions // SLICES
