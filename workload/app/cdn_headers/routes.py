"""The endpoints."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field

from . import arrived, task, tokens

PAGE = Path(__file__).parent / "page"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter()


class Login(BaseModel):
    """What POST /auth/login takes. The password is the API key."""

    username: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")
    password: str = Field(min_length=1, max_length=256, repr=False)


class Token(BaseModel):
    """What POST /auth/login gives; `expires_in` in seconds."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int


def caller(request: Request) -> dict[str, Any]:
    """The claims of the request's bearer token; without one that counts, 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _unauthorized("a bearer token is needed")
    try:
        return tokens.verify(token.strip(), request.app.state.keys)
    except tokens.InvalidToken as error:
        raise _unauthorized(str(error), error="invalid_token") from error


Caller = Annotated[dict[str, Any], Depends(caller)]


@router.api_route("/", methods=["GET", "HEAD"])
def index() -> FileResponse:
    """The page."""
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return FileResponse(PAGE / "index.html", media_type="text/html", headers=headers)


@router.api_route("/health", methods=["GET", "HEAD"])
async def health() -> JSONResponse:
    """That this process serves. Secrets do not count: a new task would not have them either."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "public, max-age=30"})


@router.post("/auth/login")
def login(given: Login, request: Request) -> Token:
    """A token for whoever knows the API key."""
    settings = request.app.state.settings
    if not _equal(given.password, settings.api_key):
        raise _unauthorized("wrong username or password")
    key = request.app.state.keys.signing_key()
    token = tokens.issue(key, given.username, settings.token_lifetime_s)
    return Token(access_token=token, expires_in=settings.token_lifetime_s)


@router.get("/auth/me")
def me(claims: Caller) -> dict[str, Any]:
    """Whose token this is."""
    return {"username": claims["sub"], "issued_at": claims["iat"], "expires_at": claims["exp"]}


@router.get("/api/protected")
def protected(claims: Caller) -> dict[str, Any]:
    """Something that needs a token."""
    return {"message": f"Hello, {claims['sub']}: your token counts.", **task.identity()}


@router.get("/api/status")
def status() -> dict[str, str]:
    """Which task answers."""
    return {"status": "ok", **task.identity()}


@router.get("/debug/headers")
async def debug_headers(request: Request) -> dict[str, Any]:
    """The headers that arrived, without credentials."""
    return {
        "x_cdn_validated": request.headers.get("x-cdn-validated"),
        "x_request_id": request.headers.get("x-request-id"),
        "headers": arrived.shown(request.headers.items()),
    }


def _equal(given: str, expected: str) -> bool:
    """Compares in a time that tells nothing, not even how long the expected text is."""

    def digest(text: str) -> bytes:
        return hashlib.sha256(text.encode()).digest()

    return hmac.compare_digest(digest(given), digest(expected))


def _unauthorized(detail: str, error: str | None = None) -> HTTPException:
    challenge = "Bearer"
    if error is not None:
        challenge = f'Bearer error="{error}", error_description="{detail}"'
    return HTTPException(401, detail, headers={"WWW-Authenticate": challenge})
