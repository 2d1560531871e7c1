"""What is written into comments, issues and summaries."""

import os
from typing import Any

# GitHub refuses more than 65,536 characters.
LONGEST_BODY = 65_000


def marker(kind: str, place: tuple[str, str]) -> str:
    """What a comment or an issue is found by: one for each stack and region. Readers do not see it."""
    stack, region = place
    return f"<!-- qpiac:{kind} stack={stack} region={region} -->"


def is_ours(item: dict[str, Any], mark: str) -> bool:
    """Whether the job wrote it. Anybody can write a marker, and could then put words into our mouth."""
    author = os.environ.get("DEPLOY_AUTHOR", "github-actions[bot]")
    is_by_us = (item.get("user") or {}).get("login") == author
    return is_by_us and (item.get("body") or "").startswith(mark)


def body(mark: str, before: str, plan: str, after: str, run_url: str) -> str:
    """A comment or an issue, with as much of the plan as there is room for."""
    room = LONGEST_BODY - len(mark) - len(before) - len(after)
    parts = [mark, before, fitted(plan.strip(), room, run_url), after]
    return "\n\n".join(part for part in parts if part) + "\n"


def fitted(plan: str, room: int, run_url: str) -> str:
    if len(plan) <= room:
        return plan
    rest = f"\n\n**The plan goes on**, for longer than fits here: [all of it]({run_url}).\n"
    # What a cut may leave open is at most a fence and a few details.
    lines = plan[: room - len(rest) - 200].split("\n")[:-1]
    cut = "\n".join(lines)
    if sum(line.lstrip().startswith("```") for line in lines) % 2 == 1:
        cut += "\n```"
    opened = cut.count("<details>") - cut.count("</details>")
    return cut + "\n</details>" * max(opened, 0) + rest


def quoted(message: str) -> str:
    """Words of others, as they are."""
    longest = max((len(run) for run in message.split("\n") if set(run.strip()) == {"`"}), default=0)
    fence = "`" * max(4, longest + 1)
    return f"{fence}text\n{message}\n{fence}"
