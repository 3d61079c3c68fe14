"""Who may do and see what: tokens say who asks, the policy says whether they may."""

from scp_events.access.claims import ClaimNames, SignedIn
from scp_events.access.policy import Action, Allow, Deny, Import, Purpose, Read, Resource, Send, decide
from scp_events.access.possession import Shown
from scp_events.access.tokens import Client, Issuer, KeysUnavailableError, TokenError, TokenKind, Verifier

__all__ = [
    "Action",
    "Allow",
    "ClaimNames",
    "Client",
    "Deny",
    "Import",
    "Issuer",
    "KeysUnavailableError",
    "Purpose",
    "Read",
    "Resource",
    "Send",
    "Shown",
    "SignedIn",
    "TokenError",
    "TokenKind",
    "Verifier",
    "decide",
]
