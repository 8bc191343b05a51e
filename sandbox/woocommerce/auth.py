"""`/wc-auth/v1`: an app asks for a key, the owner says yes, the shop posts it, and the browser goes back."""

from __future__ import annotations

import html
import json
import secrets
from urllib.parse import unquote_plus, urlencode, urlsplit

import requests
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.woocommerce.shop import WooCommerceShop

_WANTED = ("app_name", "user_id", "return_url", "callback_url", "scope")
_SCOPES = ("read", "write", "read_write")
_HERE = ("127.0.0.1", "localhost")
"""Of these an address in the clear is taken, as if something before them spoke https."""


class _Refused(Exception):
    pass


def auth_blueprint(shop: WooCommerceShop) -> Blueprint:
    """The pages an owner sees, already signed in to the shop."""
    routes = Blueprint("woocommerce_auth", __name__, url_prefix="/wc-auth/v1")

    @routes.get("/authorize")
    def authorize() -> Response:
        wanted = _validated()
        yes = f"/wc-auth/v1/access_granted?{urlencode(wanted)}"
        no = _back(wanted, 0)
        page = (
            f"<!doctype html><title>{html.escape(wanted['app_name'])}</title>"
            f'<a class="no" href="{html.escape(no)}">Cancel</a> <a class="yes" href="{html.escape(yes)}">Approve</a>'
        )
        return Response(page, mimetype="text/html")

    @routes.get("/access_granted")
    def access_granted() -> BaseResponse:
        wanted = _validated()
        key, secret = "ck_" + secrets.token_hex(20), "cs_" + secrets.token_hex(20)
        shop.keys[key] = secret
        body = {
            "key_id": len(shop.keys),
            "user_id": wanted["user_id"],
            "consumer_key": key,
            "consumer_secret": secret,
            "key_permissions": wanted["scope"],
        }
        if not _posted(wanted["callback_url"], body):
            del shop.keys[key]
            raise _Refused("An error occurred in the request and at the time were unable to send the consumer data")
        return redirect(_back(wanted, 1), 302)

    @routes.errorhandler(_Refused)
    def refused(problem: _Refused) -> Response:
        return Response(f"Error: {html.escape(str(problem))}.", 401, mimetype="text/html")

    return routes


def _validated() -> dict[str, str]:
    wanted = {}
    for name in _WANTED:
        if not request.args.get(name):
            raise _Refused(f"Missing parameter {name}")
        wanted[name] = request.args[name]
    if wanted["scope"] not in _SCOPES:
        raise _Refused("Invalid scope")
    for name in ("return_url", "callback_url"):
        wanted[name] = unquote_plus(wanted[name])  # once more than it should, as the shop does
        if not urlsplit(wanted[name]).netloc:
            raise _Refused(f"The {name} is not a valid URL")
    callback = urlsplit(wanted["callback_url"])
    if callback.scheme != "https" and callback.hostname not in _HERE:
        raise _Refused("The callback_url needs to be over SSL")
    return wanted


def _back(wanted: dict[str, str], success: int) -> str:
    url = wanted["return_url"]
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'success': success, 'user_id': wanted['user_id']})}"


def _posted(url: str, body: dict[str, object]) -> bool:
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    try:
        with requests.Session() as session:
            session.trust_env = False
            return session.post(url, data=json.dumps(body), headers=headers, timeout=10).status_code == 200
    except requests.RequestException:
        return False
