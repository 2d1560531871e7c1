"""What is said to the runner: annotations, outputs, the summary of the job."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _say(kind: str, title: str, message: str) -> None:
    title = _escaped(title).replace(":", "%3A").replace(",", "%2C")
    print(f"::{kind} title={title}::{_escaped(message)}", flush=True)


def notice(title: str, message: str) -> None:
    _say("notice", title, message)


def warning(title: str, message: str) -> None:
    _say("warning", title, message)


def error(title: str, message: str) -> None:
    _say("error", title, message)


@contextmanager
def quoting() -> Iterator[None]:
    """While others' words are printed, none of them is taken for a command to the runner."""
    end = secrets.token_hex(16)
    print(f"::stop-commands::{end}", flush=True)
    try:
        yield
    finally:
        print(f"::{end}::", flush=True)


def output(name: str, value: str) -> None:
    """A value for later steps; ours have no line breaks."""
    _append("GITHUB_OUTPUT", f"{name}={value}\n")


def summary(markdown: str) -> None:
    _append("GITHUB_STEP_SUMMARY", markdown.rstrip("\n") + "\n\n")


def _append(variable: str, text: str) -> None:
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text, end="", flush=True)
