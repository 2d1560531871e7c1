"""Rotation, step by step, and the contract with Secrets Manager."""

from __future__ import annotations

import json
import logging
import threading
import uuid
from datetime import datetime, timezone

import pytest

import rotation
from origin import OriginHeader
from reconcile import Incomplete
from rotation import CallFailed, NotInRotation
from secret import NotReady, Unusable
from settings import Settings, SettingsError
from steps import RECONCILE, STEPS, assert_over, event, labels, rotate, sequence
from world import HEADER, World

# The origin header.


def test_the_header_rotates_in_four_steps_and_a_reconciliation(world: World) -> None:
    secret, run = world.cdn_auth, world.function().run
    before = labels(world, secret)["AWSCURRENT"]
    old = world.value(secret, "AWSCURRENT")
    token = world.begin(secret)

    run(event("createSecret", secret, token))
    new = world.value(secret, "AWSPENDING")
    assert new != old
    assert world.sent == {old} and all(values == {old} for values in world.accepted.values())

    run(event("setSecret", secret, token))
    assert world.newest == new
    assert all(values == {old, new} for values in world.accepted.values())

    with pytest.raises(NotReady, match="still being deployed"):
        run(event("testSecret", secret, token))
    with pytest.raises(NotReady, match="still being deployed"):
        run(event("finishSecret", secret, token))
    assert labels(world, secret)["AWSCURRENT"] == before

    world.deploy()
    run(event("testSecret", secret, token))
    run(event("finishSecret", secret, token))
    world.end(secret)
    assert labels(world, secret) == {"AWSCURRENT": token, "AWSPREVIOUS": before}
    assert all(values == {old, new} for values in world.accepted.values())

    assert run(RECONCILE) == {"rules": 4, "deployments": 0}
    assert all(values == {new} for values in world.accepted.values())
    assert run(RECONCILE) == {"rules": 0, "deployments": 0}


def test_other_conditions_and_other_rules_stay_as_they_are(world: World) -> None:
    def others() -> list[object]:
        return [
            (rule["RuleArn"], condition)
            for rule in world.rules()
            for condition in rule["Conditions"]
            if condition["Field"] != "http-header"
        ]

    before = others()
    assert len(before) == 3
    rotate(world, world.cdn_auth)
    assert others() == before
    kept = {
        tuple(c["HttpHeaderConfig"]["Values"])
        for r in world.rules()
        for c in r["Conditions"]
        if "HttpHeaderConfig" in c
    }
    assert len(kept) == 1 and len(kept.pop()) == 2


def test_rules_settle_before_the_distribution_changes(world: World) -> None:
    token = world.begin(world.cdn_auth)
    world.function().run(event("createSecret", world.cdn_auth, token))
    seen = []

    def sleep(seconds: float) -> None:
        seen.append((seconds, "ModifyRule" in world.calls, "UpdateDistribution" in world.calls))

    world.function(sleep=sleep).run(event("setSecret", world.cdn_auth, token))
    assert seen == [(15.0, True, False)]
    world.function(sleep=sleep).run(event("setSecret", world.cdn_auth, token))
    assert len(seen) == 1, "what is set already needs no time"


def test_a_distribution_that_somebody_else_changes_is_read_again(world: World) -> None:
    token = world.begin(world.cdn_auth)
    world.function().run(event("createSecret", world.cdn_auth, token))
    world.refused["UpdateDistribution"] = ["PreconditionFailed", "InvalidIfMatchVersion"]
    world.function().run(event("setSecret", world.cdn_auth, token))
    assert world.newest == world.value(world.cdn_auth, "AWSPENDING")
    assert world.calls.count("UpdateDistribution") == 3


def test_a_version_that_was_given_to_nothing_passes_alone(world: World) -> None:
    """As Secrets Manager does it when rotation is set up without rotating at once."""
    run, secret = world.function().run, world.cdn_auth
    token = world.begin(secret)
    run(event("testSecret", secret, token))  # labelled, without a value
    world.put(secret, token, world.value(secret, "AWSCURRENT"), ["AWSPENDING"])
    world.deployed = False
    run(event("testSecret", secret, token))  # a copy of the current value
    other = world.begin(secret)
    world.put(secret, other, "ab" * 32, ["AWSPENDING"])
    run(event("testSecret", secret, other))  # a value of its own
    assert not {"ModifyRule", "UpdateDistribution", "UpdateSecretVersionStage"} & set(world.calls)
    with pytest.raises(NotReady, match="does not accept"):
        run(event("finishSecret", secret, other))


