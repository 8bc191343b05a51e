"""Installing the app: the merchant's yes at /admin/oauth/authorize, and the exchange behind it."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from sandbox.shop.state import Shop
from sandbox.shop.tokens import Rejected


def oauth_blueprint(shop: Shop) -> Blueprint:
    """/admin/oauth/authorize (says yes at once) and /admin/oauth/access_token."""
    blueprint = Blueprint("shop_oauth", __name__)

    @blueprint.get("/admin/oauth/authorize")
    def authorize() -> BaseResponse:
        if not shop.config.client_id or request.args.get("client_id") != shop.config.client_id:
            return Response("Oauth error invalid_request: unknown app", 400)
        return redirect(f"{request.args['redirect_uri']}?{urlencode(signed(shop, request.args.get('state', '')))}", 302)

    @blueprint.post("/admin/oauth/access_token")
    def access_token() -> tuple[Response, int]:
        try:
            return jsonify(shop.tokens.grant(request.get_json(silent=True) or request.form)), 200
        except Rejected as refusal:
            return jsonify(error=str(refusal)), 400

    return blueprint


def signed(shop: Shop, state: str) -> dict[str, str]:
    """The parameters the merchant's browser carries back, in no order the signature depends on."""
    parameters = {
        "code": shop.tokens.new_code(),
        "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvZXhhbXBsZQ",
        "shop": shop.config.domain,
        "state": state,
        "timestamp": str(int(shop.now().timestamp())),
    }
    message = "&".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    digest = hmac.new(shop.config.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return {**parameters, "hmac": digest}
