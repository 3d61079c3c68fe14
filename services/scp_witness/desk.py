"""Where requests are judged, one after the other: weighed, remembered for good, and only then cosigned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Lock

from scp_events.ledger.format.note import Note, Signer
from scp_events.ledger.witness.cosigning import TEXT, Accepted, KnownLogs, Refused, judge
from scp_events.ledger.witness.promises import Promises
from scp_events.runtime.service_log import logger, raised_at


@dataclass(frozen=True, slots=True)
class Answer:
    """What the log is told."""

    status: HTTPStatus
    said: str
    media_type: str = TEXT


class Desk:
    """One request at a time, from judging to remembering: of two that exclude each other, one is too late."""

    def __init__(
        self, signer: Signer, logs: KnownLogs, promises: Promises, clock: Callable[[], datetime]
    ) -> None:
        self._signer = signer
        self._logs = logs
        self._promises = promises
        self._clock = clock
        self._turn = Lock()

    def add_checkpoint(self, body: bytes) -> Answer:
        """Return the cosignature, or why there is none."""
        try:
            said = body.decode()
        except UnicodeDecodeError:
            return Answer(HTTPStatus.BAD_REQUEST, "a request is text in UTF-8\n")
        with self._turn:
            match judge(said, self._logs, self._promises.latest):
                case Accepted() as accepted:
                    return self._cosign(accepted)
                case Refused() as refused:
                    self._look_into(refused)
                    return Answer(refused.status, refused.said, refused.media_type)

    def _cosign(self, accepted: Accepted) -> Answer:
        """Remember, then sign. What cannot be remembered is not signed, and stays as unknown as before."""
        try:
            self._promises.keep(accepted)
        except OSError as error:
            logger.error("cannot remember", error=type(error).__name__, raised_at=raised_at(error))
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "this witness cannot write down what it promises\n")
        checkpoint = accepted.checkpoint
        signature = self._signer.cosign(checkpoint.text(), self._clock())
        logger.info("cosigned", origin=checkpoint.origin, size=checkpoint.size)
        return Answer(HTTPStatus.OK, signature.line())

    def _look_into(self, refused: Refused) -> None:
        """Keep what may prove that a log has two histories, and say so."""
        if refused.contradiction is None:
            logger.info("refused", status=refused.status)
            return
        origin = Note.parse(refused.contradiction).text.partition("\n")[0]
        logger.warning("contradiction", status=refused.status, origin=origin)
        try:
            self._promises.keep_contradiction(refused.contradiction)
        except OSError as error:
            logger.error("cannot remember", error=type(error).__name__, raised_at=raised_at(error))
