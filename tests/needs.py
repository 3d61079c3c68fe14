"""What a test needs and this machine may lack."""

import os

import pytest


def need(condition: object, what: str, how_to_get_it: str) -> None:
    """Skip the test unless `condition` holds, saying how to get `what`; fail it where SCP_NO_SKIPS=1 (CI)."""
    if condition:
        return
    reason = f"needs {what}: {how_to_get_it}"
    if os.environ.get("SCP_NO_SKIPS") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
