"""The token generator, called as its URL calls it."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import uuid
from typing import Any

import jwt
import pytest

import generator
from emulator import Emulator


@pytest.fixture
def secret(in_aws: Emulator, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Version and value of the signing secret."""
    value = secrets.token_hex(32)
    told = in_aws.client("secretsmanager").create_secret(
        Name=f"g-{uuid.uuid4().hex}", SecretString=value
    )
    monkeypatch.setenv("JWT_SECRET_ARN", told["ARN"])
    monkeypatch.delenv("TOKEN_LIFETIME_S", raising=False)
    generator._secrets.cache_clear()
    return told["VersionId"], value


def request(
    body: str | None = None, query: dict[str, str] | None = None, method: str = "POST", **more: Any
) -> Any:
    event = {
        "version": "2.0",
        "requestContext": {"http": {"method": method}},
        "isBase64Encoded": False,
        **more,
    }
    if body is not None:
        event["body"] = body
    if query is not None:
        event["queryStringParameters"] = query
    return event


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "event",
    [
        request('{"subject": "batch@example.com"}'),
        request(encoded('{"subject": "batch@example.com"}'), isBase64Encoded=True),
        request(query={"subject": "batch@example.com"}, method="GET"),
        request(query={"subject": "batch@example.com"}),
        request('{"subject": "batch@example.com"}', query={"subject": "other"}),
    ],
)
def test_it_issues_the_application_s_tokens(event: Any, secret: tuple[str, str]) -> None:
    answer = generator.handler(event, None)
    assert answer["statusCode"] == 200 and answer["headers"]["cache-control"] == "no-store"
    told = json.loads(answer["body"])
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
    token = told["access_token"]
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": secret[0], "typ": "JWT"}
    claims = jwt.decode(
        token,
        secret[1],
        algorithms=["HS256"],
        audience="cdn-alb-communication",
        issuer="qp-iac-cdn-headers",
    )
    assert claims["sub"] == "batch@example.com" and claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (request(), 400),
        (request(method="GET"), 400),
        (request(""), 400),
        (request("{"), 400),
        (request("[" * 4000), 400),
        (request("[]"), 400),
        (request("{}"), 400),
        (request('{"subject": 7}'), 400),
        (request('{"subject": ""}'), 400),
        (request('{"subject": "a b"}'), 400),
        (request('{"subject": "a\\n"}'), 400),
        (request(json.dumps({"subject": "a" * 65})), 400),
        (request("%%%", isBase64Encoded=True), 400),
        (request(base64.b64encode(b"\xff").decode(), isBase64Encoded=True), 400),
        (request(" " * 5000), 413),
        (request(query={"subject": "a"}, method="DELETE"), 405),
    ],
)
def test_what_it_does_not_understand_is_an_error_of_the_caller(
    event: Any, status: int, secret: tuple[str, str]
) -> None:
    answer = generator.handler(event, None)
    assert answer["statusCode"] == status
    assert set(json.loads(answer["body"])) == {"error"}


def test_the_lifetime_can_be_chosen(
    secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_LIFETIME_S", "60")
    told = json.loads(generator.handler(request('{"subject": "a"}'), None)["body"])
    assert told["expires_in"] == 60
    for wrong in ("0", "-1", "x", "9999999"):
        monkeypatch.setenv("TOKEN_LIFETIME_S", wrong)
        assert generator.handler(request('{"subject": "a"}'), None)["statusCode"] == 500


def test_a_rotation_counts_at_once(in_aws: Emulator, secret: tuple[str, str]) -> None:
    client = in_aws.client("secretsmanager")
    generator.handler(request('{"subject": "a"}'), None)
    new = client.put_secret_value(
        SecretId=generator.os.environ["JWT_SECRET_ARN"], SecretString="ab" * 32
    )
    token = json.loads(generator.handler(request('{"subject": "a"}'), None)["body"])["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == new["VersionId"] != secret[0]


def test_without_its_secret_it_says_so(
    secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-AbCdEf"
    monkeypatch.setenv("JWT_SECRET_ARN", missing)
    assert generator.handler(request('{"subject": "a"}'), None)["statusCode"] == 503
    monkeypatch.delenv("JWT_SECRET_ARN")
    assert generator.handler(request('{"subject": "a"}'), None)["statusCode"] == 500


def test_no_secret_and_no_token_gets_into_the_log(
    secret: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    token = json.loads(generator.handler(request('{"subject": "batch"}'), None)["body"])[
        "access_token"
    ]
    assert "batch" in caplog.text and secret[0] in caplog.text
    assert secret[1] not in caplog.text and token not in caplog.text
