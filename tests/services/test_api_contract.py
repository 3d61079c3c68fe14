"""What the OpenAPI document promises is what the service does: schemathesis finds nothing against it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.test_api_service import Service, serving_anew
from tests.words import SUPERVISOR

pytestmark = pytest.mark.once  # test_api asks the same service from the wheel

STRANGE_STATUSES = """
[checks.positive_data_acceptance]
# 409: a rule refused; 412: a stale version; 404: a made-up id. None of these can be said in a schema.
expected-statuses = ["2xx", "401", "403", "404", "409", "412"]
[checks.missing_required_header]
# 428 is what RFC 6585 made for a missing If-Match.
expected-statuses = ["400", "401", "403", "422", "428"]
"""
HOOKS = '''
"""That a made-up key came with another made-up request before is an answer, not a failure."""
import schemathesis


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return b"urn:scp:problem:key-reused" not in response.content
'''
EVERY_KIND = (
    "draft-referral",
    "submit-referral",
    "correct-referral",
    "register",
    "record-assessment",
    "start-irp-draft",
    "read-referrals-referral_id",
    "read-cases",
    "read-cases-reference-history",
    "read-cases-reference-differences",
    "read-caseload",
    "read-decisions",
    "read-outcomes",
)
"""One operation for each shape of request: the coverage phase sends hundreds to each."""


def findings(service: Service, directory: Path, *options: str) -> str:
    """Run schemathesis with every check; return what it says where it found something, or nothing."""
    (directory / "schemathesis.toml").write_text(STRANGE_STATUSES)
    (directory / "scp_api_hooks.py").write_text(HOOKS)
    headers = [f"Authorization: Bearer {service.token(SUPERVISOR)}", "Scp-Purpose: supervision"]
    program = Path(sys.executable).with_name("st")
    ended = subprocess.run(
        [
            *(program, "--config-file", directory / "schemathesis.toml"),
            *("run", f"{service.url}/openapi.json", "--checks", "all", "--seed", "20250303"),
            *("--no-color", "--continue-on-failure", "--generation-database", "none"),
            *(option for header in headers for option in ("-H", header)),
            *options,
        ],
        cwd=directory,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "scp_api_hooks", "PYTHONPATH": str(directory)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    return "" if ended.returncode == 0 else ended.stdout[-8000:] + ended.stderr[-2000:]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--phases", "examples,fuzzing,stateful", "-n", "3"), id="every-operation"),
        pytest.param(
            (
                *("--phases", "coverage", "-n", "20"),
                *(option for name in EVERY_KIND for option in ("--include-operation-id", name)),
            ),
            id="every-kind-thoroughly",
        ),
    ],
)
def test_schemathesis_finds_nothing(
    options: tuple[str, ...],
    postgres_server: str,
    log_template: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving_anew(postgres_server, log_template, tmp_path_factory, SCP_API_FOLLOW="1") as service:
        found = findings(service, tmp_path, *options)
        assert not found, found
        assert [line for line in service.journal() if line["event"] in ("failed", "stopped")] == []
