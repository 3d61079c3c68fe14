"""How many random examples a property is tried with: `SCP_TEST_TIMES=10` tries ten times as many.

Every run draws other examples, so it is one of many; `make thorough` is for changes of the rules.
"""

import os

TIMES = int(os.environ.get("SCP_TEST_TIMES") or 1)


def examples(ordinarily: int) -> int:
    """Return how many examples to try where an ordinary run tries `ordinarily`."""
    return ordinarily * TIMES
