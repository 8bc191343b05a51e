"""What the things in an order weigh and measure. An order does not say; the catalogue does, in the shop's own units.

Without it an order is as good as with it, only less well placed: what cannot be had now is asked for again with the
next order, what is refused an hour later. What was found is remembered as long, the units with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from bopis.errors import EffectError, PermanentFailure
from bopis.ports import Account
from integrations.woocommerce import schemas
from integrations.woocommerce.client import RestClient
from integrations.woocommerce.measures import Measures

REMEMBERED_SECONDS = 3600.0
_MOST = 20_000
_MOST_CALLS = 20
_IDS_A_CALL = 15
"""An address may be 500 signs long."""
_FIELDS = {"_fields": "id,weight,dimensions"}

Key = tuple[str, int, int]
"""Connection, product, variation (0 for none)."""


class Products:
    """Looks up what it does not remember."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self._known: dict[Key, tuple[float, Measures | None]] = {}

    def of(self, account: Account, lines: Iterable[Mapping[str, Any]]) -> dict[tuple[int, int], Measures]:
        """The measures of these lines' products, by (product, variation), as far as the shop gives them away now."""
        wanted = {(line["product_id"] or 0, line["variation_id"] or 0) for line in lines if line["product_id"]}
        now = time.monotonic()
        stale = [each for each in sorted(wanted) if self._kept(account, each, now) is None]
        if stale:
            if len(self._known) > _MOST:
                self._known.clear()
            try:
                self._look(account, stale, now)
            except PermanentFailure:  # such as a key that may not read the catalogue
                nothing = (now + REMEMBERED_SECONDS, None)
                self._known |= {(account.connection_id, *each): nothing for each in stale}
            except EffectError:
                pass
        found = {each: self._kept(account, each, now) for each in wanted}
        return {each: kept[1] for each, kept in found.items() if kept and kept[1]}

    def _kept(self, account: Account, what: tuple[int, int], now: float) -> tuple[float, Measures | None] | None:
        kept = self._known.get((account.connection_id, *what))
        return kept if kept and now < kept[0] else None

    def _look(self, account: Account, wanted: list[tuple[int, int]], now: float) -> None:
        units = [self._unit(account, name) for name in ("weight", "dimension")]
        plain = [product for product, variation in wanted if not variation]
        calls = [("products", 0, ids) for ids in _batches(plain)]
        for parent in sorted({product for product, variation in wanted if variation}):
            of = [variation for product, variation in wanted if product == parent and variation]
            calls += [(f"products/{parent}/variations", parent, ids) for ids in _batches(of)]
        for path, parent, ids in calls[:_MOST_CALLS]:
            known: dict[int, Measures] = {}
            params = {**_FIELDS, "include": ",".join(map(str, ids))}
            for item in self._client.page(account, path, 1, params).items:
                read = schemas.read(schemas.Product(), item, "product")
                known[int(read["id"])] = Measures(read["weight"] or "", _sides(read), *units)
            for each in ids:
                what = (parent, each) if parent else (each, 0)
                self._known[account.connection_id, *what] = now + REMEMBERED_SECONDS, known.get(each)

    def _unit(self, account: Account, name: str) -> str:
        setting = self._client.get(account, f"settings/products/woocommerce_{name}_unit")
        value = setting.get("value") if isinstance(setting, dict) else None
        if not isinstance(value, str):
            raise PermanentFailure("unexpected_answer", f"the shop's unit of {name} is no text")
        return value


def _batches(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + _IDS_A_CALL] for start in range(0, len(ids), _IDS_A_CALL)]


def _sides(product: Mapping[str, Any]) -> tuple[str, str, str]:
    given = product["dimensions"] or {}
    return given.get("length") or "", given.get("width") or "", given.get("height") or ""
