"""Tokens: JSON Web Tokens signed with HS256, whose key id is a version id of the secret."""

from __future__ import annotations

import time
from typing import Any

import jwt

from .keys import Key, KeyStore

ALGORITHM = "HS256"
ISSUER = "qp-iac-cdn-headers"
AUDIENCE = "cdn-alb-communication"
LONGEST_KEY_ID = 64


class InvalidToken(Exception):
    """The token does not count; the message says why, in words for the caller."""


def issue(key: Key, subject: str, lifetime_s: int) -> str:
    """A token for `subject`, valid from now on for `lifetime_s` seconds."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "iat": now,
        "exp": now + lifetime_s,
    }
    return jwt.encode(claims, key.secret, algorithm=ALGORITHM, headers={"kid": key.version})


def verify(token: str, keys: KeyStore) -> dict[str, Any]:
    """The claims of a token that counts. Raises InvalidToken, or KeysUnavailable."""
    key = keys.verification_key(_key_id(token))
    if key is None:
        raise InvalidToken("unknown key")
    try:
        return jwt.decode(
            token,
            key.secret,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # The clocks of two tasks may differ: a token "from the future" counts.
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_iat": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise InvalidToken("token expired") from error
    except jwt.PyJWTError as error:
        raise InvalidToken("invalid token") from error


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise InvalidToken("malformed token") from error
    key_id = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
        raise InvalidToken("unsupported token")
    if not 0 < len(key_id) <= LONGEST_KEY_ID:
        raise InvalidToken("unknown key")
    return key_id
