"""On a schedule: one issue as long as AWS differs from the branch, closed when it does not any more."""

from typing import Any

import deployments
import runner
import text
import tool
from github import GitHub, Refused
from setting import Setting

# So often at most a plan is made, where deployments come in between.
PLANS = 3
LABEL = "qpiac-difference"
EXPLANATION = """\
AWS is not what the stack file on `{branch}` says. Below is what would make it so. Either somebody changed
AWS by hand, or a deployment did not end well or still waits for approval.

- To take the change back: run the last deployment of `{branch}` again, and approve its plan.
- To keep it: write it into the stack file.

This text is written anew by every look, and the issue closed by the first one that finds no difference."""


class Unsettled(Exception):
    """What is deployed changed while it was compared."""


def run(setting: Setting) -> int:
    place = setting.place()
    github = GitHub(setting)
    try:
        ran = _compared(setting, github)
    except Unsettled as why:
        left = f"{why} The issue about differences is left as it is; the next look will tell."
        runner.notice("Nothing is said of differences", left)
        runner.summary(f"**Nothing is said of differences.** {left}")
        return 0
    if ran.code not in (tool.DONE, tool.CHANGES):
        runner.error("The plan failed, so nothing is known", ran.error)
        runner.summary("**The plan failed, so nothing is known.**\n\n" + text.quoted(ran.error))
        return ran.code
    runner.summary(ran.out)
    issue = _open_issue(github, text.marker("difference", place))
    if ran.code == tool.DONE:
        _close(setting, github, issue)
    else:
        _report(setting, github, place, issue, ran.out)
    return 0


def _compared(setting: Setting, github: GitHub) -> tool.Ran:
    """A plan while which nothing was deployed: one that began before a deployment ended shows
    differences that there are not."""
    before = deployments.look(setting, github)
    for _ in range(PLANS):
        _check_settled(setting, before)
        ran = tool.plan(setting, setting.scratch / "watch.plan")
        if ran.code == tool.INTERRUPTED:
            return ran
        after = deployments.look(setting, github)
        if after == before:
            return ran
        before = after
    _check_settled(setting, before)
    raise Unsettled(f"There was a deployment during each of {PLANS} plans.")


def _check_settled(setting: Setting, seen: deployments.Seen) -> None:
    reason = seen.in_the_way(setting)
    if reason:
        raise Unsettled(reason)


def _open_issue(github: GitHub, mark: str) -> dict[str, Any] | None:
    listed = github.pages("/issues", state="open", labels=LABEL)
    return next((i for i in listed if "pull_request" not in i and text.is_ours(i, mark)), None)


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
