"""Asking for something that must be done once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import stripe

from bopis.errors import OutcomeUnknown
from integrations.stripe import failures

_KEYS = 4
"""How many keys one request may use up on failures of the provider's before it is left for later."""
Post = Callable[[stripe.StripeClient, dict[str, Any]], Any]


def posted(client: stripe.StripeClient, key: str, post: Post) -> Any:
    """Ask under this key; under a further one only where the provider says that the first failed for good."""
    for number in range(_KEYS):
        try:
            return post(client, {"idempotency_key": f"{key}:{number}" if number else key})
        except stripe.StripeError as error:
            problem = failures.of_error(error, asking=True)
            if not isinstance(problem, failures.KeyIsSpent):
                raise problem from None
    raise OutcomeUnknown("provider_down", "the provider failed at the same request again and again")
