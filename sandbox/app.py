"""The sandbox as one Flask app: the shop, the cards, the phone, the mails, and the lock bank's page if there is one."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, render_template, send_file
from werkzeug.http import http_date

from sandbox.behaviour import Refused
from sandbox.bigcommerce.api import bigcommerce_blueprint
from sandbox.bigcommerce.state import Store as BigCommerceStore
from sandbox.cards.api import cards_api_blueprint
from sandbox.cards.checkout_pages import checkout_api_blueprint, checkout_pages_blueprint
from sandbox.cards.checkouts import Checkouts
from sandbox.cards.pages import cards_blueprint
from sandbox.cards.processor import Processor
from sandbox.config import Config
from sandbox.later import Later
from sandbox.magento.api import magento_blueprint
from sandbox.magento.state import MagentoShop
from sandbox.mail.letterbox import Letterbox
from sandbox.mail.pages import mail_blueprint
from sandbox.phone.api import api_blueprint
from sandbox.phone.exchange import Exchange
from sandbox.phone.pages import phone_blueprint
from sandbox.shop.admin import admin_blueprint
from sandbox.shop.oauth import oauth_blueprint
from sandbox.shop.pages import shop_blueprint
from sandbox.shop.state import Shop
from sandbox.shops import counters
from sandbox.shops.counters import Counter
from sandbox.shops.pages import shops_blueprint
from sandbox.square.api import square_blueprint
from sandbox.square.state import Seller as SquareSeller
from sandbox.standard.api import standard_blueprint
from sandbox.standard.shop import StandardShop
from sandbox.woocommerce.api import api_blueprint as woocommerce_api_blueprint
from sandbox.woocommerce.auth import auth_blueprint as woocommerce_auth_blueprint
from sandbox.woocommerce.pages import pages_blueprint as woocommerce_pages_blueprint
from sandbox.woocommerce.shop import WooCommerceShop

DESIGN = Path(__file__).parent.parent / "firmware_bridge/kiosk/static/tokens.css"


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Sandbox:
    """What runs: the app, the state behind it, and how to end it."""

    app: Flask
    shop: Shop
    exchange: Exchange
    letterbox: Letterbox
    later: Later
    bigcommerce: BigCommerceStore
    square: SquareSeller
    magento: MagentoShop
    cards: Processor | None = None
    checkouts: Checkouts | None = None
    standard: StandardShop | None = None
    woocommerce: WooCommerceShop | None = None
    stopping: threading.Event = field(default_factory=threading.Event)

    def stop(self) -> None:
        """End hanging answers and background work."""
        self.stopping.set()
        self.later.stop()


def create_sandbox(
    config: Config, bank_page: Blueprint | None = None, now: Callable[[], dt.datetime] = _utc_now
) -> Sandbox:
    """Build the app around fresh state; nothing is kept between runs."""
    app = Flask("sandbox")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    later = Later("sandbox", threads=8)
    shop, exchange = Shop(config.shop, now, later), Exchange(config.phone, now, later)
    sandbox = Sandbox(
        app,
        shop,
        exchange,
        Letterbox(now),
        later,
        BigCommerceStore(shop.names, now, later),
        SquareSeller(shop.names, now, later),
        MagentoShop(shop.names, now, later),
    )
    _open_shops(sandbox)
    if config.cards:
        sandbox.cards = Processor(config.cards, now, later)
        app.register_blueprint(cards_blueprint(sandbox.cards))
        app.register_blueprint(cards_api_blueprint(sandbox.cards, sandbox.stopping))
        sandbox.checkouts = Checkouts(sandbox.cards)
        app.register_blueprint(checkout_api_blueprint(sandbox.checkouts, sandbox.stopping))
        app.register_blueprint(checkout_pages_blueprint(sandbox.checkouts))
    if config.standard:
        sandbox.standard = StandardShop(config.standard, now, later)
        app.register_blueprint(standard_blueprint(sandbox.standard, sandbox.stopping))
    if config.woocommerce:
        sandbox.woocommerce = WooCommerceShop(config.woocommerce, now, later)
        app.register_blueprint(woocommerce_api_blueprint(sandbox.woocommerce, sandbox.stopping))
        app.register_blueprint(woocommerce_auth_blueprint(sandbox.woocommerce))
        app.register_blueprint(woocommerce_pages_blueprint(sandbox.woocommerce))
    _open_counters(sandbox, config)
    app.register_blueprint(shop_blueprint(sandbox.shop))
    app.register_blueprint(admin_blueprint(sandbox.shop, sandbox.stopping))
    app.register_blueprint(oauth_blueprint(sandbox.shop))
    app.register_blueprint(phone_blueprint(sandbox.exchange))
    app.register_blueprint(mail_blueprint(sandbox.letterbox))
    app.register_blueprint(api_blueprint(sandbox.exchange, sandbox.stopping))
    if bank_page:
        app.register_blueprint(bank_page, url_prefix="/bank")

    app.jinja_env.globals["has_bank"] = bank_page is not None
    _add_shared(app, now)
    return sandbox


def _add_shared(app: Flask, now: Callable[[], dt.datetime]) -> None:
    """What belongs to none of them: the first page, refusals, and headers."""

    @app.get("/")
    def index() -> str:
        return render_template("index.html")

    @app.get("/design/tokens.css")
    def tokens() -> Response:
        return send_file(DESIGN)

    @app.get("/livez")
    def livez() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @app.errorhandler(Refused)
    def refused(refusal: Refused) -> tuple[Response, int]:
        return jsonify(error={"code": refusal.code, "message": refusal.message}), refusal.status

    @app.after_request
    def fresh(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers.setdefault("Date", http_date(now()))
        return response


def _open_counters(sandbox: Sandbox, config: Config) -> None:
    """Where to buy, beside the first shop."""
    found: dict[str, Counter] = {
        "bigcommerce": counters.of_bigcommerce(sandbox.bigcommerce),
        "square": counters.of_square(sandbox.square),
        "magento": counters.of_magento(sandbox.magento),
    }
    if sandbox.woocommerce:
        found["woocommerce"] = counters.of_woocommerce(sandbox.woocommerce)
    if sandbox.standard:
        found["standard"] = counters.of_standard(sandbox.standard)
    for vendor, url in config.webhook_urls.items():
        found[vendor].tell(url)
    sandbox.app.register_blueprint(shops_blueprint(found, sandbox.shop.names))


def _open_shops(sandbox: Sandbox) -> None:
    """Those that need no configuration."""
    sandbox.app.register_blueprint(bigcommerce_blueprint(sandbox.bigcommerce, sandbox.stopping))
    sandbox.app.register_blueprint(square_blueprint(sandbox.square, sandbox.stopping))
    sandbox.app.register_blueprint(magento_blueprint(sandbox.magento, sandbox.stopping))
