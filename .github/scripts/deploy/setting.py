"""What the runner and the workflow file tell the job."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path


class Missing(Exception):
    """Something that the job needs is not there."""


def _needed(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise Missing(f"the variable {name} is not set")
    return value


@dataclass(frozen=True)
class Setting:
    api: str
    server: str
    repository: str
    branch: str
    commit: str
    run: str
    workflow: str
    scratch: Path
    stack_file: Path

    @staticmethod
    def from_environment() -> "Setting":
        # OWNER/NAME/.github/workflows/FILE@REF
        workflow = _needed("GITHUB_WORKFLOW_REF").split("@")[0].rsplit("/", 1)[-1]
        return Setting(
            api=os.environ.get("GITHUB_API_URL", "https://api.github.com"),
            server=os.environ.get("GITHUB_SERVER_URL", "https://github.com"),
            repository=_needed("GITHUB_REPOSITORY"),
            branch=_needed("GITHUB_REF_NAME"),
            commit=_needed("GITHUB_SHA"),
            run=_needed("GITHUB_RUN_ID"),
            workflow=workflow,
            scratch=Path(_needed("RUNNER_TEMP")),
            stack_file=Path(_needed("STACK_FILE")),
        )

    def given(self, name: str) -> str:
        """What one verb alone needs."""
        return _needed(name)

    @property
    def run_url(self) -> str:
        return f"{self.server}/{self.repository}/actions/runs/{self.run}"

    def tree(self) -> str:
        """What names the content of the checkout: equal trees hold equal files, whatever their history."""
        asked = ["git", "rev-parse", "--verify", "HEAD^{tree}"]
        answered = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answered.returncode != 0:
            raise Missing(f"git does not say what is checked out: {answered.stderr.strip()}")
        return answered.stdout.strip()

    def place(self) -> tuple[str, str]:
        """The stack and its region, also where the stack file has mistakes and nothing else reads it."""
        try:
            text = self.stack_file.read_text(encoding="utf-8", errors="replace")
        except OSError as fault:
            raise Missing(f"cannot read {self.stack_file}: {fault.strerror}") from fault
        region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        return _key("stack", text) or "unknown", _key("region", text) or region or "unknown"


def _key(name: str, text: str) -> str | None:
    found = re.search(rf"^{name}:[ \t]*[\"']?([a-z0-9-]+)[\"']?[ \t]*(?:#.*)?$", text, re.MULTILINE)
    return found and found.group(1)
