"""The event we want of a shop. Where it goes, Adobe's Developer Console says; that it is made at all, the shop does."""

from __future__ import annotations

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import ACCESS_REFUSED, Account
from integrations.magento import failures, schemas
from integrations.magento.client import RestClient
from integrations.magento.webhooks import ORDER_SAVED


def ensure(client: RestClient, account: Account) -> list[str]:
    """Have the shop make an event of every order it saves; returns what it did not, and nothing where none are wanted.

    Raises TemporaryFailure or PermanentFailure.
    """
    if not account.settings.get("client_id"):
        return []  # Magento Open Source has no events, and not every Adobe Commerce uses them: it is asked instead
    try:
        there = client.get(account, "eventing/getEventSubscriptions")
        if not isinstance(there, list):
            raise PermanentFailure("unexpected_answer", "the shop's list of events is none")
        if any(schemas.read(schemas.Subscribed(), each, "event")["name"] == ORDER_SAVED for each in there):
            return []
        fields = [{"name": "entity_id"}, {"name": "updated_at"}]
        client.post(account, "eventing/eventSubscribe", {"event": {"name": ORDER_SAVED, "fields": fields}})
    except OutcomeUnknown as problem:
        # What was made after all is found by the next look.
        raise TemporaryFailure(problem.code, problem.message) from None
    except PermanentFailure as problem:
        if problem.code in (ACCESS_REFUSED, failures.NO_SUCH_API):
            raise PermanentFailure(
                "no_events", "the shop has no eventing, or our token may not use it: it is asked what changed instead"
            ) from None
        raise
    return [ORDER_SAVED]
