"""Runs qpiac: what it tells a person goes to the log, what it prints is given back."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import runner
from setting import Missing, Setting

DONE = 0
FAILED = 1
CHANGES = 2
USAGE = 64
INTERRUPTED = 130
# What qpiac advises where another run holds the stack's lease, and nowhere else.
HELD = "hint: wait longer with --lease-wait"
# A message is for a comment; all of it is in the log.
LONGEST_ERROR = 4000


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """From the first line that says `error:`, else the last lines."""
        lines = self.err.strip().splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("error:")), -20)
        return "\n".join(lines[first:])[:LONGEST_ERROR] or f"qpiac ended with {self.code}"

    @property
    def was_begun(self) -> bool:
        """Whether anything may have been carried out. A refusal ends with `FAILED` or `USAGE` and prints
        no document; a program that was killed or broke down prints none either, and had perhaps begun."""
        return bool(self.out.strip()) or self.code not in (FAILED, USAGE)

    @property
    def found_lease_held(self) -> bool:
        return not self.was_begun and HELD in self.err


def plan(setting: Setting, out: Path) -> Ran:
    return _run("plan", setting, "--out", str(out), "--format", "markdown", "--detailed-exitcode")


def apply(setting: Setting, saved: Path, lease_wait_s: int) -> Ran:
    """With `json`, something is printed if the plan was begun, and nothing if it was refused."""
    wait = ("--lease-wait", str(lease_wait_s))
    return _run("apply", setting, str(saved), "--yes", "--format", "json", *wait)


def _run(verb: str, setting: Setting, *arguments: str) -> Ran:
    command = ["qpiac", verb, "--file", str(setting.stack_file), "--color", "never", *arguments]
    print("$", *command, flush=True)
    # It deploys to AWS, and has no business on GitHub.
    environment = {k: v for k, v in os.environ.items() if k != "GITHUB_TOKEN"}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, runner.quoting():
        try:
            child = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as fault:
            raise Missing(f"qpiac cannot be run: {fault}") from fault
        err = _listened(child)
        code = child.wait()
        out.seek(0)
        return Ran(code, out.read(), err)


def _listened(child: "subprocess.Popen[str]") -> str:
    """Prints what is told as it comes. A job that is cancelled has qpiac end cleanly, and waits for it."""

    def forward(number: int, _: FrameType | None) -> None:
        if child.poll() is None:
            child.send_signal(number)

    earlier = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        lines = []
        assert child.stderr is not None
        for line in child.stderr:
            lines.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
        child.wait()
        return "".join(lines)
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
