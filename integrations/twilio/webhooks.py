"""Delivery reports: prove who sent one, read it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from twilio.request_validator import RequestValidator

from bopis.ports import Account, BadDelivery, BadSignature, Receipt
from integrations.twilio import failures, translate


class Report(Schema):
    """The fields of a status callback we read."""

    class Meta:
        unknown = EXCLUDE

    sid = fields.String(required=True, data_key="MessageSid", validate=validate.Regexp("[A-Z]{2}[0-9a-f]{32}$"))
    status = fields.String(required=True, data_key="MessageStatus")
    error = fields.String(load_default="", data_key="ErrorCode")


def read_callback(account: Account, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Receipt:
    """Verify X-Twilio-Signature over the public URL and the whole form, blank fields included, and read the report.

    `url` is the address as Twilio was given it, from settings and not from the request, whose scheme and host a proxy
    may have changed. Raises BadSignature, or BadDelivery naming the field.
    """
    token, signature = account.secrets.get("auth_token", ""), headers.get("X-Twilio-Signature", "")
    if not token or not signature or not RequestValidator(token).validate(url, form, signature):
        raise BadSignature("the report was not signed with this connection's token")
    try:
        report = Report().load(form.to_dict() if hasattr(form, "to_dict") else dict(form))
    except ValidationError as error:
        raise BadDelivery(next(iter(error.normalized_messages()))) from None
    receipt = translate.receipt(report["sid"], report["status"], failures.name_of(report["error"]))
    if receipt is None:
        raise BadDelivery("MessageStatus")
    return receipt
