"""What a relay published of a case that is erased: no file of the broker holds anything of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import broker
from tests.erasure.about_to_be_erased import AboutToBeErased
from tests.kafka_fixtures import need_jars
from tests.publishing.relaying import Site

pytestmark = pytest.mark.once  # it is about the broker's files, whoever has it erase


@pytest.fixture
def files_of_the_broker(tmp_path: Path) -> Path:
    """Return where a broker of this test's own keeps its topics; skip where there can be none."""
    need_jars()
    directory = tmp_path / "broker"
    directory.mkdir()
    return directory


def test_no_file_below_data_home_and_topics_holds_anything_of_it(
    files_of_the_broker: Path, case: AboutToBeErased, tmp_path: Path
) -> None:
    with broker.running(files_of_the_broker) as address:
        site = Site(case.conninfo, address, tmp_path)
        with site.relay() as relay:
            relay.reaches(case.log.head())
            assert published(files_of_the_broker), "what is searched is what was published"
            assert case.traces.below(files_of_the_broker) == []
            case.erase()
            relay.reaches(case.log.head())
            assert relay.stop() == 0
        assert case.traces.below(files_of_the_broker, tmp_path) == case.left() == []


def published(files: Path) -> bool:
    """Whether a segment of a topic holds an event of the case, unpacked."""
    return any(b"participant.registered" in each.read_bytes() for each in files.rglob("*.log"))
