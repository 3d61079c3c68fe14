"""Write the example: `python -m examples.generate`, or into another directory that is named."""

from __future__ import annotations

import sys
from pathlib import Path

from examples.generate.writing import told, write

HERE = Path(__file__).parents[1] / "harbour-lights"

if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else HERE, told())
