"""The memory of the key store: what it looks up, how often, and what it does without an answer."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from cdn_headers.keys import EXTRA_FETCHES, FRESH_S, PAUSE_S, Key, KeyStore, KeysUnavailable


class Secrets:
    """GetSecretValue with versions that a test moves."""

    def __init__(self) -> None:
        self.stages = {"AWSCURRENT": "v1"}
        self.calls = 0
        self.failure: Exception | None = None

    def get_secret_value(self, SecretId: str, VersionStage: str) -> dict[str, Any]:
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        if VersionStage not in self.stages:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        version = self.stages[VersionStage]
        return {"VersionId": version, "SecretString": f"{SecretId}-{version}"}


class Scene:
    def __init__(self) -> None:
        self.now = 1000.0
        self.secrets = Secrets()
        self.store = KeyStore(self.secrets, "arn", lambda: self.now)

    def rotate(self, version: str) -> None:
        self.secrets.stages = {
            "AWSCURRENT": version,
            "AWSPREVIOUS": self.secrets.stages["AWSCURRENT"],
        }


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_keys_are_read_once_while_they_are_fresh(scene: Scene) -> None:
    assert scene.store.signing_key() == Key("v1", "arn-v1")
    scene.now += FRESH_S - 1
    assert scene.store.signing_key().version == "v1"
    assert scene.secrets.calls == 2
    scene.rotate("v2")
    scene.now += 1
    assert scene.store.signing_key().version == "v2"


def test_previous_verifies_and_older_ones_do_not(scene: Scene) -> None:
    scene.store.signing_key()
    scene.rotate("v2")
    scene.rotate("v3")
    assert scene.store.verification_key("v3") == Key("v3", "arn-v3")
    assert scene.store.verification_key("v2") == Key("v2", "arn-v2")
    assert scene.store.verification_key("v1") is None


def test_whoever_invents_key_ids_causes_few_fetches(scene: Scene) -> None:
    for number in range(1000):
        assert scene.store.verification_key(f"invented-{number}") is None
    assert scene.secrets.calls <= 2 * (EXTRA_FETCHES + 1)
    scene.rotate("v2")
    assert scene.store.verification_key("v2") is None
    scene.now += FRESH_S
    assert scene.store.verification_key("v2") is not None


def test_known_keys_go_on_when_the_secret_cannot_be_read(scene: Scene) -> None:
    scene.store.signing_key()
    scene.now += FRESH_S
    scene.secrets.failure = EndpointConnectionError(endpoint_url="http://nowhere")
    calls = scene.secrets.calls
    for _ in range(50):
        assert scene.store.signing_key().version == "v1"
    assert scene.secrets.calls == calls + 1
    scene.secrets.failure = None
    scene.rotate("v2")
    scene.now += PAUSE_S
    assert scene.store.signing_key().version == "v2"


def test_without_any_key_it_says_so_and_tries_again(scene: Scene) -> None:
    denied = ClientError(
        {"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue"
    )
    scene.secrets.failure = denied
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            scene.store.signing_key()
    scene.secrets.failure = None
    assert scene.store.signing_key().version == "v1"


def test_a_previous_version_that_cannot_be_read_is_not_taken_for_absent(scene: Scene) -> None:
    scene.rotate("v2")
    assert scene.store.verification_key("v1") is not None
    scene.now += FRESH_S
    read = scene.secrets.get_secret_value

    def flaky(SecretId: str, VersionStage: str) -> dict[str, Any]:
        if VersionStage == "AWSPREVIOUS":
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        return read(SecretId, VersionStage)

    scene.secrets.get_secret_value = flaky  # type: ignore[method-assign]
    assert scene.store.verification_key("v1") is not None


def test_a_key_does_not_show_its_value(scene: Scene) -> None:
    assert "arn-v1" not in repr(scene.store.signing_key())
