"""Stands in for GitHub's API: keeps comments, issues and labels, and asks for the rights that GitHub asks for.

    python3 github.py FOLDER

Reads FOLDER/world.json, which a test writes: branches, environments, runs, artifacts, tokens with their
rights. Writes FOLDER/kept.json: what it was sent. Prints its port, and ends with its standard input.
"""

import io
import json
import os
import re
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

FOLDER = Path(sys.argv[1])
REPOSITORY = "example/shop"
BOT = "github-actions[bot]"
LONGEST_BODY = 65_536
LOCK = threading.Lock()
KEPT = {"comments": {}, "issues": [], "labels": [], "requests": [], "ids": 0, "unwell": 0}


def world():
    return json.loads((FOLDER / "world.json").read_text())


def keep():
    (FOLDER / "kept.new").write_text(json.dumps(KEPT))
    os.replace(FOLDER / "kept.new", FOLDER / "kept.json")


class Refusal(Exception):
    def __init__(self, status, message):
        self.status, self.message = status, message


class Call:
    """One request, with the rights of its token."""

    def __init__(self, method, target, body, token):
        split = urlsplit(target)
        self.method, self.path = method, split.path
        self.query = {k: v[-1] for k, v in parse_qs(split.query).items()}
        self.body, self.token, self.world = body, token, world()

    def needs(self, level, *permissions):
        rights = self.world["tokens"].get(self.token)
        if rights is None:
            raise Refusal(401, "Bad credentials")
        enough = ("write",) if level == "write" else ("read", "write")
        if not any(rights.get(p) in enough for p in permissions):
            raise Refusal(403, "Resource not accessible by integration")

    def page(self, items):
        size, page = int(self.query.get("per_page", 30)), int(self.query.get("page", 1))
        return items[(page - 1) * size : page * size]

    def text(self):
        if len(self.body["body"]) > LONGEST_BODY:
            raise Refusal(422, f"body is too long (maximum is {LONGEST_BODY} characters)")
        return self.body["body"]

    def of_issue(self, number):
        """What covers the comments of a number: pull requests are issues too."""
        is_pull = int(number) in self.world["pulls"]
        return ("issues", "pull_requests") if is_pull else ("issues",)


def number():
    KEPT["ids"] += 1
    return KEPT["ids"]


def list_comments(call, issue):
    call.needs("read", *call.of_issue(issue))
    planted = call.world["comments"].get(issue, [])
    return 200, call.page(planted + KEPT["comments"].get(issue, []))


def add_comment(call, issue):
    call.needs("write", *call.of_issue(issue))
    comment = {"id": 1000 + number(), "body": call.text(), "user": {"login": BOT}}
    KEPT["comments"].setdefault(issue, []).append(comment)
    return 201, comment


def edit_comment(call, id):
    for issue, comments in KEPT["comments"].items():
        for comment in comments:
            if comment["id"] == int(id):
                call.needs("write", *call.of_issue(issue))
                comment["body"] = call.text()
                return 200, comment
    raise Refusal(404, "Not Found")


def list_issues(call):
    call.needs("read", "issues")
    wanted = set(filter(None, call.query.get("labels", "").split(",")))
    state = call.query.get("state", "open")
    everything = call.world["issues"] + KEPT["issues"]
    found = [
        issue
        for issue in reversed(everything)
        if issue["state"] == state and wanted <= {label["name"] for label in issue["labels"]}
    ]
    return 200, call.page(found)


def add_issue(call):
    call.needs("write", "issues")
    unknown = set(call.body["labels"]) - {label["name"] for label in KEPT["labels"]}
    if unknown:
        raise Refusal(422, f"no such label: {unknown}")
    n = number()
    issue = {
        "number": n,
        "title": call.body["title"],
        "body": call.text(),
        "state": "open",
        "labels": [{"name": name} for name in call.body["labels"]],
        "user": {"login": BOT},
        "html_url": f"https://github.com/{REPOSITORY}/issues/{n}",
    }
    KEPT["issues"].append(issue)
    return 201, issue


def edit_issue(call, n):
    call.needs("write", "issues")
    for issue in KEPT["issues"]:
        if issue["number"] == int(n):
            if "body" in call.body:
                call.text()
            issue.update(call.body)
            return 200, issue
    raise Refusal(404, "Not Found")


def get_label(call, name):
    call.needs("read", "issues")
    for label in KEPT["labels"]:
        if label["name"] == name:
            return 200, label
    raise Refusal(404, "Not Found")


