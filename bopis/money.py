"""Money as integer minor units with its currency."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NONE, _THREE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", "BHD IQD JOD KWD LYD OMR TND"
DECIMALS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}
"""How many decimals a currency has, where it is not two. Source: ISO 4217, list one, "minor unit"."""
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Money:
    """An amount in the currency's own minor units (ISO 4217): 1999 EUR is € 19.99, 500 JPY is ¥ 500."""

    amount: int
    currency: str
    """Three capital letters."""

    @classmethod
    def of(cls, decimal: str, currency: str) -> Money:
        """From a decimal text as shops write it, such as `19.99`. Raises ValueError for what is no such amount."""
        exact = Decimal(decimal).scaleb(DECIMALS.get(currency, 2)) if _DECIMAL.fullmatch(decimal) else None
        if exact is None or exact != int(exact):
            raise ValueError(f"no amount of {currency}")
        return cls(int(exact), currency)
