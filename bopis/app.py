"""The Flask applications: `web()` for people and platforms, `bridges()` for long polls, in a process of their own."""

from __future__ import annotations

import gc
from pathlib import Path

from flask import Flask

from bopis.bell import BankListener
from bopis.config import Settings
from bopis.logs import start_logging
from bopis.web import (
    api_v1,
    associate,
    bridge_api,
    connect,
    granting,
    health,
    metrics,
    ops,
    paying,
    receipts,
    shopper,
    static,
)
from bopis.web.edge import tell
from bopis.web.errors import answer_errors
from bopis.web.headers import add_headers
from bopis.web.requests import say
from bopis.web.turns import Turns
from bopis.wiring import TYPED_IN, Service, build
from webhooks import payments, receive
from webhooks.replay import replay

MOST_BYTES = 262_144
MOST_BYTES_OF_A_BRIDGE = 1_048_576


def create_app(service: Service, listener: BankListener) -> Flask:
    """The service for shoppers, associates, platforms and providers."""
    app = _bare(service)
    database, gateways, public_url = service.database, service.gateways, service.settings.public_url
    app.register_blueprint(receive.blueprint(database, gateways.platforms))
    app.register_blueprint(payments.blueprint(database, gateways.payments))
    app.register_blueprint(receipts.blueprint(database, gateways.messengers, public_url))
    app.register_blueprint(associate.blueprint(database, listener, secure=public_url.startswith("https")))
    app.register_blueprint(
        ops.blueprint(
            database,
            replay,
            secure=public_url.startswith("https"),
            installers=frozenset(gateways.installers),
            holders=frozenset(gateways.payments),
            platforms=gateways.platforms,
            typed_in=TYPED_IN,
            public_url=public_url,
            hooks=gateways.hooks,
            orders=gateways.orders,
        )
    )
    app.register_blueprint(connect.blueprint(database, gateways.installers, public_url))
    app.register_blueprint(granting.blueprint(database, gateways.installers))
    app.register_blueprint(shopper.blueprint(database))
    app.register_blueprint(paying.blueprint(database))
    lid = api_v1.Lid(service.settings.redis_url)
    app.register_blueprint(api_v1.blueprint(database, lid, public_url, gateways.orders))
    app.register_blueprint(static.blueprint())
    return app


def create_bridges_app(service: Service, listener: BankListener) -> Flask:
    """The service for bridges, whose requests are held open."""
    app = _bare(service)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES_OF_A_BRIDGE
    app.register_blueprint(bridge_api.blueprint(service.database, listener, service.settings.bridges_url))
    app.wsgi_app = Turns(app.wsgi_app, bridge_api.SYNC, MOST_BYTES_OF_A_BRIDGE)  # type: ignore[method-assign]
    return app


def web() -> Flask:
    """`create_app` from the environment, for a WSGI server."""
    start_logging()
    service = build(Settings.from_env())
    return _settled(create_app(service, BankListener(service.settings.redis_url)))


def bridges() -> Flask:
    """`create_bridges_app` from the environment, for a WSGI server."""
    start_logging()
    service = build(Settings.from_env())
    return _settled(create_bridges_app(service, BankListener(service.settings.redis_url)))


def _settled(app: Flask) -> Flask:
    """The app, and all it needs, out of the garbage collector's sight: it stays, and to look at it costs a tenth."""
    gc.collect()
    gc.freeze()
    return app


def _bare(service: Service) -> Flask:
    here = Path(__file__).parent / "web"
    app = Flask("bopis", template_folder=str(here / "templates"), static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    answer_errors(app)
    add_headers(app)
    tell(app, metrics.count, say)
    app.register_blueprint(health.blueprint(service.database))
    app.register_blueprint(metrics.blueprint(service.database, service.settings.metrics_token))
    return app
