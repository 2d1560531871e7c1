"""Saved plans as artifacts: how they are named, found and looked at.

A plan needs no trust. `qpiac apply FILE` plans again and refuses whatever the stack file and AWS do not
ask for, so a forged one can say nothing else. What it could is to leave out a part, or to have something
replaced: that is in its options, and a plan with options is not taken.
"""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from github import GitHub
from setting import Setting

FILE = "qpiac.plan"
LARGEST_BYTES = 64 << 20
OPTIONS = {"replace", "target", "exclude", "wait_for_lazy"}


class Unfit(Exception):
    """There is no plan to be carried out; says why."""


def artifact_name(setting: Setting, kind: str = "plan") -> str:
    """Names the stack file and the content of the whole checkout, so that what was merged finds it."""
    file = re.sub(r"[^A-Za-z0-9._-]+", "-", str(setting.stack_file))
    return f"qpiac-{kind}-{file}-{setting.tree()}"


def reviewed(setting: Setting, github: GitHub) -> Path:
    """The last plan that a pull request made of exactly this content."""
    listed = github.pages("/actions/artifacts", within="artifacts", name=artifact_name(setting))
    there = [a for a in listed if not a["expired"] and _is_of_here(a)]
    if not there:
        raise Unfit(
            "no pull request has a plan of exactly what is on the branch now: it was pushed without "
            "one, the branch had moved before the merge, or the plan has expired"
        )
    last = max(there, key=lambda a: (a["created_at"], a["id"]))
    content = _unpacked(github.download(f"/actions/artifacts/{last['id']}/zip"))
    check_options(content)
    path = setting.scratch / FILE
    path.write_bytes(content)
    return path


def _is_of_here(artifact: dict[str, Any]) -> bool:
    run = artifact.get("workflow_run") or {}
    here = run.get("repository_id")
    return here is not None and run.get("head_repository_id") == here


def _unpacked(archive: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            [entry] = opened.infolist()
            if entry.filename != FILE or entry.file_size > LARGEST_BYTES:
                raise Unfit(f"the artifact does not hold just a {FILE}")
            return opened.read(entry)
    except (zipfile.BadZipFile, ValueError) as fault:
        raise Unfit(f"the artifact does not hold just a {FILE}") from fault


def check_options(content: bytes) -> None:
    try:
        options = json.loads(content)["content"]["options"]
        unknown = set(options) != OPTIONS
    except (ValueError, KeyError, TypeError) as fault:
        raise Unfit("the artifact holds no plan that can be read") from fault
    if unknown:
        raise Unfit(f"the plan has options that this job does not know: {', '.join(sorted(options))}")
    chosen = sorted(name for name, value in options.items() if value)
    if chosen:
        raise Unfit(f"the plan is for a part of the stack, or for more than it: {', '.join(chosen)}")
