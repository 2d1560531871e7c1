"""Whether a tag may be released: it is on main, and it is the version that its commit says.

    python3 .github/scripts/release.py v1.2.3

Looks at the checkout, which has to have the whole history and `origin/main`. Changes nothing.
"""

import re
import subprocess
import sys

MAIN = "origin/main"
MANIFEST = "Cargo.toml"


def check(tag: str) -> None:
    if _git("rev-parse", "--is-shallow-repository") == "true":
        sys.exit("the checkout has not the whole history, so nobody can say what is on main")
    commit = _git("rev-parse", "--verify", "--quiet", f"refs/tags/{tag}^{{commit}}")
    if not commit:
        sys.exit(f"there is no tag {tag}")
    if commit != _git("rev-parse", "--verify", "HEAD"):
        sys.exit(f"the tag {tag} is at {commit[:12]}, and that is not what is checked out: it was moved")
    if not _git("rev-parse", "--verify", "--quiet", f"{MAIN}^{{commit}}"):
        sys.exit(f"the checkout has no {MAIN}")
    if _ended("merge-base", "--is-ancestor", commit, MAIN) != 0:
        sys.exit(
            f"the tag {tag} is at {commit[:12]}, which is not on main: releases are made of what was "
            "merged. Delete the tag, merge the commit, and tag what is on main then"
        )
    version = _version(commit)
    if tag != f"v{version}":
        sys.exit(f"the tag is {tag}, and {MANIFEST} of its commit says {version}: it should be v{version}")
    print(f"{tag} is at {commit[:12]}, on main, and {MANIFEST} says the same version")


def _version(commit: str) -> str:
    text = _git("show", f"{commit}:{MANIFEST}")
    sections = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    package = next((s for s in sections if s.startswith("[workspace.package]")), "")
    found = re.search(r'^version[ \t]*=[ \t]*"([^"]+)"', package, re.MULTILINE)
    if not found:
        sys.exit(f"{MANIFEST} of {commit[:12]} says no version below [workspace.package]")
    return found.group(1)


def _git(*arguments: str) -> str:
    """What git prints; nothing where it says no."""
    asked = subprocess.run(["git", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _ended(*arguments: str) -> int:
    return subprocess.run(["git", *arguments], check=False).returncode


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    check(sys.argv[1])
