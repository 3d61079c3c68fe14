"""Whose tokens are believed, as a file says it: one entry for each issuer, in the words of that issuer.

{"issuers": [{"name": "https://sso.example/realms/agency", "keys": "https://sso.example/realms/agency/certs",
  "tokens": "keycloak", "claims": {"role": "realm_access.roles"}, "roles": {"kw": "key-worker"}}]}
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scp_events.access.claims import ClaimNames
from scp_events.access.keys import keys_of
from scp_events.access.tokens import LEEWAY, LONGEST_LIFETIME, Issuer, TokenKind
from scp_events.vocabulary import Role
from scp_events.vocabulary.people import OrganisationCode, PersonCode

Claim = str | Annotated[tuple[str, ...], Field(min_length=1)]
"""Where a claim stands: names with dots between them, or a list of names, which may have dots themselves."""


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class ClaimsSaid(_Said):
    """Where an issuer says what we need; what is left out stands where our own tokens have it."""

    person: Claim = "sub"
    role: Claim = "role"
    organisation: Claim = "organisation"
    kind: Claim = "kind"
    credentials: Claim = "credentials"


class IssuerSaid(_Said):
    """One issuer."""

    name: Annotated[str, Field(min_length=1)]
    keys: Annotated[str, Field(min_length=1)]
    audience: str | None = None
    tokens: TokenKind = TokenKind.RFC_9068
    claims: ClaimsSaid = ClaimsSaid()
    roles: dict[str, Role] = Field(default_factory=dict)
    organisations: dict[str, OrganisationCode] = Field(default_factory=dict)
    services: dict[PersonCode, OrganisationCode] = Field(default_factory=dict)
    longest_lifetime_seconds: Annotated[float, Field(ge=60, le=12 * 3600)] = LONGEST_LIFETIME
    clock_skew_seconds: Annotated[float, Field(ge=0, le=120)] = LEEWAY
    bound: bool = False

    def issuer(self, audience: str) -> Issuer:
        """Return it as a verifier takes it. Raises `ValueError`."""
        said = self.claims
        return Issuer(
            name=self.name,
            audience=self.audience or audience,
            keys=keys_of(self.keys),
            kind=self.tokens,
            claims=ClaimNames(
                id=_path(said.person),
                role=_path(said.role),
                organisation=_path(said.organisation),
                kind=_path(said.kind),
                credentials=_path(said.credentials),
                roles=self.roles,
                organisations=self.organisations,
            ),
            services={str(service): organisation for service, organisation in self.services.items()},
            longest_lifetime=self.longest_lifetime_seconds,
            leeway=self.clock_skew_seconds,
            bound=self.bound,
        )


class IssuersSaid(_Said):
    """All of them."""

    issuers: Annotated[tuple[IssuerSaid, ...], Field(min_length=1)]


def issuers_in(path: Path, audience: str) -> list[Issuer]:
    """Return the issuers that a file names. Raises `ValueError`, which says what to correct in it."""
    try:
        said = IssuersSaid.model_validate_json(path.read_bytes()).issuers
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ValueError(f"{path} is not as it must be: {wrong}") from None
    if len({each.name for each in said}) < len(said):
        raise ValueError(f"{path} names an issuer twice: one entry for each")
    return [each.issuer(audience) for each in said]


def _path(said: Claim) -> tuple[str, ...]:
    return tuple(said.split(".")) if isinstance(said, str) else said
