"""Whether this run has what it needs. One that has not says so, and is not a failure."""

import os

import runner
from setting import Setting

FORK = (
    "This pull request comes from a fork, which gets no credentials for AWS, so no plan is made. "
    "Somebody who may push to the repository can look at the change and push it to a branch of the "
    "repository; a pull request from there gets a plan."
)


def run(setting: Setting) -> int:
    lacking = _lacking(setting)
    runner.output("may", "no" if lacking else "yes")
    if lacking:
        runner.notice("Nothing was compared with AWS", lacking)
        runner.summary(f"**Nothing was compared with AWS.** {lacking}")
    return 0


def _lacking(setting: Setting) -> str | None:
    is_proposed = os.environ.get("GITHUB_EVENT_NAME") == "pull_request"
    # Without a name the fork is gone already.
    if is_proposed and os.environ.get("HEAD_REPOSITORY", "") != setting.repository:
        return FORK
    for name, value in (("ROLE", "role"), ("REGION", "region"), ("VERSION", "version of qpiac")):
        if not os.environ.get(name):
            return (
                f"The deploy job is not set up here: no {value} is given. docs/deploy.md says which "
                "variables the repository and its environments need."
            )
    return None
