"""Messages to merchants' endpoints: thin, signed, at least once."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy.orm import Session

from bopis import outbox
from bopis.errors import EffectError, PermanentFailure
from bopis.hooks.catalogue import TEST, cause_of, event_of
from bopis.hooks.health import CarefulSender, note_answer
from bopis.hooks.models import HookEndpoint
from bopis.messages import SendHook, SendTestHook
from bopis.pickups.models import Pickup
from bopis.ports import HookCall
from bopis.timeline import TimelineEntry


class SendHookEffect:
    """Tells one endpoint of one event. The same message has the same id however often it is sent."""

    idempotent = True

    def __init__(self, sender: CarefulSender | None) -> None:
        self.sender = sender

    def read(self, session: Session, message: SendHook | SendTestHook, now: dt.datetime) -> HookCall | None:
        endpoint = session.get(HookEndpoint, message.endpoint_id)
        if endpoint is None:
            return None
        told = self._told(session, message)
        if told is None:
            return None
        if endpoint.off_at is not None and isinstance(message, SendHook):
            raise PermanentFailure("endpoint_off", "The endpoint is turned off.")
        message_id, payload = told
        return HookCall(
            endpoint.id,
            endpoint.url,
            endpoint.secrets(now),
            message_id,
            now,
            json.dumps(payload, separators=(",", ":")).encode(),
            outbox.attempts_of(session, message),
        )

    def _told(self, session: Session, message: SendHook | SendTestHook) -> tuple[str, dict[str, Any]] | None:
        if isinstance(message, SendTestHook):
            data = {"endpoint_id": message.endpoint_id}
            return f"test_{message.asked_at}", {"type": TEST, "timestamp": message.asked_at, "data": data}
        entry = session.get(TimelineEntry, (message.pickup_id, message.number))
        pickup = session.get(Pickup, message.pickup_id)
        name = event_of(entry.what) if entry else None
        if entry is None or pickup is None or name is None:
            return None
        return f"{pickup.id}.{entry.number}", payload_of(name, entry, pickup)

    def call(self, work: HookCall) -> None:
        assert self.sender is not None, "there is no sender of webhooks"
        self.sender.send(work)

    def look_up(self, work: HookCall, since: dt.datetime) -> None:
        return None

    def record(self, session: Session, work: HookCall, outcome: None, now: dt.datetime) -> None:
        note_answer(session, work.endpoint_id, now)

    def give_up(
        self, session: Session, message: SendHook | SendTestHook, problem: EffectError, now: dt.datetime
    ) -> None:
        """It stays a dead letter, on the endpoint's page; a person is asked once the endpoint is turned off."""


def payload_of(name: str, entry: TimelineEntry, pickup: Pickup) -> dict[str, Any]:
    """Ids and the moment, and nothing of whoever ordered: more is asked for over the API."""
    data: dict[str, Any] = {
        "pickup_id": pickup.id,
        "number": entry.number,
        "order_id": pickup.order_id,
        "connection_id": pickup.order.connection_id,
        "platform_order_id": pickup.order.platform_order_id,
        "unit_id": pickup.unit_id,
        "store_id": pickup.store_id,
    }
    if isinstance(entry.detail.get("door"), int):
        data["door"] = entry.detail["door"]
    if cause := cause_of(entry.what):
        data["cause"] = cause
    return {"type": name, "timestamp": entry.at.astimezone(dt.UTC).isoformat(), "data": data}
