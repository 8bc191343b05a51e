"""The whole development copy: it starts, answers on every port, and is gone when stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from devtools.probes import HttpProbe
from devtools.run import started, welcome
from devtools.stack import Stack
from sandbox.journey import Journey
from sandbox.seed import PEOPLE
from tests.devtools.conftest import eventually


def addresses(stack: Stack) -> list[str]:
    return [stack.web, stack.bridges, stack.kiosk, stack.sandbox]


def test_the_welcome_says_where_to_look_and_how_to_sign_in(tmp_path: Path) -> None:
    said = welcome(Stack.at(tmp_path, 8000), 2.04)

    assert "after 2.0 s" in said
    assert "http://127.0.0.1:8000/associate/" in said
    assert "http://127.0.0.1:8000/ops/" in said
    assert all(f"badge {badge}, PIN {pin}" in said for _, badge, pin, role in PEOPLE)


def an_order_at_each_shop_is_on_the_associates_list(stack: Stack) -> None:
    journey = Journey(stack.web, stack.kiosk, stack.sandbox)
    journey.patience = 60
    journey.sign_in()
    journey.order()
    for vendor in ("woocommerce", "bigcommerce", "square", "magento", "standard"):
        order = requests.post(f"{stack.sandbox}/shops/{vendor}/orders", json={"sku": "LIP-ROSE"}, timeout=30)
        assert order.ok, order.text
    assert journey.until("all orders on the list", lambda: len(journey.to_load()) == 6)


@pytest.mark.xdist_group("whole copy")
@pytest.mark.timeout(360)
def test_a_whole_copy_answers_everywhere_stops_and_finds_its_data_when_started_again(tmp_path: Path) -> None:
    with started(tmp_path / "copy") as stack:
        assert stack.ready_file.exists()
        assert all(eventually(HttpProbe(f"{url}/livez")) for url in addresses(stack))
        keys = (stack.data_dir / "secret_keys").read_text()
        an_order_at_each_shop_is_on_the_associates_list(stack)

    assert not stack.ready_file.exists()
    assert not any(HttpProbe(url)() for url in addresses(stack))

    with started(tmp_path / "copy") as again:
        assert (again.data_dir / "secret_keys").read_text() == keys


@pytest.mark.slow
@pytest.mark.xdist_group("whole copy")
@pytest.mark.timeout(180)
def test_a_database_from_outside_is_used(tmp_path: Path, postgresql_url: str) -> None:
    with started(tmp_path / "copy", database_url=postgresql_url) as stack:
        assert all(eventually(HttpProbe(f"{url}/livez")) for url in addresses(stack))

    assert not (tmp_path / "copy" / "bopis.db").exists()
