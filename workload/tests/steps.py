"""What Secrets Manager does with the function: the steps of a rotation, as often as it takes."""

from __future__ import annotations

from secret import NotReady
from world import World

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
RECONCILE = {"Step": "reconcile"}


def event(step: str, secret: str, token: str) -> dict[str, str]:
    return {"Step": step, "SecretId": secret, "ClientRequestToken": token}


def sequence(world: World, secret: str, token: str, first: int = 0) -> None:
    """What Secrets Manager does: all steps, again and again; a deployment takes its time."""
    for _ in range(5):
        try:
            for step in STEPS[first:]:
                world.function().run(event(step, secret, token))
            world.end(secret)
            return
        except NotReady:
            world.deploy()
            first = 0
    raise AssertionError("the rotation does not come to its end")


def rotate(world: World, secret: str) -> str:
    token = world.begin(secret)
    sequence(world, secret, token)
    return token


def labels(world: World, secret: str) -> dict[str, str]:
    """The version of each label."""
    return {label: version for version, stages in world.stages(secret).items() for label in stages}


def assert_over(world: World, secret: str, before: str, token: str) -> None:
    """The labels are right, and after a reconciliation the rules accept the new value alone."""
    assert labels(world, secret) == {"AWSCURRENT": token, "AWSPREVIOUS": before}
    world.function().run(RECONCILE)
    current = world.value(world.cdn_auth, "AWSCURRENT")
    assert world.newest == current
    assert all(accepted == {current} for accepted in world.accepted.values())
    assert len(current) == 64 and current == current.lower()
