"""A plan is carried out when it is its turn: nobody else changes the stack, and the branch still ends here."""

import os
from pathlib import Path

import tool
from github import GitHub
from setting import Setting

# Longer than the minute after which qpiac takes over the lease of a run that was killed.
ROUND_S = 90


class Overtaken(Exception):
    """The branch has a newer commit, whose run deploys."""


class Busy(Exception):
    """Somebody else changed the stack all the while."""


def check_newest(setting: Setting, github: GitHub) -> None:
    """An old run, started again or approved late, must not lead back."""
    if not is_newest(setting, github):
        raise Overtaken(
            f"{setting.branch} has moved on from {setting.commit[:12]}; the run of its last commit "
            "deploys what this one would have."
        )


def is_newest(setting: Setting, github: GitHub) -> bool:
    tip = github.get(f"/git/ref/heads/{setting.branch}")
    return bool(tip["object"]["sha"] == setting.commit)


def apply(setting: Setting, github: GitHub, saved: Path) -> tool.Ran:
    """Waits for the stack's lease in rounds, and asks in between: the branch may move on meanwhile, and
    what has waited for long may lead back as well."""
    round_s = int(os.environ.get("DEPLOY_ROUND_S", ROUND_S))
    left_s = int(setting.given("LEASE_WAIT_S"))
    while True:
        check_newest(setting, github)
        wait_s = min(round_s, left_s)
        ran = tool.apply(setting, saved, wait_s)
        if not ran.found_lease_held:
            return ran
        left_s -= wait_s
        if left_s <= 0:
            raise Busy(ran.error)
