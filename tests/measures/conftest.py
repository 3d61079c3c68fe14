from tests.projections.conftest import handler, log, reading

__all__ = ["handler", "log", "reading"]
