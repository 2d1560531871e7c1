"""What GitHub knows of deployments: whether one is under way, and whether there was one between two looks."""

from typing import Any, NamedTuple

import turn
from github import GitHub
from setting import Setting

# Only a run of the branch's last commit begins to deploy, so those that matter are among the newest.
NEWEST = 30
# What waits for somebody's approval may do so for days, and changes nothing meanwhile.
AT_REST = ("completed", "waiting")


class Seen(NamedTuple):
    """All that changes when a deployment begins or ends."""

    is_newest: bool
    # Their numbers, states, and when they changed last: one that is started again keeps its number.
    runs: tuple[tuple[Any, str, str], ...]

    def in_the_way(self, setting: Setting) -> str | None:
        """Why nothing can be said of differences now."""
        if not self.is_newest:
            return f"{setting.branch} has moved on from {setting.commit[:12]}."
        if any(status not in AT_REST for _, status, _ in self.runs):
            return "A deployment is under way."
        return None


def look(setting: Setting, github: GitHub) -> Seen:
    path = f"/actions/workflows/{setting.workflow}/runs"
    listed = github.get(path, event="push", branch=setting.branch, per_page=NEWEST)["workflow_runs"]
    runs = sorted((run["id"], run["status"], run["updated_at"]) for run in listed)
    return Seen(turn.is_newest(setting, github), tuple(runs))
