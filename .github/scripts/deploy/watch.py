"""On a schedule: one issue as long as AWS differs from the branch, closed when it does not any more."""

from typing import Any

import runner
import text
import tool
from github import GitHub, Refused
from setting import Setting

LABEL = "qpiac-difference"
EXPLANATION = """\
AWS is not what the stack file on `{branch}` says. Below is what would make it so. Either somebody changed
AWS by hand, or a deployment did not end well or still waits for approval.

- To take the change back: run the last deployment of `{branch}` again, and approve its plan.
- To keep it: write it into the stack file.

This text is written anew by every look, and the issue closed by the first one that finds no difference."""


def run(setting: Setting) -> int:
    place = setting.place()
    ran = tool.plan(setting, setting.scratch / "watch.plan")
    if ran.code not in (tool.DONE, tool.CHANGES):
        runner.error("The plan failed, so nothing is known", ran.error)
        runner.summary("**The plan failed, so nothing is known.**\n\n" + text.quoted(ran.error))
        return ran.code
    runner.summary(ran.out)
    github = GitHub(setting)
    mark = text.marker("difference", place)
    issue = _open_issue(github, mark)
    if ran.code == tool.DONE:
        _close(setting, github, issue)
    elif _is_deploying(setting, github):
        runner.notice("A deployment is under way", "AWS differs, as it has to; the next look will tell.")
    else:
        _report(setting, github, place, issue, ran.out)
    return 0


def _open_issue(github: GitHub, mark: str) -> dict[str, Any] | None:
    listed = github.pages("/issues", state="open", labels=LABEL)
    return next((i for i in listed if "pull_request" not in i and text.is_ours(i, mark)), None)


def _is_deploying(setting: Setting, github: GitHub) -> bool:
    runs = github.get(
        f"/actions/workflows/{setting.workflow}/runs",
        event="push",
        branch=setting.branch,
        status="in_progress",
    )
    return bool(runs["total_count"] > 0)


def _report(
    setting: Setting, github: GitHub, place: tuple[str, str], issue: dict[str, Any] | None, plan: str
) -> None:
    title = f"AWS differs from the stack {place[0]} in {place[1]}"
    body = text.body(
        text.marker("difference", place),
        EXPLANATION.format(branch=setting.branch),
        plan,
        f"<sub>Last seen by [this run]({setting.run_url}) at {setting.commit[:12]}.</sub>",
        setting.run_url,
    )
    if issue:
        github.patch(f"/issues/{issue['number']}", title=title, body=body)
    else:
        _make_label(github)
        issue = github.post("/issues", title=title, body=body, labels=[LABEL])
    runner.warning("AWS differs from the stack file", f"See the issue {issue['html_url']}")


def _make_label(github: GitHub) -> None:
    try:
        github.get(f"/labels/{LABEL}")
    except Refused as refused:
        if refused.status != 404:
            raise
        about = "AWS is not what the stack file says"
        github.post("/labels", name=LABEL, color="d93f0b", description=about)


def _close(setting: Setting, github: GitHub, issue: dict[str, Any] | None) -> None:
    if not issue:
        runner.notice("No difference", "AWS is what the stack file says.")
        return
    number = issue["number"]
    closing = f"AWS is what the stack file says again, [as this run saw]({setting.run_url})."
    github.post(f"/issues/{number}/comments", body=closing)
    github.patch(f"/issues/{number}", state="closed", state_reason="completed")
    runner.notice("No difference any more", f"The issue {number} is closed.")