def test_values_of_abandoned_rotations_do_not_pile_up(world: World) -> None:
    secret = world.cdn_auth
    for _ in range(4):
        token = world.begin(secret)
        for step in STEPS[:2]:
            world.function().run(event(step, secret, token))
        world.deploy()
        world.end(secret)
    assert max(len(values) for values in world.accepted.values()) <= 3
    before = labels(world, secret)["AWSCURRENT"]
    assert_over(world, secret, before, rotate(world, secret))


def test_nothing_is_dropped_while_an_edge_location_may_send_it(world: World) -> None:
    secret = world.cdn_auth
    for _ in range(3):
        token = world.begin(secret)
        for step in STEPS[:2]:
            world.function().run(event(step, secret, token))
        world.end(secret)
        world.function().run(RECONCILE)
    assert all(len(values) == 4 for values in world.accepted.values())


def test_a_rule_that_has_no_room_is_waited_for(world: World) -> None:
    """A rule has five values in all: three patterns leave room for the two of a rotation, and for no
    value that an edge location sends besides."""
    secret, run = world.cdn_auth, world.function().run
    world.widen(["/a", "/b", "/c"])
    token = world.begin(secret)
    for step in STEPS[:2]:
        run(event(step, secret, token))
    world.end(secret)
    other = world.begin(secret)
    run(event("createSecret", secret, other))
    with pytest.raises(NotReady, match="no room"):
        run(event("setSecret", secret, other))
    world.deploy()
    before = labels(world, secret)["AWSCURRENT"]
    sequence(world, secret, other)
    assert_over(world, secret, before, other)


def test_an_abandoned_rotation_leaves_the_rules_as_long_as_its_value_is_sent(world: World) -> None:
    secret, run = world.cdn_auth, world.function().run
    old = world.value(secret, "AWSCURRENT")
    token = world.begin(secret)
    for step in STEPS[:2]:
        run(event(step, secret, token))
    world.deploy()
    world.end(secret)
    assert run(RECONCILE)["rules"] == 0, "the distribution sends the abandoned value"
    world.send(old)
    assert run(RECONCILE)["rules"] == 0, "an edge location may still send it"
    world.deploy()
    assert run(RECONCILE)["rules"] == 4
    assert all(accepted == {old} for accepted in world.accepted.values())


def test_a_distribution_that_was_put_back_keeps_the_label_where_it_is(world: World) -> None:
    secret, run = world.cdn_auth, world.function().run
    before = labels(world, secret)["AWSCURRENT"]
    token = world.begin(secret)
    for step in STEPS[:2]:
        run(event(step, secret, token))
    world.deploy()
    world.send(world.value(secret, "AWSCURRENT"))
    world.deploy()
    for step in STEPS[2:]:
        with pytest.raises(NotReady, match="does not send"):
            run(event(step, secret, token))
    sequence(world, secret, token)
    assert_over(world, secret, before, token)


def test_a_reconciliation_waits_for_a_rotation_that_begins(world: World) -> None:
    secret, run = world.cdn_auth, world.function().run
    rotate(world, secret)
    token = world.begin(secret)
    assert run(RECONCILE)["rules"] == 0
    sequence(world, secret, token)
    assert run(RECONCILE)["rules"] == 4


