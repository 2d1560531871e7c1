"""Calls to GitHub's REST API."""

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from setting import Setting

TRIES = 4
TIMEOUT_S = 30
PAGE = 100
LARGEST_BYTES = 128 << 20


class Refused(Exception):
    """GitHub did not do what it was asked."""

    def __init__(self, what: str, status: int, why: str):
        super().__init__(f"{what}: GitHub answered {status}: {why}" if status else f"{what}: {why}")
        self.status = status


class GitHub:
    """The repository of this run, with the rights of the job's token."""

    def __init__(self, setting: Setting):
        self.base = f"{setting.api}/repos/{setting.repository}"
        self.token = setting.given("GITHUB_TOKEN")
        self.pause_s = int(os.environ.get("DEPLOY_PAUSE_MS", "2000")) / 1000

    def get(self, path: str, **query: Any) -> Any:
        return json.loads(self._call("GET", path + ("?" + urlencode(query) if query else "")))

    def pages(self, path: str, within: str | None = None, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, however many pages it has."""
        page = 1
        while True:
            answer = self.get(path, **query, per_page=PAGE, page=page)
            items = answer[within] if within else answer
            yield from items
            if len(items) < PAGE:
                return
            page += 1

    def post(self, path: str, **body: Any) -> Any:
        return json.loads(self._call("POST", path, body))

    def patch(self, path: str, **body: Any) -> Any:
        return json.loads(self._call("PATCH", path, body))

    def download(self, path: str) -> bytes:
        return self._call("GET", path)

    def _call(self, method: str, path: str, body: Any = None) -> bytes:
        what = f"{method} {path}"
        for attempt in range(1, TRIES + 1):
            # What was created although its reply was lost must not be created twice.
            is_last = attempt == TRIES or method == "POST"
            try:
                return self._once(method, path, body)
            except urllib.error.HTTPError as fault:
                if is_last or (fault.code < 500 and fault.code != 429):
                    raise Refused(what, fault.code, _message(fault)) from None
            except (OSError, http.client.HTTPException) as fault:
                if is_last:
                    raise Refused(what, 0, str(fault)) from None
            time.sleep(self.pause_s * attempt)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, method: str, path: str, body: Any) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Accept", "application/vnd.github+json")
        request.add_header("X-GitHub-Api-Version", "2022-11-28")
        request.add_header("User-Agent", "qpiac-deploy-job")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        # Artifacts are fetched from elsewhere, which must not see the token.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            content: bytes = reply.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise Refused(f"{method} {path}", 0, f"the answer has more than {LARGEST_BYTES} bytes")
        return content


def _message(fault: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(fault.read()).get("message", fault.reason))
    except (ValueError, AttributeError, OSError):
        return str(fault.reason)
