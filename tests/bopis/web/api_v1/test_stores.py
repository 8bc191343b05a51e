"""Stores, as a developer sees them."""

from __future__ import annotations

from flask import Flask

from tests.bopis.web.api_v1.developer import Developer, refusal
from tests.world import World


def test_a_developer_reads_the_stores_of_their_merchant_and_no_others(world: World, developer: Developer) -> None:
    found = developer.listed("/stores")

    assert [store["id"] for store in found] == sorted((world.store_id, world.station_id), reverse=True)
    high_street = developer.reads(f"/stores/{world.store_id}")
    assert high_street in found
    assert (high_street["name"], high_street["hold_hours"]) == ("Fernhill High Street", 72)


def test_a_key_for_one_store_sees_that_store_alone(web: Flask, world: World) -> None:
    developer = Developer(web, world, store_id=world.station_id)

    assert [store["id"] for store in developer.listed("/stores")] == [world.station_id]
    assert refusal(developer.get(f"/stores/{world.store_id}")) == (404, "not_found")


def test_another_merchants_store_is_not_there(world: World, stranger: Developer) -> None:
    assert refusal(stranger.get(f"/stores/{world.store_id}")) == (404, "not_found")
    assert refusal(stranger.get("/stores/anything")) == (404, "not_found")


def test_pages_follow_one_another_by_cursor_and_by_link(developer: Developer, world: World) -> None:
    first = developer.get("/stores", limit=1)
    link = first.headers["Link"]
    second = developer.client.get(link[1 : link.index(">")], headers=developer.headers).get_json()

    told = [store["id"] for page in (first.get_json(), second) for store in page["data"]]
    assert told == sorted((world.store_id, world.station_id), reverse=True)
    assert second["next_cursor"] is None


def test_the_document_is_openapi_3_1_and_names_what_it_takes(web: Flask) -> None:
    told = web.test_client().get("/api/v1/openapi.json").get_json()

    assert told["openapi"] == "3.1.0"
    listing = told["paths"]["/stores"]["get"]
    assert listing["x-scope"] == "stores:read"
    assert {"200", "400", "401", "403", "429"} <= listing["responses"].keys()
