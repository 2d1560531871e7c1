"""An emulator of AWS on a loopback port, and clients for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3

REGION = "us-east-1"
ACCOUNT = "123456789012"
PATIENCE_S = 60


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A server in a process of its own; everything that it says is kept."""

    def __init__(self, command: list[str], environment: dict[str, str], directory: Path) -> None:
        self._said = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            command, env=environment, cwd=directory, stdout=self._said, stderr=subprocess.STDOUT
        )

    def wait_until_it_answers(self, address: str) -> None:
        """Returns when `address` answers anything; fails when the process ends before that."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise AssertionError(f"the process ended: {self.said()}")
            try:
                urllib.request.urlopen(address, timeout=1).close()
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{address} does not answer: {self.said()}")

    def wait_until_it_ends(self) -> int:
        """Its exit code."""
        return self._process.wait(PATIENCE_S)

    def said(self) -> str:
        """What it wrote so far."""
        self._said.seek(0)
        return self._said.read().decode(errors="replace")

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without anything of the user's own AWS configuration."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


class Emulator:
    """ministack."""

    def __init__(self, directory: Path) -> None:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        environment = clean_environment(
            BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), MINISTACK_ACCOUNT_ID=ACCOUNT
        )
        self._process = Process([sys.executable, "-m", "ministack"], environment, directory)
        self._process.wait_until_it_answers(f"{self.endpoint}/_ministack/health")

    def client(self, service: str) -> Any:
        """A client of the emulator."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def stop(self) -> None:
        """Ends it."""
        self._process.stop()