def test_a_reconciliation_that_was_overtaken_is_noticed(world: World) -> None:
    """A reconciliation has read that there is no rotation; one begins; only then are the rules
    written. The rotation finds its value missing and does not go on."""
    secret = world.cdn_auth
    rotate(world, secret)
    about_to_write, go_on, result = threading.Event(), threading.Event(), []
    other = world.function()

    def pause(operation: str) -> None:
        if threading.current_thread() is thread and operation == "ModifyRule":
            about_to_write.set()
            assert go_on.wait(30)

    thread = threading.Thread(target=lambda: result.append(other.run(RECONCILE)))
    world.on_call = pause
    thread.start()
    assert about_to_write.wait(30)
    token = world.begin(secret)

    def sleep(_seconds: float) -> None:
        go_on.set()
        thread.join(30)

    run = world.function(sleep=sleep).run
    run(event("createSecret", secret, token))
    with pytest.raises(NotReady, match="changed by somebody else"):
        run(event("setSecret", secret, token))
    assert result == [{"rules": 4, "deployments": 0}]
    world.on_call = None
    before = labels(world, secret)["AWSCURRENT"]
    sequence(world, secret, token)
    assert_over(world, secret, before, token)


def test_a_slow_reconciliation_leaves_the_rules_alone(world: World) -> None:
    rotate(world, world.cdn_auth)
    times = iter(range(0, 1000, 4))
    assert world.function(clock=lambda: float(next(times))).run(RECONCILE)["rules"] == 1
    world.check()


# Secrets of the application.


@pytest.mark.parametrize("name", ["jwt", "api_key"])
def test_an_application_secret_rotates_and_consumers_are_told_once(world: World, name: str) -> None:
    secret = getattr(world, name)
    before = labels(world, secret)["AWSCURRENT"]
    token = rotate(world, secret)
    assert labels(world, secret) == {"AWSCURRENT": token, "AWSPREVIOUS": before}
    assert world.deployments == (world.services if name == "api_key" else [])
    assert not {"ModifyRule", "UpdateDistribution"} & set(world.calls)


def test_consumers_are_told_when_the_new_value_is_what_they_will_get(world: World) -> None:
    token, seen = world.begin(world.api_key), []

    def look(operation: str) -> None:
        if operation == "UpdateService":
            seen.append(labels(world, world.api_key)["AWSCURRENT"])

    world.on_call = look
    sequence(world, world.api_key, token)
    assert seen == [token, token]


def test_a_value_of_another_form_is_not_made_current(world: World) -> None:
    for secret in (world.jwt, world.cdn_auth):
        token = world.begin(secret)
        world.put(secret, token, "A*" * 32, ["AWSPENDING"])
        for step in STEPS[1:] if secret == world.cdn_auth else STEPS[2:]:
            with pytest.raises(Unusable):
                world.function().run(event(step, secret, token))


def later(hours: float = 1) -> datetime:
    return datetime.fromtimestamp(datetime.now().timestamp() + hours * 3600, tz=timezone.utc)


def test_reconciliation_gives_new_deployments_to_services_older_than_the_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = world.function().run
    assert run(RECONCILE)["deployments"] == 0
    monkeypatch.setattr("secret.Secret.created_at", lambda _self, _version: later())
    assert run(RECONCILE)["deployments"] == 2
    assert world.deployments == world.services


def test_a_service_that_is_gone_does_not_stop_a_rotation(world: World) -> None:
    for service in world.services:
        world._ecs.delete_service(cluster=world.cluster, service=service, force=True)
    before = labels(world, world.api_key)["AWSCURRENT"]
    assert_over(world, world.api_key, before, rotate(world, world.api_key))
    assert world.deployments == []


def test_a_service_that_goes_at_that_moment_does_not_either(world: World) -> None:
    world.refused["UpdateService"] = ["ServiceNotActiveException"]
    rotate(world, world.api_key)
    assert world.deployments == world.services[1:]


def test_a_service_that_fails_does_not_keep_others_waiting(world: World) -> None:
    secret = world.api_key
    token = world.begin(secret)
    for step in STEPS[:3]:
        world.function().run(event(step, secret, token))
    world.refused["UpdateService"] = ["AccessDeniedException"]
    with pytest.raises(rotation.ClientError, match="AccessDenied"):
        world.function().run(event("finishSecret", secret, token))
    assert world.deployments == world.services[1:]
    world.function().run(event("finishSecret", secret, token))
    assert world.services[0] in world.deployments


def test_reconciliation_does_every_part_and_then_says_what_failed(world: World) -> None:
    rotate(world, world.cdn_auth)
    world.refused["DescribeServices"] = ["AccessDeniedException"] * 2
    with pytest.raises(Incomplete, match="DescribeServices: AccessDeniedException"):
        world.function().run(RECONCILE)
    assert all(len(values) == 1 for values in world.accepted.values())


