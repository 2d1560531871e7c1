"""The secret that CloudFront sends in a header and the load balancer's rules demand.

A value may be sent only when every rule accepts it, and may be refused only when no edge location
sends it any more. So: rules accept both; the distribution gets the new one; it is deployed; the
label moves; reconcile.py takes the old one out of the rules.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from aws import Clients, code
from secret import NotReady, require_form
from settings import Origin

LOG = logging.getLogger("rotation")

VALUES = 5
"""How many values all conditions of a rule may have together."""

ATTEMPTS = 3
"""How often an update starts again because somebody else changed the distribution meanwhile."""


@dataclass(frozen=True)
class Rule:
    """A listener rule with a condition on the header."""

    arn: str
    conditions: list[dict[str, Any]]
    values: frozenset[str]

    def room(self) -> int:
        """How many values of the header the rule can have beside its other conditions."""
        all_values = sum(
            len(given.get("Values", []))
            for condition in self.conditions
            for name, given in condition.items()
            if name.endswith("Config")
        )
        return VALUES - (all_values - len(self.values))


@dataclass(frozen=True)
class Distribution:
    """What the distribution is configured to send, and whether every edge location does so."""

    config: dict[str, Any]
    etag: str
    values: frozenset[str]
    deployed: bool


class Gate:
    """The two ends of the header."""

    def __init__(self, clients: Clients, origin: Origin) -> None:
        self._clients = clients
        self._origin = origin

    def rules(self) -> list[Rule]:
        """Every rule of the listeners that demands the header."""
        found = []
        for listener in self._origin.listeners:
            pages = self._clients.balancing.get_paginator("describe_rules").paginate(
                ListenerArn=listener
            )
            for page in pages:
                found += [rule for each in page["Rules"] if (rule := self._rule(each))]
        return found

    def _rule(self, told: dict[str, Any]) -> Rule | None:
        conditions = [_as_sent(condition) for condition in told.get("Conditions", [])]
        values = [
            condition["HttpHeaderConfig"]["Values"]
            for condition in conditions
            if self._is_ours(condition)
        ]
        if not values:
            return None
        return Rule(told["RuleArn"], conditions, frozenset(values[0]))

    def _is_ours(self, condition: dict[str, Any]) -> bool:
        name = condition.get("HttpHeaderConfig", {}).get("HttpHeaderName", "")
        return name.lower() == self._origin.header.lower()

    def accept(self, rule: Rule, values: frozenset[str]) -> bool:
        """Makes the rule accept exactly `values`; whether that took a change."""
        if rule.values == values:
            return False
        conditions = [
            {
                "Field": "http-header",
                "HttpHeaderConfig": {
                    "HttpHeaderName": condition["HttpHeaderConfig"]["HttpHeaderName"],
                    "Values": sorted(values),
                },
            }
            if self._is_ours(condition)
            else condition
            for condition in rule.conditions
        ]
        self._clients.balancing.modify_rule(RuleArn=rule.arn, Conditions=conditions)
        return True

    def distribution(self) -> Distribution:
        """Configuration, version and state in one answer, so that they belong together."""
        told = self._clients.cloudfront.get_distribution(Id=self._origin.distribution)
        config = told["Distribution"]["DistributionConfig"]
        return Distribution(
            config=config,
            etag=told["ETag"],
            values=frozenset(header["HeaderValue"] for header in self._headers(config)),
            deployed=told["Distribution"]["Status"] == "Deployed",
        )

    def _headers(self, config: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            header
            for origin in config["Origins"]["Items"]
            for header in origin.get("CustomHeaders", {}).get("Items", [])
            if header["HeaderName"].lower() == self._origin.header.lower()
        ]

    def send(self, value: str) -> None:
        """Makes the distribution send `value`."""
        for _ in range(ATTEMPTS):
            distribution = self.distribution()
            headers = self._headers(distribution.config)
            if not headers:
                raise NotReady(
                    f"no origin of the distribution has the header {self._origin.header}"
                )
            for header in headers:
                header["HeaderValue"] = value
            try:
                self._clients.cloudfront.update_distribution(
                    Id=self._origin.distribution,
                    IfMatch=distribution.etag,
                    DistributionConfig=distribution.config,
                )
                return
            except ClientError as error:
                if code(error) not in ("PreconditionFailed", "InvalidIfMatchVersion"):
                    raise
        raise NotReady("the distribution is being changed by somebody else")


class OriginHeader:
    """The steps of a rotation for the header's secret."""

    def __init__(
        self, clients: Clients, origin: Origin, settle_s: float, sleep: Callable[[float], None]
    ) -> None:
        self._gate = Gate(clients, origin)
        self._header = origin.header
        self._settle_s = settle_s
        self._sleep = sleep

    def give(self, current: str, pending: str) -> None:
        """Rules first, then the distribution."""
        require_form(pending)
        distribution = self._gate.distribution()
        rules = self._gate.rules()
        if not rules:
            raise NotReady(f"no rule of the listeners has a condition on {self._header}")
        both = frozenset((current, pending))
        wanted = [(rule, both | _sent(distribution, rule)) for rule in rules]
        if any(len(values) > rule.room() for rule, values in wanted):
            self._make_room(distribution, rules, current)
        for rule, values in wanted:
            self._gate.accept(rule, values)
        if distribution.values != {pending}:
            self._sleep(self._settle_s)
            # A reconciliation that began before this rotation may have written the rules meanwhile.
            if not all(both | distribution.values <= rule.values for rule in self._gate.rules()):
                raise NotReady("the rules were changed by somebody else")
            self._gate.send(pending)

    def _make_room(
        self, distribution: Distribution, rules: list[Rule], current: str
    ) -> NoReturn:
        """Has the distribution send the current value, where an abandoned rotation left another one
        that takes the place of the pending one in the rules. Raises NotReady."""
        is_accepted = all(current in rule.values for rule in rules)
        if is_accepted and distribution.deployed and distribution.values != {current}:
            self._gate.send(current)
        raise NotReady("a rule has no room for the pending value until the current one is deployed")

    def test(self, current: str, pending: str) -> None:
        """Passes for a value that nothing has: see `Rotation._test`."""
        require_form(pending)
        known = self._gate.distribution().values.union(
            *(rule.values for rule in self._gate.rules())
        )
        if pending in known:
            self.require_ready(current, pending)
        else:
            LOG.info("testSecret: the pending value was given to nothing: nothing to test")

    def require_ready(self, current: str, pending: str) -> None:
        """Raises NotReady until every edge location sends the pending value."""
        require_form(pending)
        if pending == current:
            return
        if not all(pending in rule.values for rule in self._gate.rules()):
            raise NotReady("a rule does not accept the pending value")
        distribution = self._gate.distribution()
        if distribution.values != {pending}:
            raise NotReady("the distribution does not send the pending value")
        if not distribution.deployed:
            raise NotReady("the distribution is still being deployed")


def _sent(distribution: Distribution, rule: Rule) -> frozenset[str]:
    """What an edge location may send. While a deployment is under way, it may be whatever a rule
    accepts now."""
    return distribution.values if distribution.deployed else distribution.values | rule.values


def _as_sent(condition: dict[str, Any]) -> dict[str, Any]:
    """A condition as ModifyRule takes it: an answer repeats a config's values beside it, and names
    lists that are empty."""
    configs = {name: given for name, given in condition.items() if name.endswith("Config")}
    if not configs:
        return condition
    return {
        "Field": condition["Field"],
        **{
            name: {part: value for part, value in given.items() if value != []}
            for name, given in configs.items()
        },
    }
