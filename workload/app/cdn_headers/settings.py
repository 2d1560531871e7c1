"""What the application needs from its environment. There are no defaults for secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_TOKEN_LIFETIME_S = 900
LONGEST_TOKEN_LIFETIME_S = 43_200
"""Half of the shortest rotation, so that a token's key is AWSPREVIOUS at the oldest."""


class SettingsError(Exception):
    """The environment lacks something, or holds something unusable."""


@dataclass(frozen=True)
class Settings:
    """The settings of one process; neither printing nor logging them shows the API key."""

    api_key: str = field(repr=False)
    jwt_secret_arn: str
    token_lifetime_s: int = DEFAULT_TOKEN_LIFETIME_S

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
        """Reads API_KEY, JWT_SECRET_ARN and TOKEN_LIFETIME_S.

        Raises SettingsError, which names the variable and never its value.
        """
        return Settings(
            api_key=_required(environment, "API_KEY"),
            jwt_secret_arn=_secret_arn(_required(environment, "JWT_SECRET_ARN")),
            token_lifetime_s=_lifetime(environment.get("TOKEN_LIFETIME_S")),
        )


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _secret_arn(arn: str) -> str:
    if len(arn.split(":")) != 7 or ":secretsmanager:" not in arn:
        raise SettingsError("JWT_SECRET_ARN is not the ARN of a secret")
    return arn


def _lifetime(text: str | None) -> int:
    if not text:
        return DEFAULT_TOKEN_LIFETIME_S
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_TOKEN_LIFETIME_S:
        raise SettingsError(
            f"TOKEN_LIFETIME_S is not a number of seconds from 1 to {LONGEST_TOKEN_LIFETIME_S}"
        )
    return int(text)
