"""A small stack in the emulator, and what AWS does that the emulator does not.

- A distribution is deployed some time after it was changed: until then some edge locations send
  the old header value and some the new one. Here `deploy` decides when.
- RotateSecret labels a version AWSPENDING that has no value yet, and the label is gone when the
  rotation is over.
- DescribeRules repeats the values of a path or host condition beside its config, and ModifyRule
  does not take both.
- PutSecretValue does not give another value to a version that has one.
- Every call may be the last one before a crash: `crash` says which.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from aws import Clients
from emulator import Emulator
from rotation import Rotation
from settings import Origin, Service, Settings

HEADER = "X-CDN-Auth"


class Crash(Exception):
    """The function ends here, as if its process had been killed."""


class World:
    """A distribution, two listeners with rules, services and three secrets."""

    def __init__(self, emulator: Emulator) -> None:
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self._secrets = emulator.client("secretsmanager")
        self._balancing = emulator.client("elbv2")
        self._cloudfront = emulator.client("cloudfront")
        self._ecs = emulator.client("ecs")
        self._started: dict[str, str] = {}
        self.crash: tuple[int, str] | None = None
        self.calls: list[str] = []
        self.on_call: Callable[[str], None] | None = None
        self.refused: dict[str, list[str]] = {}
        self.deployments: list[str] = []
        self.accepted: dict[str, set[str]] = {}
        self.sent: set[str] = set()

        self.clients = WorldClients(self)
        self.cdn_auth = self._secret("cdn-auth")
        self.jwt = self._secret("jwt")
        self.api_key = self._secret("api-key")
        first = self.value(self.cdn_auth, "AWSCURRENT")
        self.listeners = self._load_balancer(first)
        self.distribution = self._distribution(first)
        self.cluster, self.services = self._services()
        self.settings = Settings(
            consumers={
                self.api_key: tuple(Service(self.cluster, service) for service in self.services),
                self.jwt: (),
            },
            origin=Origin(self.cdn_auth, HEADER, self.distribution, tuple(self.listeners)),
            settle_s=15.0,
        )

    # What is there at the beginning.

    def _secret(self, name: str) -> str:
        told = self._secrets.create_secret(
            Name=f"{self.name}/{name}", SecretString=secrets.token_hex(32)
        )
        return told["ARN"]

    def _load_balancer(self, value: str) -> list[str]:
        balancer = self._balancing.create_load_balancer(
            Name=self.name, Subnets=["subnet-1", "subnet-2"]
        )
        arn = balancer["LoadBalancers"][0]["LoadBalancerArn"]
        group = self._balancing.create_target_group(
            Name=self.name, Protocol="HTTP", Port=8000, VpcId="vpc-1", TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403"}}]
        header = {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": HEADER.lower(), "Values": [value]},
        }
        path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}
        listeners = []
        for port in (80, 8080):
            listener = self._balancing.create_listener(
                LoadBalancerArn=arn, Protocol="HTTP", Port=port, DefaultActions=refuse
            )["Listeners"][0]["ListenerArn"]
            listeners.append(listener)
            for priority, conditions in ((1, [path, header]), (2, [header])):
                rule = self._balancing.create_rule(
                    ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=forward
                )["Rules"][0]["RuleArn"]
                self.accepted[rule] = {value}
        self._balancing.create_rule(
            ListenerArn=listeners[0],
            Priority=9,
            Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/closed"]}}],
            Actions=refuse,
        )
        return listeners

    def _distribution(self, value: str) -> str:
        custom = {"Quantity": 1, "Items": [{"HeaderName": HEADER, "HeaderValue": value}]}
        told = self._cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": self.name,
                "Comment": "",
                "Enabled": True,
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "alb",
                            "DomainName": "alb.example.com",
                            "CustomHeaders": custom,
                            "CustomOriginConfig": {
                                "HTTPPort": 80,
                                "HTTPSPort": 443,
                                "OriginProtocolPolicy": "http-only",
                            },
                        }
                    ],
                },
                "DefaultCacheBehavior": {
                    "TargetOriginId": "alb",
                    "ViewerProtocolPolicy": "redirect-to-https",
                    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                },
            }
        )
        self.sent, self.newest, self.deployed = {value}, value, True
        return told["Distribution"]["Id"]

    def _services(self) -> tuple[str, list[str]]:
        cluster = self._ecs.create_cluster(clusterName=self.name)["cluster"]["clusterArn"]
        task = self._ecs.register_task_definition(
            family=self.name, containerDefinitions=[{"name": "app", "image": "app", "memory": 64}]
        )["taskDefinition"]["taskDefinitionArn"]
        services = [
            self._ecs.create_service(
                cluster=cluster, serviceName=name, taskDefinition=task, desiredCount=0
            )["service"]["serviceArn"]
            for name in ("app", "worker")
        ]
        return cluster, services

    # What happens around the function.

    def begin(self, secret: str) -> str:
        """What RotateSecret does; the token of the new version."""
        token = str(uuid.uuid4())
        self._started[secret] = token
        return token

    def end(self, secret: str) -> None:
        """What Secrets Manager does when the last step has succeeded."""
        token = self._started.pop(secret)
        if "AWSPENDING" in self.stages(secret).get(token, []):
            self._secrets.update_secret_version_stage(
                SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token
            )

    def deploy(self) -> None:
        """The distribution's configuration has reached every edge location."""
        self.sent, self.deployed = {self.newest}, True
        self.check()

    def send(self, value: str) -> None:
        """Somebody else's UpdateDistribution."""
        told = self._cloudfront.get_distribution(Id=self.distribution)
        config = told["Distribution"]["DistributionConfig"]
        config["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]["HeaderValue"] = value
        given = {"Id": self.distribution, "IfMatch": told["ETag"], "DistributionConfig": config}
        self._cloudfront.update_distribution(**given)
        self._observe("UpdateDistribution", given)

    def check(self) -> None:
        """No request with a value that an edge location may send is refused by any rule."""
        for rule, accepted in self.accepted.items():
            assert self.sent <= accepted, f"{rule} refuses what the distribution may send"

    def value(self, secret: str, stage: str) -> str:
        """The value of the version with that label."""
        return self._secrets.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"]

    def stages(self, secret: str) -> dict[str, list[str]]:
        """The labels by version."""
        return self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]

    def put(self, secret: str, token: str, value: str, stages: list[str]) -> None:
        """Somebody else's PutSecretValue."""
        self._secrets.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=stages
        )

    def widen(self, patterns: list[str]) -> None:
        """One rule with a path is for these paths instead."""
        for rule in self.rules():
            conditions = [
                {"Field": "path-pattern", "PathPatternConfig": {"Values": patterns}}
                if each["Field"] == "path-pattern"
                else {"Field": each["Field"], "HttpHeaderConfig": each["HttpHeaderConfig"]}
                for each in rule["Conditions"]
            ]
            if rule["RuleArn"] in self.accepted and len(conditions) == 2:
                self._balancing.modify_rule(RuleArn=rule["RuleArn"], Conditions=conditions)

    def rules(self) -> list[dict[str, Any]]:
        """The rules with a condition, as the emulator has them."""
        return [
            rule
            for listener in self.listeners
            for rule in self._balancing.describe_rules(ListenerArn=listener)["Rules"]
            if rule["Conditions"]
        ]

    def function(self, **parts: Any) -> Rotation:
        """The function, whose calls go through this world."""
        parts = {"sleep": lambda _seconds: None, **parts}
        return Rotation(self.clients, self.settings, **parts)

    # What happens at a call.

    def call(
        self, client: Any, real: Callable[..., Any], operation: str, given: dict[str, Any]
    ) -> Any:
        """One call of the function, which may crash before or after it."""
        number = len(self.calls)
        self.calls.append(operation)
        if self.on_call is not None:
            self.on_call(operation)
        if self.crash == (number, "before"):
            raise Crash(f"before {operation}")
        self._refuse(client, operation, given)
        answer = self._amended(operation, given, real(operation, given))
        self._observe(operation, given)
        self.check()
        if self.crash == (number, "after"):
            raise Crash(f"after {operation}")
        return answer

    def _refuse(self, client: Any, operation: str, given: dict[str, Any]) -> None:
        codes = self.refused.get(operation, [])
        if operation == "PutSecretValue" and self._has_another_value(given):
            codes = ["ResourceExistsException"]
        if operation == "ModifyRule" and any(
            "Values" in each and len(each) > 2 for each in given["Conditions"]
        ):
            codes = ["ValidationError"]
        if codes:
            message = f"the value {self.newest} is not welcome"
            raise ClientError({"Error": {"Code": codes.pop(0), "Message": message}}, operation)

    def _has_another_value(self, given: dict[str, Any]) -> bool:
        try:
            told = self._secrets.get_secret_value(
                SecretId=given["SecretId"], VersionId=given["ClientRequestToken"]
            )
        except ClientError:
            return False
        return told["SecretString"] != given["SecretString"]

    def _amended(
        self, operation: str, given: dict[str, Any], answer: dict[str, Any]
    ) -> dict[str, Any]:
        if operation == "DescribeSecret":
            token = self._started.get(given["SecretId"])
            if token is not None:
                answer["VersionIdsToStages"].setdefault(token, ["AWSPENDING"])
                answer["RotationEnabled"] = True
        elif operation == "DescribeRules":
            for rule in answer["Rules"]:
                for condition in rule["Conditions"]:
                    if "PathPatternConfig" in condition:
                        condition["Values"] = condition["PathPatternConfig"]["Values"]
                        condition["PathPatternConfig"]["RegexValues"] = []
        elif operation == "GetDistribution":
            answer["Distribution"]["Status"] = "Deployed" if self.deployed else "InProgress"
        return answer

    def _observe(self, operation: str, given: dict[str, Any]) -> None:
        if operation == "ModifyRule":
            for condition in given["Conditions"]:
                if condition["Field"] == "http-header":
                    self.accepted[given["RuleArn"]] = set(condition["HttpHeaderConfig"]["Values"])
        elif operation == "UpdateDistribution":
            origin = given["DistributionConfig"]["Origins"]["Items"][0]
            self.newest = origin["CustomHeaders"]["Items"][0]["HeaderValue"]
            self.sent, self.deployed = self.sent | {self.newest}, False
        elif operation == "UpdateService":
            self.deployments.append(given["service"])


class WorldClients(Clients):
    """Real clients, whose calls go through a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name in ("secrets", "balancing", "cloudfront", "ecs") and "_make_api_call" not in vars(
            found
        ):
            real, world = found._make_api_call, self._world
            found._make_api_call = lambda operation, given: world.call(
                found, real, operation, given
            )
        return found