# The contract.


def test_only_a_version_in_rotation_is_touched(world: World) -> None:
    run, secret = world.function().run, world.jwt
    current = labels(world, secret)["AWSCURRENT"]
    for step in STEPS:
        if step != "testSecret":
            with pytest.raises(NotInRotation, match="not enabled"):
                run(event(step, secret, current))
    token = world.begin(secret)
    cases = {
        str(uuid.uuid4()): "has no version",
        rotate_and_forget(world): "is not pending",
    }
    for version, words in cases.items():
        for step in STEPS:
            with pytest.raises(NotInRotation, match=words):
                run(event(step, secret, version))
    with pytest.raises(NotInRotation, match="unknown step"):
        run(event("dropSecret", secret, token))
    with pytest.raises(NotInRotation, match="no value yet"):
        run(event("finishSecret", secret, token))
    # A step that arrives late finds its version current, and does nothing.
    sequence(world, secret, token)
    world.begin(secret)
    world.calls.clear()
    for step in STEPS[:3]:
        run(event(step, secret, token))
    assert world.calls == ["DescribeSecret"] * 3


def rotate_and_forget(world: World) -> str:
    """A version without a label of a rotation."""
    token = str(uuid.uuid4())
    world.put(world.jwt, token, "cd" * 32, ["CUSTOM"])
    return token


def test_a_value_that_another_call_put_is_kept(world: World) -> None:
    token = world.begin(world.jwt)
    world.refused["GetSecretValue"] = ["ResourceNotFoundException"]
    world.put(world.jwt, token, "ef" * 32, ["AWSPENDING"])
    world.function().run(event("createSecret", world.jwt, token))
    assert world.value(world.jwt, "AWSPENDING") == "ef" * 32


def test_no_value_gets_into_a_log_or_an_error(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    secret = world.cdn_auth
    token = world.begin(secret)
    world.function().run(event("createSecret", secret, token))
    world.refused["ModifyRule"] = ["ValidationError"]
    monkeypatch.setattr(rotation, "_clients", lambda: world.clients)
    monkeypatch.setattr(rotation.Settings, "from_environment", staticmethod(lambda: world.settings))
    monkeypatch.setattr(rotation.time, "sleep", lambda _seconds: None)
    with pytest.raises(CallFailed) as failure:
        rotation.handler(event("setSecret", secret, token), None)
    assert "ModifyRule: ValidationError: the value *** is not welcome" in str(failure.value)
    assert failure.value.__suppress_context__
    sequence(world, secret, token)
    world.function().run(RECONCILE)
    values = [world.value(secret, stage) for stage in ("AWSCURRENT", "AWSPREVIOUS")]
    assert len(caplog.records) > 4
    for value in values:
        assert value not in caplog.text and value not in str(failure.value)


# Settings.


def test_settings_come_from_the_environment() -> None:
    given = {
        "CONSUMERS": json.dumps({"arn:s": [{"cluster": "c", "service": "s"}]}),
        "ORIGIN": json.dumps(
            {"secret": "arn:o", "header": HEADER, "distribution": "E1", "listeners": ["l"]}
        ),
    }
    settings = Settings.from_environment(given)
    assert settings.consumers["arn:s"][0].service == "s"
    assert settings.origin is not None and settings.origin.listeners == ("l",)
    assert Settings.from_environment({}) == Settings({}, None)


@pytest.mark.parametrize("name", ["CONSUMERS", "ORIGIN"])
@pytest.mark.parametrize("text", ["{", "[1]", '{"a": [{}]}', '{"header": 1}'])
def test_unusable_settings_are_said_to_be(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_environment({name: text})


def test_the_header_without_a_rule_is_an_error(world: World) -> None:
    origin = world.settings.origin
    assert origin is not None
    elsewhere = type(origin)(origin.secret, "X-Other", origin.distribution, origin.listeners)
    header = OriginHeader(world.clients, elsewhere, 0, lambda _seconds: None)
    with pytest.raises(NotReady, match="no rule"):
        header.give("ab" * 32, "cd" * 32)
