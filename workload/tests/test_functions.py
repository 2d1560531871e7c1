"""The functions as they are delivered: a zip of their directory, run by the emulator's Lambda."""

from __future__ import annotations

import io
import json
import secrets
import urllib.request
import uuid
import zipfile
from typing import Any

import jwt

from conftest import WORKLOAD
from emulator import ACCOUNT, Emulator
from world import World


def packed(directory: str) -> bytes:
    """A zip of a function's directory."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted((WORKLOAD / "functions" / directory).rglob("*.py")):
            archive.write(path, path.relative_to(WORKLOAD / "functions" / directory))
    return content.getvalue()


class Function:
    """A Lambda function in the emulator."""

    def __init__(
        self, emulator: Emulator, directory: str, handler: str, **environment: str
    ) -> None:
        self.client = emulator.client("lambda")
        self.name = f"{directory}-{uuid.uuid4().hex[:8]}"
        self.client.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Handler=handler,
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Code={"ZipFile": packed(directory)},
            Timeout=60,
            Environment={"Variables": environment},
        )
        self.client.get_waiter("function_active_v2").wait(
            FunctionName=self.name, WaiterConfig={"Delay": 1}
        )

    def invoke(self, event: Any) -> Any:
        """What it returns; an error it ends with is a failed assertion."""
        told = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode())
        content = json.loads(told["Payload"].read() or b"null")
        assert "FunctionError" not in told, content
        return content


def test_the_generator_answers_behind_a_url(in_aws: Emulator) -> None:
    value = secrets.token_hex(32)
    told = in_aws.client("secretsmanager").create_secret(
        Name=f"u-{uuid.uuid4().hex}", SecretString=value
    )
    function = Function(in_aws, "jwt_generator", "generator.handler", JWT_SECRET_ARN=told["ARN"])
    url = function.client.create_function_url_config(FunctionName=function.name, AuthType="NONE")[
        "FunctionUrl"
    ]
    request = urllib.request.Request(
        f"{in_aws.endpoint}/", data=b'{"subject": "batch"}', headers={"Host": url.split("/")[2]}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token = json.load(answer)["access_token"]
    claims = jwt.decode(token, value, algorithms=["HS256"], audience="cdn-alb-communication")
    assert claims["sub"] == "batch"


def test_the_rotation_function_runs_every_step(in_aws: Emulator, world: World) -> None:
    origin = world.settings.origin
    assert origin is not None
    function = Function(
        in_aws,
        "rotation",
        "rotation.handler",
        CONSUMERS=json.dumps(
            {
                arn: [vars(each) for each in services]
                for arn, services in world.settings.consumers.items()
            }
        ),
        ORIGIN=json.dumps({**vars(origin), "listeners": list(origin.listeners)}),
    )
    # The emulator has no versions without a value, and turns rotation on by doing it.
    client = in_aws.client("secretsmanager")
    client.rotate_secret(
        SecretId=world.jwt,
        RotationLambdaARN="arn:aws:lambda:r",
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    token = str(uuid.uuid4())
    world.put(world.jwt, token, "ab" * 32, ["AWSPENDING"])
    for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        assert (
            function.invoke({"Step": step, "SecretId": world.jwt, "ClientRequestToken": token})
            is None
        )
    assert "AWSCURRENT" in world.stages(world.jwt)[token]
    assert function.invoke({"Step": "reconcile"}) == {"rules": 0, "deployments": 0}
