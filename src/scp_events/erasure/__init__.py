"""Erasing the data of a participant or a mentor: asked by one person, approved by another, carried out.

    requested -> approved -> begun -> fence -> keys destroyed -> copies purged -> tables rewritten
    -> write-ahead log and stray files gone -> done, with a certificate

Its beginning is an event, and the point of no return: a legal hold wins until then, and comes too late from
then on; the log says which was first. What follows is here, each step safe to repeat: a crash between two of
them leaves an approval without its done, which `unfinished` finds. The fence comes first, because a key
destroyed without one would be made anew by the next thing that is written.

It is done when no file of the database holds anything of the person. Whatever keeps old rows alive is waited
for, and when that takes too long the erasure is not finished, says what holds it, and is listed.
"""

from __future__ import annotations

from scp_events.erasure.carrying_out import PURPOSE, WAIT_SECONDS, Step, carry_out
from scp_events.erasure.certificate import Certificate, Signed, certificate
from scp_events.erasure.incomplete import ErasureIncompleteError
from scp_events.erasure.out_of_reach import OutOfReach
from scp_events.erasure.outside_a_case import outside_a_case
from scp_events.erasure.standing import Standing, standing
from scp_events.erasure.unfinished import Attempt, attempts, unfinished

__all__ = [
    "PURPOSE",
    "WAIT_SECONDS",
    "Attempt",
    "Certificate",
    "ErasureIncompleteError",
    "OutOfReach",
    "Signed",
    "Standing",
    "Step",
    "attempts",
    "carry_out",
    "certificate",
    "outside_a_case",
    "standing",
    "unfinished",
]
