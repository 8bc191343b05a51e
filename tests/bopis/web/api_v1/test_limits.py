"""How often a key may ask."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from bopis.web.api_v1 import limits
from bopis.web.api_v1.limits import Lid
from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


def test_a_key_that_asks_too_often_waits_and_another_does_not(redis_url: str) -> None:
    lid = Lid(redis_url, at_once=2, a_second=0.01)

    seen = [lid.take("a") for _ in range(3)]
    other = lid.take("b")

    assert [taken.allowed for taken in seen if taken] == [True, True, False]
    assert seen[2] is not None and 90 < seen[2].wait() <= 100
    assert other is not None and other.allowed


def test_tokens_come_back_with_time_and_never_more_than_fit(redis_url: str) -> None:
    lid = Lid(redis_url, at_once=2, a_second=1000)

    allowed = [taken.allowed for taken in (lid.take("a") for _ in range(50)) if taken]

    assert allowed[:2] == [True, True]
    assert all(taken is not None and taken.left <= 2 for taken in (lid.take("a"),))


def test_every_answer_says_how_much_is_left(developer: Developer) -> None:
    first, second = developer.get("/stores"), developer.get("/stores/none")

    assert first.headers["RateLimit-Policy"] == '"key";q=120;w=12'
    assert first.headers["RateLimit"].startswith('"key";r=119;')
    assert second.headers["RateLimit"].startswith('"key";r=11')


def test_too_many_is_a_problem_with_a_time_to_wait(web: Flask, world: World, redis_url: str) -> None:
    developer = Developer(web, world)
    for _ in range(limits.AT_ONCE):
        Lid(redis_url, limits.AT_ONCE, limits.A_SECOND / 1000).take(developer.key.id)

    answers = [developer.get("/stores") for _ in range(40)]

    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refusal(refused) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1


def test_without_redis_everybody_may_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "bopis.web.api_v1.limits")
    lid = Lid("redis://127.0.0.1:1")

    assert [lid.take("a") for _ in range(5)] == [None] * 5
    assert len(caplog.records) == 1
