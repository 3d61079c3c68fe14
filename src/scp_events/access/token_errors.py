"""Why a token opens nothing. It never carries anything the token said: that is nobody else's business."""

from __future__ import annotations


class TokenError(Exception):
    """The token opens nothing. `code` is stable; the message says what to do."""

    def __init__(self, code: str, remedy: str) -> None:
        super().__init__(f"{code}: {remedy}")
        self.code = code
        self.remedy = remedy


def missing(claim: str) -> TokenError:
    """Return that a claim is not there."""
    return TokenError(f"{claim}-missing", f"the token does not say `{claim}`: have the issuer add it")


def invalid(claim: str) -> TokenError:
    """Return that a claim is of another kind than it must be."""
    return TokenError(f"{claim}-invalid", f"the token's `{claim}` is not what it must be: correct the issuer")
