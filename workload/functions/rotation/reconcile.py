"""What a schedule does: the end of a rotation, and what a broken-off one left to do.

It may run beside a rotation. A rule cannot be written on condition that nobody else wrote it, so:
labels are read last, and rules are written within `FRESH_S` of that. A rotation that begins later
finds its value missing when it looks at the rules again, `settings.SETTLE_S` after it wrote them;
that is longer than `FRESH_S` and the longest call together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws import Clients, words
from consumers import Consumers
from origin import Gate
from secret import Secret, Unusable
from settings import Origin, Settings

LOG = logging.getLogger("rotation")

FRESH_S = 5.0


class Incomplete(Exception):
    """A part failed; the next run does it again."""


class Reconciliation:
    """One run."""

    def __init__(self, clients: Clients, settings: Settings, clock: Callable[[], float]) -> None:
        self._clients = clients
        self._settings = settings
        self._clock = clock

    def run(self) -> dict[str, Any]:
        """Does every part, whatever happens to the others; how much there was to do."""
        done = {"rules": 0, "deployments": 0}
        failures = []
        consumers = Consumers(self._clients, self._settings)
        parts: list[tuple[str, Callable[[], int]]] = [
            ("deployments", partial(consumers.catch_up, arn)) for arn in self._settings.consumers
        ]
        if (origin := self._settings.origin) is not None:
            parts.insert(0, ("rules", partial(self._drop_old_values, origin)))
        for name, part in parts:
            try:
                done[name] += part()
            except (BotoCoreError, ClientError, Unusable) as error:
                LOG.error("%s: %s", name, words(error))
                failures.append(words(error))
        if failures:
            raise Incomplete("; ".join(failures))
        LOG.info("reconciled: %(rules)d rules changed, %(deployments)d new deployments", done)
        return done

    def _drop_old_values(self, origin: Origin) -> int:
        """Takes out of the rules what no edge location sends and no rotation will send."""
        gate = Gate(self._clients, origin)
        rules = gate.rules()
        distribution = gate.distribution()
        read_at = self._clock()
        secret = Secret(self._clients, origin.secret)
        versions = secret.versions()
        pending = None
        if versions.pending is not None:
            pending = secret.value(versions.pending)
            if pending is None:
                LOG.info("a rotation is beginning: the rules stay as they are")
                return 0
        current = secret.value(versions.current)
        if current is None or not distribution.deployed or distribution.values != {current}:
            LOG.info("the distribution does not send the current value everywhere: rules stay")
            return 0
        wanted = frozenset(value for value in (current, pending) if value is not None)
        changed = 0
        for rule in rules:
            if self._clock() - read_at > FRESH_S:
                LOG.info("this takes too long: the next run goes on")
                break
            if current not in rule.values or not rule.values <= wanted:
                changed += gate.accept(rule, wanted)
        return changed