def add_label(call):
    call.needs("write", "issues")
    KEPT["labels"].append(call.body)
    return 201, call.body


def get_ref(call, branch):
    call.needs("read", "contents")
    if branch not in call.world["refs"]:
        raise Refusal(404, "Not Found")
    return 200, {"ref": f"refs/heads/{branch}", "object": {"sha": call.world["refs"][branch]}}


def list_artifacts(call):
    call.needs("read", "actions")
    name = call.query.get("name")
    found = [a for a in reversed(call.world["artifacts"]) if name in (None, a["name"])]
    return 200, {"total_count": len(found), "artifacts": call.page(found)}


def get_artifact(call, id):
    call.needs("read", "actions")
    return 302, f"/storage/{id}"


def get_environment(call, name):
    call.needs("read", "actions")
    if name not in call.world["environments"]:
        raise Refusal(404, "Not Found")
    return 200, {"name": name, "protection_rules": call.world["environments"][name]}


def list_runs(call, workflow):
    call.needs("read", "actions")
    runs = [
        run
        for run in call.world["runs"]
        if run["workflow"] == workflow
        and all(run[key] == call.query.get(key, run[key]) for key in ("event", "branch", "status"))
    ]
    return 200, {"total_count": len(runs), "workflow_runs": call.page(runs)}


ROUTES = [
    ("GET", r"/issues/(\d+)/comments", list_comments),
    ("POST", r"/issues/(\d+)/comments", add_comment),
    ("PATCH", r"/issues/comments/(\d+)", edit_comment),
    ("GET", r"/issues", list_issues),
    ("POST", r"/issues", add_issue),
    ("PATCH", r"/issues/(\d+)", edit_issue),
    ("GET", r"/labels/([\w-]+)", get_label),
    ("POST", r"/labels", add_label),
    ("GET", r"/git/ref/heads/(.+)", get_ref),
    ("GET", r"/actions/artifacts", list_artifacts),
    ("GET", r"/actions/artifacts/(\d+)/zip", get_artifact),
    ("GET", r"/actions/workflows/([\w.-]+)/runs", list_runs),
    ("GET", r"/environments/([\w-]+)", get_environment),
]


def answer(call):
    for method, pattern, does in ROUTES:
        found = re.fullmatch(f"/repos/{REPOSITORY}{pattern}", call.path)
        if found and method == call.method:
            return does(call, *found.groups())
    raise Refusal(404, "Not Found")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        bearer = self.headers.get("Authorization", "")
        if self.path.startswith("/storage/"):
            return self.storage(bearer)
        if self.path.startswith("/example/qpiac/releases/"):
            return self.release(self.path.removeprefix("/example/qpiac/releases/"))
        with LOCK:
            call = Call(self.command, self.path, body, bearer.removeprefix("Bearer "))
            KEPT["requests"].append(f"{self.command} {self.path}")
            try:
                if KEPT["unwell"] < call.world["unwell"]:
                    KEPT["unwell"] += 1
                    raise Refusal(502, "Server Error")
                if not self.headers.get("User-Agent"):
                    raise Refusal(403, "Request forbidden by administrative rules")
                status, content = answer(call)
            except Refusal as refusal:
                status, content = refusal.status, {"message": refusal.message}
            keep()
        if status == 302:
            return self.reply(302, b"", [("Location", content)])
        self.reply(status, json.dumps(content).encode())

    def storage(self, bearer):
        """Where artifacts lie. As with the real one, the address is the right, and a token is a mistake."""
        if bearer:
            return self.reply(400, b"{}")
        id = int(self.path.rsplit("/", 1)[-1])
        artifact = next(a for a in world()["artifacts"] if a["id"] == id)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in artifact["files"].items():
                archive.writestr(name, text)
        self.reply(200, packed.getvalue())

    def release(self, path):
        """The web pages of releases, which need no token."""
        if path == "latest":
            tag = world()["latest"]
            return self.reply(302, b"", [("Location", f"/example/qpiac/releases/tag/{tag}")])
        if path == f"tag/{world()['latest']}":
            return self.reply(200, b"the page of the release")
        file = FOLDER / "releases" / path.removeprefix("download/")
        if not file.is_file():
            return self.reply(404, b"Not Found")
        self.reply(200, file.read_bytes())

    def reply(self, status, content, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = handle_one


keep()
SERVER = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
print(SERVER.server_port, flush=True)
sys.stdin.read()
