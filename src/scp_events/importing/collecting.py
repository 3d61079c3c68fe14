"""The garbage collector while an import is at work: it looks less often, and not again at what stays.

The sheets, the people and the report stay to the end, and there is more of them the more rows there are; what
a row needs is let go of without the collector. Looking at all of it, again and again, took an eighth of the
time of a large import.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

USUAL = gc.get_threshold()
SELDOM = (50_000, 10, 10)
"""After so many things that were made and not let go of it looks at the youngest; at the others as usual."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Have the collector look less often, and pass over what there is by now, until the block ends.

    What a service froze for its whole life stays frozen.
    """
    is_ours = gc.get_freeze_count() == 0
    if is_ours:
        gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*USUAL)
        if is_ours:
            gc.unfreeze()
