"""A secret with its versions, and what it takes for a version to be used."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from botocore.exceptions import ClientError

from aws import Clients, code

BYTES = 32
_FORM = re.compile(r"[0-9a-f]{64}")


class NotReady(Exception):
    """The step cannot be done yet, or something changed meanwhile; repeating it will help."""


class Unusable(Exception):
    """A value is not what this function generates."""


@dataclass(frozen=True)
class Versions:
    """The labels of a secret's versions; `changed_at` is when anything about it last changed."""

    arn: str
    stages: dict[str, frozenset[str]]
    rotates: bool
    changed_at: datetime | None

    @property
    def current(self) -> str:
        """The id of the current version. Raises Unusable when there is none."""
        for version, stages in self.stages.items():
            if "AWSCURRENT" in stages:
                return version
        raise Unusable(f"{self.arn} has no current version")

    @property
    def pending(self) -> str | None:
        """The id of the version that is becoming current, if there is one."""
        for version, stages in self.stages.items():
            if "AWSPENDING" in stages and "AWSCURRENT" not in stages:
                return version
        return None


class Secret:
    """The calls on one secret."""

    def __init__(self, clients: Clients, secret_id: str) -> None:
        self._client = clients.secrets
        self._id = secret_id

    def versions(self) -> Versions:
        """What the labels say now."""
        told = self._client.describe_secret(SecretId=self._id)
        labels = told.get("VersionIdsToStages", {})
        return Versions(
            arn=told["ARN"],
            stages={version: frozenset(stages) for version, stages in labels.items()},
            rotates=bool(told.get("RotationEnabled")),
            changed_at=told.get("LastChangedDate"),
        )

    def value(self, version: str) -> str | None:
        """The value of a version; a version may be labelled before it has one."""
        try:
            answer = self._client.get_secret_value(SecretId=self._id, VersionId=version)
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        return answer.get("SecretString")

    def make_pending(self, token: str) -> None:
        """Gives version `token` a value, unless it has one."""
        if self.value(token) is not None:
            return
        try:
            self._client.put_secret_value(
                SecretId=self._id,
                ClientRequestToken=token,
                SecretString=secrets.token_hex(BYTES),
                VersionStages=["AWSPENDING"],
            )
        except ClientError as error:
            # Another call of this step, whose answer was lost, has put its value.
            if code(error) != "ResourceExistsException":
                raise

    def make_current(self, token: str, current: str) -> None:
        """Moves AWSCURRENT from `current` to `token`; AWSPREVIOUS follows by itself."""
        self._client.update_secret_version_stage(
            SecretId=self._id,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token,
            RemoveFromVersionId=current,
        )

    def created_at(self, version: str) -> datetime | None:
        """When a version that has a label was made."""
        # At most 20 versions have labels, and others are left out: one page holds them all.
        told = self._client.list_secret_version_ids(SecretId=self._id, MaxResults=100)
        return next((v["CreatedDate"] for v in told["Versions"] if v["VersionId"] == version), None)


class Usage(Protocol):
    """What happens to the values of a secret outside of Secrets Manager."""

    def give(self, current: str, pending: str) -> None:
        """Makes whatever uses the value ready for the pending one."""

    def test(self, current: str, pending: str) -> None:
        """Raises when the pending value, where it was given to something, does not work yet."""

    def require_ready(self, current: str, pending: str) -> None:
        """Raises unless the pending value may become the current one now."""


class ApplicationSecret:
    """A secret that services read: signing keys and API keys. Nothing must be told beforehand."""

    def give(self, current: str, pending: str) -> None:
        """Nothing: readers look at the label."""

    def test(self, current: str, pending: str) -> None:
        """Raises Unusable."""
        self.require_ready(current, pending)

    def require_ready(self, _current: str, pending: str) -> None:
        """Raises Unusable."""
        require_form(pending)


def require_form(value: str) -> None:
    """Raises Unusable unless the value is 64 lower-case hexadecimal digits: header conditions of a
    load balancer ignore case and know wildcards."""
    if not _FORM.fullmatch(value):
        raise Unusable("the pending value is not 64 lower-case hexadecimal digits")
