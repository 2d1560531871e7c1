"""What several tests need: the emulator, and the code under test on the path."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WORKLOAD = Path(__file__).resolve().parent.parent
for part in ("app", "functions/jwt_generator", "functions/rotation"):
    sys.path.insert(0, str(WORKLOAD / part))
sys.dont_write_bytecode = True

from emulator import Emulator, clean_environment  # noqa: E402
from world import World  # noqa: E402


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests; each makes what it needs under names of its own."""
    started = Emulator(tmp_path_factory.mktemp("emulator"))
    yield started
    started.stop()


@pytest.fixture
def in_aws(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The environment of a function: its clients find the emulator."""
    for name, value in clean_environment(AWS_ENDPOINT_URL=emulator.endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return emulator


@pytest.fixture
def world(in_aws: Emulator) -> World:
    """A small stack of its own."""
    return World(in_aws)
