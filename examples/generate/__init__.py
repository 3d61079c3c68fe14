"""Makes `examples/harbour-lights`: `python -m examples.generate`. The same bytes every time."""
