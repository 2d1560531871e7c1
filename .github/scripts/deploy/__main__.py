"""The deploy job: what the steps of .github/workflows/deploy.yml run.

    python3 .github/scripts/deploy may        whether this run has what it needs; says what it lacks
    python3 .github/scripts/deploy plan       plan a pull request, and keep its one comment current
    python3 .github/scripts/deploy apply      carry out the plan that was reviewed, or ask for another
    python3 .github/scripts/deploy approved   carry out the plan that was made anew and approved
    python3 .github/scripts/deploy watch      compare, and keep the one issue about differences current

Everything comes by the environment, as `setting.py` reads it. Needs Python 3.10 and its standard
library, git, and qpiac on the path. docs/deploy.md says how it is set up and what it promises.
"""

import sys

import apply
import may
import plan
import runner
import watch
from github import Refused
from setting import Missing, Setting

VERBS = {
    "may": may.run,
    "plan": plan.run,
    "apply": apply.run,
    "approved": apply.run_approved,
    "watch": watch.run,
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in VERBS:
        print(__doc__, file=sys.stderr)
        return 64
    try:
        return VERBS[arguments[0]](Setting.from_environment())
    except (Missing, Refused) as fault:
        runner.error("The deploy job cannot go on", str(fault))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
