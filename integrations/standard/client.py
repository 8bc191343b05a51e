"""Calls to a shop at the addresses it gave us: read its orders, tell it what became of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from bopis.errors import PermanentFailure, TemporaryFailure
from bopis.ports import Account
from integrations import signatures
from integrations.http import Answer
from integrations.public import PublicCaller
from integrations.standard import failures, schemas, webhooks

_MOST_PAGES = 1000


class ShopClient:
    """Reads settings `orders_url` and `callback_url`, and the secret `access_token` where the shop wants one."""

    def __init__(self, caller: PublicCaller, now: Callable[[], dt.datetime]) -> None:
        self._caller, self._now = caller, now

    def order(self, account: Account, order_id: str) -> dict[str, Any] | None:
        """The order as the shop has it now; None when it has none. Raises the effect errors."""
        answer = self._get(account, f"{account.settings['orders_url'].rstrip('/')}/{quote(order_id, safe='')}")
        if answer.status in (404, 410):
            return None
        order = self._read(answer, schemas.Order(), "order")
        if order["id"] != order_id or schemas.is_too_new(order, self._now()):
            raise PermanentFailure("unexpected_answer", "the shop answered with another order or one of the future")
        return order

    def changed(self, account: Account, since: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
        """Id and time of change of every order changed since then, page by page. Raises the effect errors."""
        asked = {"updated_since": since.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")}
        for _ in range(_MOST_PAGES):
            url = account.settings["orders_url"]
            answer = self._get(account, url + ("&" if "?" in url else "?") + urlencode(asked))
            page = self._read(answer, schemas.ChangedOrders(), "orders")
            yield from ((order["id"], order["updated_at"]) for order in page["orders"])
            if not page["next"] or asked.get("page") == page["next"]:
                return
            asked["page"] = page["next"]
        raise PermanentFailure("too_many_pages", "the shop's list of orders does not end")

    def tell(self, account: Account, what: str, unit_id: str, key: str = "") -> None:
        """Tell the shop what became of a unit; the same news have the same id however often they are sent.

        Without a `callback_url` nobody wants to know. Raises the effect errors.
        """
        url = account.settings.get("callback_url")
        if not url:
            return
        now = self._now()
        named = f"{account.connection_id} {what} {unit_id} {key}"
        message_id = "msg_" + hashlib.sha256(named.encode()).hexdigest()[:32]
        payload = {"type": what, "timestamp": now.isoformat(), "data": {"unit_id": unit_id}}
        body = json.dumps(payload, separators=(",", ":")).encode()
        try:
            signed = signatures.sign(webhooks.secrets_of(account), message_id, now, body)
        except ValueError as problem:
            raise PermanentFailure("bad_secret", str(problem)) from None
        answer = self._caller.call("POST", url, {"Content-Type": "application/json", **signed}, body, read=0)
        failure = failures.of_status(answer)
        if failure:
            raise failure

    def _get(self, account: Account, url: str) -> Answer:
        token = account.secrets.get("access_token")
        headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
        return self._caller.call("GET", url, {"Accept": "application/json", **headers})

    def _read(self, answer: Answer, schema: schemas.Ours, name: str) -> dict[str, Any]:
        failure = failures.of_status(answer)
        if failure:
            raise failure
        try:
            return schemas.load(schema, answer.json())
        except ValueError:
            raise TemporaryFailure("unexpected_answer", "the shop's answer is not JSON") from None
        except schemas.Misfit as misfit:
            raise PermanentFailure("unexpected_answer", f"the shop's answer does not fit: {name}: {misfit}") from None
