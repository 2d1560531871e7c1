"""The branch has new content: the plan that was reviewed is carried out, or a new one is put forward."""

from pathlib import Path

import plans
import runner
import text
import tool
from github import GitHub, Refused
from setting import Setting


def run(setting: Setting) -> int:
    """Carries out the plan that the pull request showed."""
    github = GitHub(setting)
    if not _is_newest(setting, github):
        runner.warning("Nothing was deployed", _outrun(setting))
        runner.summary(f"**Nothing was deployed.** {_outrun(setting)}")
        return 0
    try:
        saved = plans.reviewed(setting, github)
    except plans.Unfit as why:
        return _put_forward(setting, github, f"There is no reviewed plan to carry out: {why}.")
    ran = tool.apply(setting, saved)
    if ran.code != tool.DONE and not _was_begun(ran):
        refused = "The reviewed plan was refused; nothing of it was carried out."
        return _put_forward(setting, github, f"{refused}\n\n{text.quoted(ran.error)}")
    return _concluded(ran, "the plan that was reviewed")


def run_approved(setting: Setting) -> int:
    """Carries out the plan that `run` put forward and that somebody approved."""
    if not _is_newest(setting, GitHub(setting)):
        runner.error("Nothing was deployed", _outrun(setting))
        runner.summary(f"**Nothing was deployed.** {_outrun(setting)}")
        return 1
    saved = Path(setting.given("PLAN_FILE"))
    try:
        plans.check_options(saved.read_bytes())
    except (plans.Unfit, OSError) as why:
        runner.error("Nothing was deployed", str(why))
        return 1
    ran = tool.apply(setting, saved)
    if ran.code != tool.DONE and not _was_begun(ran):
        runner.error("The approved plan was refused", ran.error)
        runner.summary(
            "**The approved plan was refused; nothing of it was carried out.** Run all jobs again for "
            f"a new one.\n\n{text.quoted(ran.error)}"
        )
        return ran.code
    return _concluded(ran, "the plan that was approved")


def _was_begun(ran: tool.Ran) -> bool:
    """Whether anything may have been carried out. A refusal ends with `FAILED` or `USAGE` and prints
    no document; a program that was killed or broke down prints none either, and had perhaps begun."""
    return bool(ran.out.strip()) or ran.code not in (tool.FAILED, tool.USAGE)


def _is_newest(setting: Setting, github: GitHub) -> bool:
    """Whether the branch still ends here. An old run that is started again must not lead back."""
    tip = github.get(f"/git/ref/heads/{setting.branch}")
    return bool(tip["object"]["sha"] == setting.commit)


def _outrun(setting: Setting) -> str:
    return (
        f"{setting.branch} has moved on from {setting.commit[:12]}; the run of its last commit deploys "
        "what this one would have."
    )


def _concluded(ran: tool.Ran, what: str) -> int:
    if ran.code == tool.DONE:
        runner.notice("Deployed", f"This carried out {what}.")
        runner.summary(f"**Deployed:** this carried out {what}.")
        return 0
    end = "was interrupted" if ran.code == tool.INTERRUPTED else "did not end well"
    message = (
        f"The deployment {end}: what was done is done, and nothing has to be undone. Run all jobs again: "
        "a plan of what is left is made, and waits for approval."
    )
    runner.error(f"The deployment {end}", f"{message}\n{ran.error}")
    runner.summary(f"**{message}**\n\n{text.quoted(ran.err.strip()[-8000:])}")
    return ran.code


def _put_forward(setting: Setting, github: GitHub, why: str) -> int:
    """Makes a new plan. Nobody has seen it, so it waits for approval, where the repository has one."""
    saved = setting.scratch / plans.FILE
    ran = tool.plan(setting, saved)
    if ran.code == tool.DONE:
        runner.notice("Nothing to deploy", "AWS is what the stack file says.")
        runner.summary("**Nothing to deploy:** AWS is what the stack file says.")
        return 0
    if ran.code != tool.CHANGES:
        runner.error("No plan can be made", ran.error)
        runner.summary(f"{why}\n\n**Nor can a new one be made.**\n\n{text.quoted(ran.error)}")
        return ran.code
    runner.summary(f"{why}\n\n{ran.out}")
    runner.output("artifact", plans.artifact_name(setting, "new-plan"))
    runner.output("file", str(saved))
    environment = setting.given("APPROVAL_ENVIRONMENT")
    lacking = _lacking_reviewers(github, environment)
    if lacking:
        runner.error("A new plan is needed, and nobody can approve it", f"{why}\n{lacking}")
        runner.summary(f"**Nothing was deployed.** {lacking}")
        return 1
    runner.output("approval", "needed")
    runner.warning("A new plan waits for approval", f"{why}\nThe plan is in the summary of this run.")
    runner.summary(f"**Nothing was deployed yet:** this plan waits for approval in `{environment}`.")
    return 0


def _lacking_reviewers(github: GitHub, environment: str) -> str | None:
    """GitHub makes an environment that is not there, and lets everything through. So it is asked first."""
    instead = (
        "Deploy it through a pull request instead: its plan is of everything that is left to do, and "
        "is carried out when it is merged."
    )
    try:
        found = github.get(f"/environments/{environment}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return f"There is no environment `{environment}`. {instead}"
    kinds = [rule["type"] for rule in found.get("protection_rules") or []]
    if "required_reviewers" in kinds:
        return None
    return f"The environment `{environment}` has no required reviewers. {instead}"
