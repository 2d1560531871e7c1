"""The rotation function: one for every secret of the stack.

Secrets Manager calls it four times per rotation ({Step, SecretId, ClientRequestToken}) and repeats
the sequence when a step fails; a schedule calls it with {"Step": "reconcile"}. Every step may be
repeated after it broke off anywhere.

Environment: CONSUMERS and ORIGIN, see settings.py.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from aws import Clients, words
from consumers import Consumers
from origin import OriginHeader
from reconcile import Reconciliation
from secret import ApplicationSecret, Secret, Usage, Versions
from settings import Settings

LOG = logging.getLogger("rotation")
LOG.setLevel(logging.INFO)


class NotInRotation(Exception):
    """The event does not fit the secret: there is nothing that may be done safely."""


class CallFailed(Exception):
    """An AWS call failed; the message holds no secret."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any] | None:
    """The function's entry point."""
    try:
        return Rotation(_clients(), Settings.from_environment()).run(event)
    except ClientError as error:
        # Neither the error nor its chain gets into the log: a message may quote a parameter.
        raise CallFailed(words(error)) from None


@functools.lru_cache(maxsize=1)
def _clients() -> Clients:
    return Clients()


class Rotation:
    """What the function does, with clients and settings given."""

    def __init__(
        self,
        clients: Clients,
        settings: Settings,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._settings = settings
        self._sleep = sleep
        self._clock = clock
        self._consumers = Consumers(clients, settings)

    def run(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Does one step, or reconciles."""
        step = event.get("Step")
        if step == "reconcile":
            return Reconciliation(self._clients, self._settings, self._clock).run()
        steps = {
            "createSecret": self._create,
            "setSecret": self._set,
            "testSecret": self._test,
            "finishSecret": self._finish,
        }
        if step not in steps:
            raise NotInRotation(f"unknown step {step!r}")
        secret = Secret(self._clients, event["SecretId"])
        token = event["ClientRequestToken"]
        versions = secret.versions()
        if _is_over(step, token, versions):
            LOG.info("%s: version %s is current already", step, token)
            if step == "finishSecret":
                self._consumers.tell(secret)
        else:
            steps[step](secret, token, versions)
            LOG.info("%s: done for version %s of %s", step, token, versions.arn)
        return None

    def _create(self, secret: Secret, token: str, _versions: Versions) -> None:
        secret.make_pending(token)

    def _set(self, secret: Secret, token: str, versions: Versions) -> None:
        self._usage(versions).give(*self._values(secret, token, versions))

    def _test(self, secret: Secret, token: str, versions: Versions) -> None:
        """Runs alone too, when rotation is set up, with a version that was given to nothing and
        perhaps has no value. That passes; `finishSecret` looks again before it moves the label."""
        pending = secret.value(token)
        if pending is None:
            LOG.info("testSecret: version %s has no value: nothing to test", token)
            return
        self._usage(versions).test(_current(secret, versions), pending)

    def _finish(self, secret: Secret, token: str, versions: Versions) -> None:
        self._usage(versions).require_ready(*self._values(secret, token, versions))
        secret.make_current(token, versions.current)
        self._consumers.tell(secret)

    def _usage(self, versions: Versions) -> Usage:
        origin = self._settings.origin
        if origin is not None and origin.secret == versions.arn:
            return OriginHeader(self._clients, origin, self._settings.settle_s, self._sleep)
        return ApplicationSecret()

    @staticmethod
    def _values(secret: Secret, token: str, versions: Versions) -> tuple[str, str]:
        pending = secret.value(token)
        if pending is None:
            raise NotInRotation(f"version {token} has no value yet")
        return _current(secret, versions), pending


def _current(secret: Secret, versions: Versions) -> str:
    current = secret.value(versions.current)
    if current is None:
        raise NotInRotation("the current version has no value")
    return current


def _is_over(step: str, token: str, versions: Versions) -> bool:
    """Whether the version is current already; raises when it is not in rotation at all."""
    # Whether rotation counts as enabled while it is being set up is not documented: only
    # testSecret, which changes nothing, runs then.
    if not versions.rotates and step != "testSecret":
        raise NotInRotation(f"{versions.arn} is not enabled for rotation")
    stages = versions.stages.get(token)
    if stages is None:
        raise NotInRotation(f"{versions.arn} has no version {token}")
    if "AWSCURRENT" in stages:
        return True
    if "AWSPENDING" not in stages:
        raise NotInRotation(f"version {token} is not pending")
    return False
