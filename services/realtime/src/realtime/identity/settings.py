"""What can be set of identity, by both services that ask who somebody is."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from realtime.identity.errors import TokenRefusedError
from realtime.identity.key_source import check_place
from realtime.identity.keys import ALGORITHMS
from realtime.identity.scope import parse_scope
from realtime.settings import Seconds, ServiceSettings


def _words(value: Any) -> Any:
    """Take a comma-separated list, so that nobody has to write JSON in an environment."""
    if isinstance(value, str):
        return tuple(word for word in (part.strip() for part in value.split(",")) if word)
    return value


def _scope(text: str) -> str:
    try:
        parse_scope(text)
    except TokenRefusedError as error:
        message = "must be words like sensors:<pattern> and rooms:<room>:<role>"
        raise ValueError(message) from error
    return text


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Words with commas between them."""
Algorithm = Literal["EdDSA", "ES256", "RS256", "HS256"]


class IdentitySettings(ServiceSettings):
    """Who is let in. A service adds its own and its ``env_prefix``."""

    auth: Literal["guests", "jwt"] = "guests"
    """guests: everybody, with all rights; jwt: who brings a token"""
    jwks: Annotated[str, AfterValidator(check_place)] = Field("", validate_default=True)
    """the keys that tokens are checked with: a file, or an https:// address"""
    jwks_refresh: Annotated[Seconds, Field(gt=timedelta(0))] = timedelta(minutes=5)
    """how often the keys are read again"""
    issuer: str = Field("", validate_default=True)
    """what a token has to have as iss"""
    audience: str = Field("", validate_default=True)
    """what a token has to have in aud; none: the service's name"""
    algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(_words)] = (
        "EdDSA",
        "ES256",
        "RS256",
    )
    """how tokens may be signed; HS256 can be added for tests"""
    leeway: Annotated[Seconds, Field(ge=timedelta(0), le=timedelta(minutes=1))] = timedelta(
        seconds=5
    )
    """how far the issuer's clock may be ahead"""
    guest_scope: Annotated[str | None, AfterValidator(lambda s: s and _scope(s))] = None
    """with jwt: what who brings no token may do, as a scope; none: they are turned away"""
    origins: Words = ()
    """pages that may connect, as exact origins with commas; none: those of the same host"""
    connections_per_user: int = Field(default=10, gt=0)
    """open connections of one user on this replica; guests have no cap of this kind"""
    unauthenticated: Annotated[Seconds, Field(gt=timedelta(0))] = timedelta(seconds=10)
    """how long it may take to know who somebody is"""
    expiry_warning: Annotated[Seconds, Field(ge=timedelta(0))] = timedelta(seconds=30)
    """how long before its token expires a connection is warned"""
    ticket_life: Annotated[Seconds, Field(gt=timedelta(0), le=timedelta(seconds=30))] = timedelta(
        seconds=30
    )
    """how long a ticket is taken"""

    @field_validator("jwks", "issuer")
    @classmethod
    def _needed_for_tokens(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("auth") == "jwt":
            message = f"must be set with {cls.prefix}AUTH=jwt"
            raise ValueError(message)
        return value

    @field_validator("audience")
    @classmethod
    def _named_like_the_service(cls, value: str) -> str:
        return value or cls.prefix.rstrip("_").lower()

    @field_validator("algorithms")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            message = "must name one of " + ", ".join(ALGORITHMS)
            raise ValueError(message)
        return value
