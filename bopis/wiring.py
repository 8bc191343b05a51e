"""The composition root: from settings to everything that runs. The only place that knows every vendor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bopis import sealing
from bopis.bell import Bell, RedisBell
from bopis.config import Settings
from bopis.db import Database
from bopis.effects import Effect, Gateways, handlers
from bopis.messages import Message
from integrations.shopify import ShopifyPlatform
from integrations.twilio import TwilioMessenger


@dataclass(frozen=True)
class Service:
    """Everything a process of ours needs."""

    settings: Settings
    database: Database
    gateways: Gateways
    handlers: Mapping[type[Message], Effect]


def build(settings: Settings, bell: Bell | None = None) -> Service:
    """Put the service together. Nothing is called yet: the first use of a part finds out whether it answers."""
    sealing.use_keys(settings.secret_keys)
    gateways = Gateways(
        platforms={"shopify": ShopifyPlatform(base_url=settings.shopify_url)},
        messengers={"twilio": TwilioMessenger(base_url=settings.twilio_url)},
    )
    database = Database(settings.database_url, bell or RedisBell(settings.redis_url))
    return Service(settings, database, gateways, handlers(gateways, settings.public_url))
