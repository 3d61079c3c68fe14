"""Who may do and see what: tokens say who asks, the policy says whether they may."""

from scp_events.access.policy import Allow, Deny, Purpose, Resource, decide
from scp_events.access.tokens import Client, Issuer, KeysUnavailableError, TokenError, Verifier

__all__ = [
    "Allow",
    "Client",
    "Deny",
    "Issuer",
    "KeysUnavailableError",
    "Purpose",
    "Resource",
    "TokenError",
    "Verifier",
    "decide",
]
