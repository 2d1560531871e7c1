"""The keys that tokens are signed and verified with.

The value of a secret is read where it is kept, never injected, so that a rotation reaches running
tasks: AWSCURRENT signs, AWSCURRENT and AWSPREVIOUS verify. A key is named by its version id.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger(__name__)

FRESH_S = 30.0
"""How long fetched keys are used without looking again."""

PAUSE_S = 5.0
"""How long a failed fetch is not repeated while older keys are at hand."""

EXTRA_FETCHES = 10
"""How many fetches unknown key ids may cause within FRESH_S: whoever invents ids gets no more."""


class KeysUnavailable(Exception):
    """The keys were never read, and cannot be read now."""


@dataclass(frozen=True)
class Key:
    """One version of the secret."""

    version: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class _Keys:
    current: Key
    previous: Key | None

    def find(self, version: str) -> Key | None:
        return next(
            (key for key in (self.current, self.previous) if key and key.version == version), None
        )


def secrets_client(secret_arn: str) -> Any:
    """A client for the region of the secret, which gives up before a viewer does."""
    return boto3.client(
        "secretsmanager",
        region_name=secret_arn.split(":")[3],
        config=Config(
            connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3}
        ),
    )


class KeyStore:
    """Keys with a short memory; safe for threads."""

    def __init__(
        self, client: Any, secret_arn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: _Keys | None = None
        self._fetched_at = 0.0
        self._not_before = 0.0
        self._extra: list[float] = []

    def signing_key(self) -> Key:
        """The key that new tokens are signed with. Raises KeysUnavailable."""
        return self._fresh().current

    def verification_key(self, version: str) -> Key | None:
        """The key of that version, if tokens signed with it still count. Raises KeysUnavailable."""
        keys = self._fresh()
        return keys.find(version) or self._after_unknown(keys).find(version)

    def _fresh(self) -> _Keys:
        with self._lock:
            if self._keys is None or self._clock() - self._fetched_at >= FRESH_S:
                self._fetch()
            return self._known()

    def _after_unknown(self, seen: _Keys) -> _Keys:
        """Looks again: another task may already sign with a version that is newer than ours."""
        with self._lock:
            if self._keys is seen and self._may_fetch_extra():
                self._fetch()
            return self._known()

    def _may_fetch_extra(self) -> bool:
        now = self._clock()
        self._extra = [moment for moment in self._extra if now - moment < FRESH_S]
        if len(self._extra) >= EXTRA_FETCHES:
            return False
        self._extra.append(now)
        return True

    def _known(self) -> _Keys:
        if self._keys is None:
            raise KeysUnavailable("the signing secret cannot be read")
        return self._keys

    def _fetch(self) -> None:
        """Replaces the keys, or leaves them as they are when they cannot be read."""
        now = self._clock()
        if self._keys is not None and now < self._not_before:
            return
        try:
            current = self._read("AWSCURRENT")
            if current is None:
                raise KeysUnavailable("the secret has no AWSCURRENT version")
            self._keys = _Keys(current=current, previous=self._read("AWSPREVIOUS"))
            self._fetched_at = now
        except (BotoCoreError, ClientError, KeysUnavailable) as error:
            self._not_before = now + PAUSE_S
            LOG.warning("the signing secret was not read: %s", reason(error))

    def _read(self, stage: str) -> Key | None:
        try:
            answer = self._client.get_secret_value(SecretId=self._secret_arn, VersionStage=stage)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        return Key(version=answer["VersionId"], secret=answer["SecretString"])


def reason(error: Exception) -> str:
    """What went wrong in words that cannot hold the value of a secret."""
    if isinstance(error, ClientError):
        return str(error.response["Error"].get("Code", "unknown"))
    return type(error).__name__ if isinstance(error, BotoCoreError) else str(error)
