"""The branch has new content: the plan that was reviewed is carried out, or a new one is put forward."""

from pathlib import Path

import plans
import runner
import text
import tool
import turn
from github import GitHub, Refused
from setting import Setting


def run(setting: Setting) -> int:
    """Carries out the plan that the pull request showed."""
    github = GitHub(setting)
    try:
        turn.check_newest(setting, github)
        saved = plans.reviewed(setting, github)
        ran = turn.apply(setting, github, saved)
    except turn.Overtaken as why:
        runner.warning("Nothing was deployed", str(why))
        runner.summary(f"**Nothing was deployed.** {why}")
        return 0
    except turn.Busy as why:
        return _given_up(why)
    except plans.Unfit as why:
        return _put_forward(setting, github, f"There is no reviewed plan to carry out: {why}.")
    if ran.code != tool.DONE and not ran.was_begun:
        refused = "The reviewed plan was refused; nothing of it was carried out."
        return _put_forward(setting, github, f"{refused}\n\n{text.quoted(ran.error)}")
    return _concluded(ran, "the plan that was reviewed")


def run_approved(setting: Setting) -> int:
    """Carries out the plan that `run` put forward and that somebody approved."""
    saved = Path(setting.given("PLAN_FILE"))
    try:
        plans.check_options(saved.read_bytes())
    except (plans.Unfit, OSError) as why:
        return _not_begun(why)
    try:
        ran = turn.apply(setting, GitHub(setting), saved)
    except turn.Busy as why:
        return _given_up(why)
    except turn.Overtaken as why:
        return _not_begun(why)
    if ran.code != tool.DONE and not ran.was_begun:
        runner.error("The approved plan was refused", ran.error)
        runner.summary(
            "**The approved plan was refused; nothing of it was carried out.** Run all jobs again for "
            f"a new one.\n\n{text.quoted(ran.error)}"
        )
        return ran.code
    return _concluded(ran, "the plan that was approved")


def _not_begun(why: Exception) -> int:
    runner.error("Nothing was deployed", str(why))
    runner.summary(f"**Nothing was deployed.** {why}")
    return 1


def _given_up(why: turn.Busy) -> int:
    """A plan that was made now would be of a stack that somebody is changing."""
    runner.error("Nothing was deployed: another run is changing the stack", str(why))
    runner.summary(
        "**Nothing was deployed: another run is changing the stack.** Run all jobs again when it has "
        f"ended.\n\n{text.quoted(str(why))}"
    )
    return 1


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
