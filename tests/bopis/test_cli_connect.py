"""Secrets of an account typed in: never as arguments, never shown, sealed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bopis import clock, sealing, tasks
from bopis.cli import cli
from bopis.merchants.models import Connection
from tests.world import SECRET_KEY, World

KEY = "dGVzdCBrZXkgdGVzdCBrZXkgdGVzdCBrZXkgdGVzdCE="
SHOP = "second.myshopify.com"


@pytest.fixture
def environment(world: World, redis_url: str) -> Iterator[dict[str, str]]:
    yield {
        "DATABASE_URL": world.database.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""),
        "REDIS_URL": redis_url,
        "SECRET_KEYS": KEY,
        "PUBLIC_URL": "http://localhost",
    }
    sealing.use_keys((SECRET_KEY,))


def connect(environment: dict[str, str], *arguments: str, lines: str) -> Result:
    return CliRunner().invoke(cli, ["connect", *arguments], input=lines, env=environment)


def kept(world: World, name: str) -> Connection | None:
    with world.database.reading() as session:
        return session.scalars(select(Connection).where(Connection.account_name == name)).first()


def test_secrets_are_read_line_by_line_sealed_and_never_shown(world: World, environment: dict[str, str]) -> None:
    said = connect(environment, "shopify", SHOP, "--merchant", world.merchant_id, lines="shpat_x\nhush-hush\n")
    assert said.exit_code == 0, said.output
    assert "shpat_x" not in said.output and "hush-hush" not in said.output
    found = kept(world, SHOP)
    assert found is not None and b"shpat_x" not in found.secrets_sealed
    assert dict(found.account().secrets) == {"access_token": "shpat_x", "client_secret": "hush-hush"}
    assert found.reconcile_at is not None and found.merchant_id == world.merchant_id


def test_new_secrets_take_the_place_of_older_ones_and_wake_a_paused_connection(
    world: World, environment: dict[str, str]
) -> None:
    with world.database.transaction() as session:
        shop = session.get_one(Connection, world.shop.connection_id)
        shop.paused_at, shop.paused_because = clock.now(), "refused"
        tasks.ask(
            session, "reconnect", shop.id, merchant_id=world.merchant_id, store_id=None, reason="It.", now=clock.now()
        )
    said = connect(
        environment, "shopify", world.shop.name, "--merchant", world.merchant_id, lines="shpat_new\nhush-new\n"
    )
    assert said.exit_code == 0, said.output
    found = kept(world, world.shop.name)
    assert found is not None and found.paused_at is None and found.account().secrets["access_token"] == "shpat_new"
    with world.database.reading() as session:
        assert not tasks.is_open(session, "reconnect", found.id)


def test_what_is_no_secret_is_kept_as_a_setting(world: World, environment: dict[str, str]) -> None:
    said = connect(environment, "twilio", "AC2", "--merchant", world.merchant_id, lines="quiet\n+12015550100\n")
    assert said.exit_code == 0, said.output
    found = kept(world, "AC2")
    assert found is not None and (found.settings, found.reconcile_at) == ({"from": "+12015550100"}, None)


@pytest.mark.parametrize("lines", ["", "shpat_x\n", "shpat_x\n\n", "shpat_x\nwith\x07bell\n"])
def test_a_missing_secret_keeps_nothing(world: World, environment: dict[str, str], lines: str) -> None:
    said = connect(environment, "shopify", SHOP, "--merchant", world.merchant_id, lines=lines)
    assert said.exit_code == 1 and "Nothing was kept" in said.output
    assert "shpat_x" not in said.output and kept(world, SHOP) is None


def test_with_several_merchants_one_must_be_named(world: World, environment: dict[str, str]) -> None:
    said = connect(environment, "shopify", SHOP, lines="shpat_x\nhush\n")
    assert said.exit_code == 1 and "--merchant" in said.output and "Outsider" in said.output
    assert kept(world, SHOP) is None


def test_anothers_account_is_not_taken_over(world: World, environment: dict[str, str]) -> None:
    assert world.outsider is not None
    said = connect(
        environment, "shopify", world.outsider.shop.name, "--merchant", world.merchant_id, lines="shpat_x\nhush\n"
    )
    assert said.exit_code != 0
    found = kept(world, world.outsider.shop.name)
    assert found is not None and found.account().secrets["access_token"] == "token"


def test_a_secret_that_not_every_account_has_is_asked_for_by_name(world: World, environment: dict[str, str]) -> None:
    also = ("--also", "previous_client_secret", "--merchant", world.merchant_id)
    assert connect(environment, "shopify", SHOP, *also, lines="shpat_x\nnew\nold\n").exit_code == 0
    found = kept(world, SHOP)
    assert found is not None and found.account().secrets["previous_client_secret"] == "old"
    refused = connect(environment, "shopify", SHOP, "--also", "shpat_x", lines="")
    assert refused.exit_code == 1 and "--also may name" in refused.output


def test_a_setting_that_not_every_account_has_is_asked_for_by_name(world: World, environment: dict[str, str]) -> None:
    also = ("--also", "ready_status", "--merchant", world.merchant_id)
    lines = "ck_x\ncs_x\nhush\nready-for-pickup\n"
    assert connect(environment, "woocommerce", "https://Shop.example.com/", *also, lines=lines).exit_code == 0
    found = kept(world, "shop.example.com")
    assert found is not None and found.settings == {"ready_status": "ready-for-pickup"}
    assert sorted(found.account().secrets) == ["consumer_key", "consumer_secret", "webhook_secret"]
    refused = connect(environment, "woocommerce", "http://shop.example.com", *also, lines=lines)
    assert (refused.exit_code, "Say which account" in refused.output) == (1, True)
