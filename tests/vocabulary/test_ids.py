from __future__ import annotations

from pathlib import Path
from uuid import UUID

import mypy.api
import pytest

from scp_events.vocabulary import CaseId, the_one

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]


MIXED_UP = """\
from uuid import uuid4

from scp_events.vocabulary import CaseId, ReferralId, the_one


def case_of(case_id: CaseId) -> CaseId:
    return case_id


case_of(CaseId(uuid4()))
case_of(ReferralId(uuid4()))  # wrong
the_one("consent", CaseId(uuid4()))
the_one("consent", ReferralId(uuid4()))  # wrong
"""


def test_a_referrals_id_where_a_cases_belongs_is_a_type_error(tmp_path: Path) -> None:
    snippet = tmp_path / "mixed_up.py"
    snippet.write_text(MIXED_UP, encoding="utf-8")
    config = str(ROOT / "pyproject.toml")
    report, _, status = mypy.api.run(["--config-file", config, "--follow-imports=silent", str(snippet)])
    wrong = [n for n, line in enumerate(MIXED_UP.splitlines(), start=1) if line.endswith("# wrong")]
    complained_of = [
        int(line.split(":")[1])
        for line in report.splitlines()
        if "mixed_up.py" in line and "arg-type" in line
    ]
    assert complained_of == wrong, report
    assert status == 1


def test_the_one_stream_of_a_kind_is_found_without_asking() -> None:
    case, other = (CaseId(UUID(int=number)) for number in (1, 2))
    assert the_one("consent", case) == the_one("consent", case)
    assert len({the_one("consent", case), the_one("engagement", case), the_one("consent", other)}) == 3
