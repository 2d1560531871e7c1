"""A function behind a URL that issues tokens for the application.

Access is IAM's business: whoever may invoke the URL gets a token for the subject that they name,
as JSON (`{"subject": "batch"}`) or in the query (`?subject=batch`). The token is the same as the
application's: HS256, its key id the version of the secret that signed it.

Environment: JWT_SECRET_ARN; TOKEN_LIFETIME_S (seconds, 900 when absent).
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import logging
import os
import re
import time
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger("generator")
LOG.setLevel(logging.INFO)

ISSUER = "qp-iac-cdn-headers"
AUDIENCE = "cdn-alb-communication"
DEFAULT_LIFETIME_S = 900
LONGEST_LIFETIME_S = 43_200
LONGEST_BODY = 4096
SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Refused(Exception):
    """The request cannot be answered; the message is for the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answers a request that came through the function's URL."""
    try:
        subject = _subject(event)
        lifetime_s = _lifetime_s()
        version, secret = _signing_key()
    except Refused as refusal:
        LOG.info("refused with %d: %s", refusal.status, refusal)
        return _answer(refusal.status, {"error": str(refusal)})
    token = sign(subject, version, secret, lifetime_s, now=int(time.time()))
    LOG.info("issued a token for %s, signed with version %s", subject, version)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime_s}
    return _answer(200, answer)


def sign(subject: str, version: str, secret: str, lifetime_s: int, now: int) -> str:
    """A JSON Web Token for `subject`, issued at `now` in seconds since 1970."""
    header = {"alg": "HS256", "kid": version, "typ": "JWT"}
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + lifetime_s}
    signed = f"{_json_part(header)}.{_json_part(claims)}"
    signature = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_part(signature)}"


def _json_part(content: dict[str, Any]) -> str:
    return _part(json.dumps(content, separators=(",", ":")).encode())


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _subject(event: dict[str, Any]) -> str:
    method = event.get("requestContext", {}).get("http", {}).get("method", "POST")
    if method not in ("GET", "POST"):
        raise Refused(405, 'use GET with ?subject=NAME, or POST with {"subject": "NAME"}')
    given = _body(event).get("subject") if event.get("body") else None
    if given is None:
        given = (event.get("queryStringParameters") or {}).get("subject")
    if given is None:
        raise Refused(400, "a subject is needed, as JSON or in the query")
    if not isinstance(given, str) or not SUBJECT.fullmatch(given):
        raise Refused(400, "the subject is not 1 to 64 letters, digits and . _ @ -")
    return given


def _body(event: dict[str, Any]) -> dict[str, Any]:
    text = event["body"]
    if len(text) > LONGEST_BODY:
        raise Refused(413, "the body is too long")
    try:
        if event.get("isBase64Encoded"):
            text = base64.b64decode(text, validate=True).decode()
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(content, dict):
        raise Refused(400, "the body is not a JSON object")
    return content


def _lifetime_s() -> int:
    text = os.environ.get("TOKEN_LIFETIME_S") or str(DEFAULT_LIFETIME_S)
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_LIFETIME_S:
        LOG.error("TOKEN_LIFETIME_S is not a number of seconds from 1 to %d", LONGEST_LIFETIME_S)
        raise Refused(500, "this function is not configured")
    return int(text)


def _signing_key() -> tuple[str, str]:
    """Version and value of AWSCURRENT, read every time: a rotation counts at once."""
    arn = os.environ.get("JWT_SECRET_ARN")
    if not arn:
        LOG.error("JWT_SECRET_ARN is not set")
        raise Refused(500, "this function is not configured")
    try:
        answer = _secrets().get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
        return answer["VersionId"], answer["SecretString"]
    except ClientError as error:
        LOG.error("the signing secret was not read: %s", error.response["Error"].get("Code"))
    except (BotoCoreError, KeyError) as error:
        LOG.error("the signing secret was not read: %s", type(error).__name__)
    raise Refused(503, "the signing secret cannot be read")


def _answer(status: int, content: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(content)}


@functools.lru_cache(maxsize=1)
def _secrets() -> Any:
    config = Config(
        connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
    )
    return boto3.client("secretsmanager", config=config)
