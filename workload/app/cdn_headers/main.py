"""The application: `uvicorn --factory cdn_headers.main:create_app`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from . import routes
from .keys import KeyStore, KeysUnavailable, secrets_client
from .settings import Settings


def create_app(settings: Settings | None = None, keys: KeyStore | None = None) -> FastAPI:
    """The application with the settings of the environment, unless others are given."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    app = FastAPI(title="cdn-headers", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings or Settings.from_environment()
    arn = app.state.settings.jwt_secret_arn
    app.state.keys = keys or KeyStore(secrets_client(arn), arn)
    app.middleware("http")(_headers_of_every_response)
    app.exception_handler(RequestValidationError)(_unprocessable)
    app.exception_handler(KeysUnavailable)(_unavailable)
    app.include_router(routes.router)
    app.mount("/assets", StaticFiles(directory=routes.PAGE), name="assets")
    return app


async def _unprocessable(_request: Request, error: Exception) -> JSONResponse:
    """Says what is wrong with the input without repeating it: it may be a password."""
    assert isinstance(error, RequestValidationError)
    problems = [
        {"where": ".".join(str(part) for part in problem["loc"]), "problem": problem["msg"]}
        for problem in error.errors()
    ]
    return JSONResponse({"detail": problems}, status_code=422)


async def _unavailable(_request: Request, _error: Exception) -> JSONResponse:
    detail = "tokens cannot be issued or checked at the moment"
    return JSONResponse({"detail": detail}, status_code=503, headers={"Retry-After": "5"})


async def _headers_of_every_response(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    response = await call_next(request)
    path = request.url.path
    shareable = path == "/" or path.startswith("/assets/")
    response.headers.setdefault("Cache-Control", "no-cache" if shareable else "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
