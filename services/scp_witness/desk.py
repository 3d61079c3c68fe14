"""Where requests are judged, one after the other: weighed, remembered for good, and only then cosigned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Lock

from scp_events.ledger.format.note import Note, Signer
from scp_events.ledger.witness.contradictions import Contradiction, Contradictions, TooManyError
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
        self,
        signer: Signer,
        logs: KnownLogs,
        promises: Promises,
        contradictions: Contradictions,
        clock: Callable[[], datetime],
    ) -> None:
        self._signer = signer
        self._logs = logs
        self._promises = promises
        self._contradictions = contradictions
        self._clock = clock
        self._turn = Lock()

    def latest(self, origin_hash: str) -> Answer:
        """Return the last checkpoint cosigned for a log, as monitors ask for it."""
        with self._turn:
            cosigned = self._promises.cosigned_of(origin_hash)
        if cosigned is None:
            return Answer(HTTPStatus.NOT_FOUND, "this witness has cosigned nothing of that log\n")
        return Answer(HTTPStatus.OK, cosigned)

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
                    return self._look_into(refused) or Answer(
                        refused.status, refused.said, refused.media_type
                    )

    def _cosign(self, accepted: Accepted) -> Answer:
        """Sign, remember, and only then say so. What cannot be remembered stays as unknown as before."""
        checkpoint = accepted.checkpoint
        if self._contradictions.are_too_many(checkpoint.origin):
            return _TOO_MANY
        signature = self._signer.cosign(checkpoint.text(), self._clock())
        try:
            self._promises.keep(accepted, signature)
        except OSError as error:
            return _cannot_remember(error)
        logger.info("cosigned", origin=checkpoint.origin, size=checkpoint.size)
        return Answer(HTTPStatus.OK, signature.line())

    def _look_into(self, refused: Refused) -> Answer | None:
        """Keep what may prove that a log has two histories; return another answer where that fails."""
        if refused.contradiction is None:
            logger.info("refused", status=refused.status)
            return None
        origin = Note.parse(refused.contradiction).text.partition("\n")[0]
        logger.warning("contradiction", status=refused.status, origin=origin)
        cosigned = self._promises.cosigned(origin)
        try:
            self._contradictions.keep(Contradiction(refused.contradiction, cosigned, self._clock()))
        except TooManyError as error:
            logger.error("too many contradictions", origin=origin, reason=str(error))
            return _TOO_MANY
        except OSError as error:
            return _cannot_remember(error)
        return None


_TOO_MANY = Answer(
    HTTPStatus.INSUFFICIENT_STORAGE,
    "this witness has no room for more contradictions of that log, and cosigns nothing of it until somebody"
    " has looked at them\n",
)


def _cannot_remember(error: OSError) -> Answer:
    logger.error("cannot remember", error=type(error).__name__, raised_at=raised_at(error))
    return Answer(HTTPStatus.SERVICE_UNAVAILABLE, "this witness cannot write down what it has to remember\n")
