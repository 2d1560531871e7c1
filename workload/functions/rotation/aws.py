"""The clients, and what may be said about a failed call."""

from __future__ import annotations

import functools
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

_SECRET = re.compile(r"[0-9a-fA-F]{40,}")


class Clients:
    """Made when they are first used: most rotations need one or two."""

    # A call that is not answered ends soon: reconcile relies on it (see reconcile.py).
    _config = Config(
        connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}
    )
    # CloudFront takes its time to validate a configuration.
    _patient = Config(
        connect_timeout=2, read_timeout=25, retries={"mode": "standard", "total_max_attempts": 2}
    )
    _once = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})

    @functools.cached_property
    def secrets(self) -> Any:
        """Secrets Manager."""
        return boto3.client("secretsmanager", config=self._config)

    @functools.cached_property
    def balancing(self) -> Any:
        """Elastic Load Balancing; calls are not repeated."""
        return boto3.client("elbv2", config=self._once)

    @functools.cached_property
    def cloudfront(self) -> Any:
        """CloudFront, which lives in us-east-1."""
        return boto3.client("cloudfront", region_name="us-east-1", config=self._patient)

    @functools.cached_property
    def ecs(self) -> Any:
        """Elastic Container Service."""
        return boto3.client("ecs", config=self._config)


def code(error: ClientError) -> str:
    """The error's code."""
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def words(error: Exception) -> str:
    """Operation, code and message, without anything that looks like a secret."""
    if not isinstance(error, ClientError):
        return _SECRET.sub("***", f"{type(error).__name__}: {error}")
    message = str(error.response.get("Error", {}).get("Message", ""))
    return f"{error.operation_name}: {code(error)}: {_SECRET.sub('***', message)}"
