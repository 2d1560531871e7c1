"""Rotations that break off anywhere, and go on in any order of events."""

from __future__ import annotations

import random

import pytest

from secret import NotReady
from steps import RECONCILE, STEPS, assert_over, event, labels, rotate, sequence
from world import Crash, World


@pytest.mark.parametrize("name", ["cdn_auth", "jwt", "api_key"])
def test_a_rotation_survives_a_crash_around_every_call(world: World, name: str) -> None:
    secret = getattr(world, name)
    tried = 0
    for index, step in enumerate(STEPS):
        number = 0
        while True:
            for side in ("before", "after"):
                before, token = prepare(world, secret, index)
                world.deployments.clear()
                world.crash = (len(world.calls) + number, side)
                try:
                    world.function().run(event(step, secret, token))
                    crashed = False
                except Crash:
                    crashed = True
                world.crash = None
                # Secrets Manager begins again with the first step, or with the one that failed.
                sequence(world, secret, token, first=0 if number % 2 else index)
                assert_over(world, secret, before, token)
                if crashed:
                    tried += 1
                    told = set(world.deployments)
                    assert name != "api_key" or told == set(world.services)
            if not crashed:
                break
            number += 1
    assert tried >= {"cdn_auth": 60, "jwt": 20, "api_key": 20}[name]


def prepare(world: World, secret: str, steps: int) -> tuple[str, str]:
    """The current version, and the token of a rotation whose first `steps` steps are done."""
    before = labels(world, secret)["AWSCURRENT"]
    token = world.begin(secret)
    for step in STEPS[:steps]:
        world.function().run(event(step, secret, token))
        if step == "setSecret":
            world.deploy()
    return before, token


def test_a_reconciliation_survives_a_crash_around_every_call(world: World) -> None:
    number = 0
    while True:
        for side in ("before", "after"):
            before = labels(world, world.cdn_auth)["AWSCURRENT"]
            token = rotate(world, world.cdn_auth)
            world.crash = (len(world.calls) + number, side)
            try:
                world.function().run(RECONCILE)
                crashed = False
            except Crash:
                crashed = True
            world.crash = None
            assert_over(world, world.cdn_auth, before, token)
        if not crashed:
            break
        number += 1
    assert number >= 10


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_events_refuses_a_request(world: World, seed: int) -> None:
    """Crashes, deployments and reconciliations at random, between and within the steps."""
    chance = random.Random(seed)
    secret = world.cdn_auth
    nested = False

    def something_happens(_operation: str) -> None:
        nonlocal nested
        if nested:
            return
        nested = True
        event_now = chance.random()
        if event_now < 0.08:
            world.crash = (len(world.calls) - 1, chance.choice(["before", "after"]))
        elif event_now < 0.2:
            world.deploy()
        elif event_now < 0.3:
            world.function().run(RECONCILE)
        nested = False

    for _ in range(3):
        before = labels(world, secret)["AWSCURRENT"]
        token = world.begin(secret)
        world.on_call = something_happens
        for _ in range(30):
            try:
                for step in STEPS:
                    world.function().run(event(step, secret, token))
                break
            except (Crash, NotReady):
                world.crash = None
        world.on_call = world.crash = None
        sequence(world, secret, token)
        assert_over(world, secret, before, token)
