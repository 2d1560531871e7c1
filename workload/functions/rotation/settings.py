"""The function's settings, from its environment.

CONSUMERS: {SECRET_ARN: [{"cluster": ARN, "service": ARN}]}: services that got the secret's value
when their tasks started, and need a new deployment after a rotation.
ORIGIN: {"secret": ARN, "header": NAME, "distribution": ID, "listeners": [ARN]}: the secret that
the distribution sends to the load balancer in a header. Absent where there is no distribution.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

SETTLE_S = 15.0
"""How long rules get to work on every node of the load balancer before the new value is sent."""


class SettingsError(Exception):
    """A variable is unusable."""


@dataclass(frozen=True)
class Service:
    """An ECS service."""

    cluster: str
    service: str


@dataclass(frozen=True)
class Origin:
    """Where the origin header is sent and checked."""

    secret: str
    header: str
    distribution: str
    listeners: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """Consumers by secret ARN, and the origin header where there is one."""

    consumers: dict[str, tuple[Service, ...]]
    origin: Origin | None
    settle_s: float = SETTLE_S

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
        """Reads CONSUMERS and ORIGIN. Raises SettingsError."""
        consumers = _json(environment, "CONSUMERS") or {}
        origin = _json(environment, "ORIGIN")
        try:
            return Settings(
                consumers={
                    arn: tuple(Service(each["cluster"], each["service"]) for each in services)
                    for arn, services in consumers.items()
                },
                origin=None
                if origin is None
                else Origin(
                    secret=origin["secret"],
                    header=origin["header"],
                    distribution=origin["distribution"],
                    listeners=tuple(origin["listeners"]),
                ),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise SettingsError(f"CONSUMERS or ORIGIN lacks a part: {error!r}") from error


def _json(environment: Mapping[str, str], name: str):
    text = environment.get(name)
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{name} is not JSON") from error
