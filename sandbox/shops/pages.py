"""`/shops`: one page to buy at every counter, and the same for programs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.behaviour import Refused
from sandbox.shop.catalogue import CATALOGUE
from sandbox.shops.counters import Counter, Wanted

PHONE = "+14155550123"


def shops_blueprint(counters: Mapping[str, Counter], locations: Mapping[str, str]) -> Blueprint:
    """The page, and `POST /shops/<vendor>/orders` for its form and for JSON."""
    routes = Blueprint("shops", __name__, url_prefix="/shops")

    @routes.get("/")
    def page() -> str:
        orders = [
            (vendor, counter.title, list(counter.orders())[::-1][:20], request.args.get("placed"))
            for vendor, counter in counters.items()
        ]
        return render_template("shops.html", shops=orders, items=CATALOGUE.values(), locations=locations, phone=PHONE)

    @routes.post("/<vendor>/orders")
    def place(vendor: str) -> BaseResponse:
        if vendor not in counters:
            raise Refused("unknown_shop", f"There are: {', '.join(counters)}.", 404)
        is_program = request.is_json
        said = request.get_json(silent=True) if is_program else request.form
        number = counters[vendor].place(_wanted(said, locations))
        return jsonify(order_id=number) if is_program else redirect(f"/shops/?placed={vendor}#{vendor}", 303)

    @routes.get("/<vendor>/orders")
    def orders(vendor: str) -> Response:
        if vendor not in counters:
            raise Refused("unknown_shop", f"There are: {', '.join(counters)}.", 404)
        return jsonify(orders=[{"order_id": number, "says": words} for number, words in counters[vendor].orders()])

    return routes


def _wanted(said: object, locations: Mapping[str, str]) -> Wanted:
    if not isinstance(said, Mapping):
        raise Refused("not_an_object", "Send a JSON object.")
    sku, location = str(said.get("sku", "")), str(said.get("location_id", next(iter(locations))))
    if sku not in CATALOGUE:
        raise Refused("unknown_sku", f"`sku` wants one of {', '.join(CATALOGUE)}.")
    if location not in locations:
        raise Refused("unknown_location", f"`location_id` wants one of {', '.join(locations)}.")
    phone = re.sub(r"[^\d+]", "", str(said.get("phone") or PHONE))[:20]
    return Wanted(sku, location, phone)
