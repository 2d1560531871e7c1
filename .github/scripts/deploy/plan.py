"""A pull request: what merging it would change, in one comment that is kept current."""

import runner
import text
import tool
from github import GitHub
from plans import artifact_name
from setting import Setting


def run(setting: Setting) -> int:
    place = setting.place()
    name, saved = artifact_name(setting), setting.scratch / "qpiac.plan"
    ran = tool.plan(setting, saved)
    made = ran.code in (tool.DONE, tool.CHANGES)
    plan = ran.out if made else _failed(place, ran.error)
    runner.summary(plan)
    if ran.code == tool.INTERRUPTED:
        return ran.code
    _tell(setting, place, plan, made)
    if not made:
        runner.error("The plan failed", ran.error)
        return 1
    runner.output("artifact", name)
    runner.output("file", str(saved))
    return 0


def _failed(place: tuple[str, str], error: str) -> str:
    """What stands in the place of the plan, under the same heading."""
    return f"### qpiac: `{place[0]}` in `{place[1]}`\n\n**The plan failed.**\n\n{text.quoted(error)}"


def _tell(setting: Setting, place: tuple[str, str], plan: str, made: bool) -> None:
    """Writes the comment, or writes over the one that is there."""
    mark = text.marker("plan", place)
    after = f"<sub>{_fate(setting, made)}</sub>"
    body = text.body(mark, "", plan, after, setting.run_url)
    github = GitHub(setting)
    comments = f"/issues/{setting.given('PULL_REQUEST')}/comments"
    for comment in github.pages(comments):
        if text.is_ours(comment, mark):
            github.patch(f"/issues/comments/{comment['id']}", body=body)
            return
    github.post(comments, body=body)


def _fate(setting: Setting, made: bool) -> str:
    made_by = f"Made by [this run]({setting.run_url}) for {setting.given('HEAD_COMMIT')[:12]}."
    if not made:
        return f"{made_by} There is no plan that a merge could carry out."
    return (
        f"{made_by} A merge carries out this plan, or refuses where something that it rests on has "
        "moved; then a new plan waits for approval."
    )
