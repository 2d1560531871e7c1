"""The application under a real server, with its keys in the emulator."""

from __future__ import annotations

import base64
import http.server
import json
import re
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jwt
import pytest

from conftest import WORKLOAD
from emulator import Emulator, Process, clean_environment, free_port

APP = WORKLOAD / "app"
ISSUER = "qp-iac-cdn-headers"
AUDIENCE = "cdn-alb-communication"


@dataclass
class Answer:
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """The application in a process of its own."""

    def __init__(self, emulator: Emulator, **more: str) -> None:
        self.client = emulator.client("secretsmanager")
        self.arn = self.client.create_secret(
            Name=f"app-{uuid.uuid4().hex}/jwt", SecretString=secrets.token_hex(32)
        )["ARN"]
        self.api_key = secrets.token_hex(32)
        self.seen = {self.api_key, self.secret()[1]}
        given = {"API_KEY": self.api_key, "JWT_SECRET_ARN": self.arn, "TASK_NAME": "task-a"}
        given = {**given, "AWS_ENDPOINT_URL": emulator.endpoint, **more}
        self.process, self.base = start(given)
        self.process.wait_until_it_answers(f"{self.base}/health")

    def ask(self, path: str, token: str | None = None, body: Any = None, **headers: str) -> Answer:
        data = (
            None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        )
        request = urllib.request.Request(f"{self.base}{path}", data=data)
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as told:
                return Answer(told.status, told.headers, told.read())
        except urllib.error.HTTPError as refusal:
            return Answer(refusal.code, refusal.headers, refusal.read())

    def log_in(self, username: str = "demo") -> str:
        answer = self.ask("/auth/login", body={"username": username, "password": self.api_key})
        assert answer.status == 200, answer.body
        return answer.json["access_token"]

    def secret(self, stage: str = "AWSCURRENT") -> tuple[str, str]:
        told = self.client.get_secret_value(SecretId=self.arn, VersionStage=stage)
        return told["VersionId"], told["SecretString"]

    def rotate(self) -> tuple[str, str]:
        value = secrets.token_hex(32)
        self.seen.add(value)
        told = self.client.put_secret_value(SecretId=self.arn, SecretString=value)
        return told["VersionId"], value

    def sign(self, key: tuple[str, str] | None = None, header: Any = None, **claims: Any) -> str:
        version, value = key or self.secret()
        now = int(time.time())
        usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "demo", "iat": now, "exp": now + 60}
        usual = {name: each for name, each in {**usual, **claims}.items() if each is not None}
        return jwt.encode(
            usual, value, algorithm="HS256", headers={"kid": version, **(header or {})}
        )

    def stop(self) -> None:
        self.process.stop()
        said = self.process.said()
        assert "GET /health" in said
        for value in self.seen:
            assert value not in said, "a secret got into the log"


def start(environment: dict[str, str]) -> tuple[Process, str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "cdn_headers.main:create_app"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-server-header"]
    return Process(command, clean_environment(**environment), APP), f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(emulator: Emulator) -> Iterator[Server]:
    started = Server(emulator)
    yield started
    started.stop()


@pytest.fixture
def own(emulator: Emulator) -> Iterator[Server]:
    """A server whose keys a test may rotate."""
    started = Server(emulator)
    yield started
    started.stop()


# The page.


class Page(HTMLParser):
    """Whatever a content security policy would stop, and every address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attrs:
            if name in ("src", "href", "action"):
                self.addresses.append(value or "")
            if name == "style" or name.startswith("on"):
                self.inline.append(name)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style") and data.strip():
            self.inline.append(data)


def test_the_page_is_complete_and_needs_nothing_from_elsewhere(server: Server) -> None:
    answer = server.ask("/")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    page = Page(answer.body.decode())
    assert page.inline == []
    assert page.addresses == ["data:,", "/assets/page.css", "/assets/page.js"]
    for address in page.addresses[1:]:
        asset = server.ask(address)
        assert asset.status == 200 and len(asset.body) > 1000
        assert not re.search(rb"https?://|@import|url\(|eval\(|innerHTML", asset.body)
    assert b"prefers-color-scheme: dark" in server.ask("/assets/page.css").body


def test_the_page_offers_every_endpoint(server: Server) -> None:
    page, script = server.ask("/").body.decode(), server.ask("/assets/page.js").body.decode()
    for path in ("/health", "/api/status", "/auth/me", "/api/protected", "/debug/headers"):
        assert f'data-path="{path}"' in page
        assert server.ask(path).status in (200, 401)
    assert '"/auth/login"' in script


# What may be cached.


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/health", "public, max-age=30"),
        ("/api/status", "no-store"),
        ("/api/protected", "no-store"),
        ("/api/nothing", "no-store"),
        ("/auth/me", "no-store"),
        ("/debug/headers", "no-store"),
        ("/", "no-cache"),
    ],
)
def test_every_answer_says_whether_it_may_be_cached(
    server: Server, path: str, expected: str
) -> None:
    answer = server.ask(path)
    assert answer.headers["Cache-Control"] == expected
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_login_is_never_cached(server: Server) -> None:
    for body in ({"username": "demo", "password": server.api_key}, {"username": "demo"}):
        assert server.ask("/auth/login", body=body).headers["Cache-Control"] == "no-store"


# Which task answers.


def test_health_and_status(server: Server) -> None:
    assert server.ask("/health").json == {"status": "ok"}
    assert server.ask("/api/status").json == {"status": "ok", "task": "task-a"}


def test_on_ecs_the_task_is_named_by_its_metadata(emulator: Emulator) -> None:
    class Metadata(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/v4/abc/task"
            told = {
                "TaskARN": "arn:aws:ecs:us-east-1:123456789012:task/c/0123abcd",
                "AvailabilityZone": "us-east-1b",
            }
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_arguments: Any) -> None:
            pass

    metadata = http.server.HTTPServer(("127.0.0.1", 0), Metadata)
    threading.Thread(target=metadata.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{metadata.server_port}/v4/abc"
    server = Server(emulator, ECS_CONTAINER_METADATA_URI_V4=address)
    try:
        assert server.ask("/api/status").json == {
            "status": "ok",
            "task": "0123abcd",
            "zone": "us-east-1b",
        }
    finally:
        server.stop()
        metadata.shutdown()
        metadata.server_close()


# Logging in.


def test_a_login_gives_a_token_with_the_agreed_claims(server: Server) -> None:
    answer = server.ask("/auth/login", body={"username": "demo", "password": server.api_key})
    assert answer.json["token_type"] == "Bearer" and answer.json["expires_in"] == 900
    token = answer.json["access_token"]
    version, value = server.secret()
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["kid"]) == ("HS256", version)
    claims = jwt.decode(token, value, algorithms=["HS256"], audience=AUDIENCE, issuer=ISSUER)
    assert claims["sub"] == "demo" and claims["exp"] - claims["iat"] == 900
    assert server.ask("/auth/me", token).json["username"] == "demo"
    protected = server.ask("/api/protected", token)
    assert protected.status == 200 and protected.json["task"] == "task-a"


def test_the_lifetime_of_a_token_can_be_chosen(emulator: Emulator) -> None:
    server = Server(emulator, TOKEN_LIFETIME_S="60")
    token = server.log_in()
    server.stop()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "demo", "password": "wrong-pass"}, 401),
        ({"username": "demo", "password": "0" * 64}, 401),
        ({"username": "demo", "password": ""}, 422),
        ({"username": "demo", "password": "wrong-pass" * 99}, 422),
        ({"username": "-demo", "password": "wrong-pass"}, 422),
        ({"username": "a\nb", "password": "wrong-pass"}, 422),
        ({"password": "wrong-pass"}, 422),
        (["wrong-pass"], 422),
        (b"wrong-pass", 422),
        (b"\xff\xfe", 422),
    ],
)
def test_a_login_without_the_api_key_is_refused(server: Server, body: Any, status: int) -> None:
    answer = server.ask("/auth/login", body=body)
    assert answer.status in ((status,) if status == 401 else (422, 400))
    assert b"access_token" not in answer.body and b"wrong-pass" not in answer.body


# Tokens that do not count.


def without_signature(server: Server) -> str:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": server.secret()[0]}).encode())
    return f"{head.rstrip(b'=').decode()}.{server.sign().split('.')[1]}."


REFUSED = {
    "expired": (lambda s: s.sign(exp=int(time.time()) - 1), "token expired"),
    "another issuer": (lambda s: s.sign(iss="somebody"), "invalid token"),
    "another audience": (lambda s: s.sign(aud="somebody"), "invalid token"),
    "no subject": (lambda s: s.sign(sub=None), "invalid token"),
    "no end": (lambda s: s.sign(exp=None), "invalid token"),
    "another key": (lambda s: s.sign(key=(s.secret()[0], "00" * 32)), "invalid token"),
    "an unknown key": (lambda s: s.sign(key=(str(uuid.uuid4()), "00" * 32)), "unknown key"),
    "a long key id": (lambda s: s.sign(header={"kid": "k" * 65}), "unknown key"),
    "no key id": (
        lambda s: jwt.encode({"sub": "demo"}, s.secret()[1], algorithm="HS256"),
        "unsupported token",
    ),
    "another algorithm": (
        lambda s: jwt.encode(
            {"sub": "demo"}, s.secret()[1], algorithm="HS512", headers={"kid": s.secret()[0]}
        ),
        "unsupported token",
    ),
    "no signature": (without_signature, "unsupported token"),
    "nonsense": (lambda _s: "a.b.c", "malformed token"),
    "one part": (lambda _s: "abc", "malformed token"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_token_that_does_not_count_is_refused(server: Server, name: str) -> None:
    make, detail = REFUSED[name]
    for path in ("/api/protected", "/auth/me"):
        answer = server.ask(path, make(server))
        assert answer.status == 401 and answer.json == {"detail": detail}
        assert answer.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer", "Bearer ", "abc"])
def test_without_a_token_there_is_a_challenge(server: Server, header: str | None) -> None:
    given = {} if header is None else {"Authorization": header}
    answer = server.ask("/api/protected", **given)
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] == "Bearer"


# Rotation of the signing secret.


def test_tokens_outlive_one_rotation_and_the_new_key_counts_at_once(own: Server) -> None:
    first = own.log_in()
    assert own.ask("/auth/me", first).status == 200
    key = own.rotate()
    # Another task signs with the new key already; this one has the old key in memory.
    assert own.ask("/auth/me", own.sign(key)).status == 200
    assert own.ask("/auth/me", first).status == 200
    assert jwt.get_unverified_header(own.log_in())["kid"] == key[0]

    another = own.rotate()
    assert own.ask("/auth/me", own.sign(another)).status == 200
    assert own.ask("/auth/me", own.sign(key)).status == 200
    refused = own.ask("/auth/me", first)
    assert refused.status == 401 and refused.json == {"detail": "unknown key"}


def test_a_version_that_is_only_pending_does_not_count(own: Server) -> None:
    value = "12" * 32
    told = own.client.put_secret_value(
        SecretId=own.arn, SecretString=value, VersionStages=["AWSPENDING"]
    )
    assert own.ask("/auth/me", own.sign((told["VersionId"], value))).status == 401


def test_without_keys_there_are_no_tokens_but_health(emulator: Emulator) -> None:
    missing = f"arn:aws:secretsmanager:us-east-1:123456789012:secret:none-{uuid.uuid4().hex[:6]}"
    server = Server(emulator, JWT_SECRET_ARN=missing)
    try:
        login = server.ask("/auth/login", body={"username": "demo", "password": server.api_key})
        for answer in (login, server.ask("/auth/me", server.sign())):
            assert answer.status == 503 and answer.headers["Retry-After"] == "5"
            assert answer.headers["Cache-Control"] == "no-store"
        assert server.ask("/health").status == 200
    finally:
        server.stop()


# Headers that arrived.


def test_headers_are_shown_without_credentials(server: Server) -> None:
    token = server.log_in()
    hidden = {
        "Authorization": f"Bearer {token}",
        "Cookie": "session=cookie-value",
        "X_CDN_Auth": "header-value",
        "X_Other_Name": f"prefix {'0f' * 32}",
    }
    answer = server.ask(
        "/debug/headers", x_cdn_validated="true", x_request_id="r-1", x_plain="p", **hidden
    )
    told = answer.json
    assert (told["x_cdn_validated"], told["x_request_id"]) == ("true", "r-1")
    assert told["headers"]["x-plain"] == "p"
    for name, value in hidden.items():
        assert told["headers"][name.lower().replace("_", "-")] == "(present, not shown)"
        assert value.encode() not in answer.body
    assert token.encode() not in answer.body and b"cookie-value" not in answer.body


def test_absent_headers_are_said_to_be_absent(server: Server) -> None:
    told = server.ask("/debug/headers").json
    assert told["x_cdn_validated"] is None and told["x_request_id"] is None


def test_there_is_no_other_page(server: Server) -> None:
    for path in (
        "/docs",
        "/redoc",
        "/openapi.json",
        "/assets/../main.py",
        "/assets/%2e%2e/main.py",
    ):
        assert server.ask(path).status == 404


# Settings.


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"API_KEY": ""}, "API_KEY is not set"),
        ({"JWT_SECRET_ARN": ""}, "JWT_SECRET_ARN is not set"),
        ({"JWT_SECRET_ARN": "jwt"}, "JWT_SECRET_ARN is not the ARN of a secret"),
        ({"TOKEN_LIFETIME_S": "0"}, "TOKEN_LIFETIME_S is not a number of seconds"),
        ({"TOKEN_LIFETIME_S": "15m"}, "TOKEN_LIFETIME_S is not a number of seconds"),
    ],
)
def test_it_does_not_start_without_its_settings(changed: dict[str, str], words: str) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s/jwt-AbCdEf"
    given = {"API_KEY": "recognisable-value", "JWT_SECRET_ARN": arn}
    process, _ = start({**given, **changed})
    assert process.wait_until_it_ends() != 0
    assert words in process.said() and "recognisable-value" not in process.said()


# What is locked.


def locked(path: Path) -> dict[str, set[str]]:
    """Hashes by package and version, as written in a lock."""
    text = path.read_text().replace("\\\n", " ")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {
        words[0]: {word for word in words if word.startswith("--hash=sha256:")} for words in lines
    }


def test_the_tests_run_what_the_image_gets() -> None:
    image, tests = locked(APP / "requirements.txt"), locked(WORKLOAD / "tests/requirements.txt")
    assert len(image) >= 10
    for package, hashes in image.items():
        assert "==" in package and hashes and tests[package] == hashes
