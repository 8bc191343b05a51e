"""What bridges may send us, checked at the border. Unknown fields are ignored: a bridge may be newer than we are."""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from bopis.errors import Invalid
from firmware_bridge.protocol import wire

Loaded = TypeVar("Loaded")


class Base64(fields.Field[bytes]):
    """Bytes in base64."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise ValidationError("Not base64.") from None


class _FromBridge(Schema):
    class Meta:
        unknown = EXCLUDE


class EnrolSchema(_FromBridge):
    code = fields.String(required=True, validate=validate.Length(1, 64))
    public_key = Base64(required=True)
    proof = Base64(required=True)
    protocol = fields.Integer(required=True, validate=validate.Equal(wire.PROTOCOL))
    software = fields.String(load_default="")


class Doors(fields.Field[dict[str, dict[str, str]]]):
    """How each door stands, by its number. One loop, not a schema a door: every sync says it of every door."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, dict[str, str]]:
        if not isinstance(value, dict):
            raise ValidationError("Not a valid mapping type.")
        for number, said in value.items():
            if not isinstance(said, dict):
                raise ValidationError({number: ["Not a door."]})
            for name, known in (("door", wire.DOOR_STATES), ("item", wire.ITEM_STATES)):
                if said.get(name) not in known:
                    raise ValidationError({number: {name: [f"Must be one of: {', '.join(known)}."]}})
        return value


class EventSchema(_FromBridge):
    seq = fields.Integer(required=True, validate=validate.Range(min=1))
    kind = fields.String(required=True, validate=validate.Length(1, 40))
    at = fields.AwareDateTime(required=True)
    data = fields.Dict(keys=fields.String(), load_default=dict)


class ResultSchema(_FromBridge):
    command = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(wire.RESULTS))
    code = fields.String(allow_none=True, load_default=None)
    data = fields.Dict(keys=fields.String(), allow_none=True, load_default=dict)


class NewKeySchema(_FromBridge):
    public_key = Base64(required=True)
    proof = Base64(required=True)


class SyncSchema(_FromBridge):
    protocol = fields.Integer(required=True, validate=validate.Equal(wire.PROTOCOL))
    cursor = fields.String(required=True, allow_none=True, validate=validate.Length(max=64))
    boot_id = fields.String(required=True, validate=validate.Length(1, 64))
    wait = fields.Float(load_default=0.0, validate=validate.Range(0, wire.LONGEST_WAIT_SECONDS))
    layout = fields.String(allow_none=True, load_default=None)
    staff = fields.String(allow_none=True, validate=validate.Length(max=64))
    work = fields.String(allow_none=True, validate=validate.Length(max=64))
    settings = fields.String(allow_none=True, validate=validate.Length(max=64))
    new_key = fields.Nested(NewKeySchema, load_default=None, allow_none=True)
    doors = Doors(load_default=dict)
    events = fields.List(
        fields.Nested(EventSchema), load_default=list, validate=validate.Length(max=wire.EVENTS_A_SYNC)
    )
    results = fields.List(fields.Nested(ResultSchema), load_default=list, validate=validate.Length(max=200))


def load(schema: Schema) -> dict[str, Any]:
    """The request's JSON body, checked. Raises Invalid, which names the first field that is wrong."""
    return check(schema, request.get_json(silent=True))


def check(schema: Schema, body: Any) -> dict[str, Any]:
    """A JSON value, checked like a request's body. Raises Invalid."""
    if not isinstance(body, dict):
        raise Invalid("bad_json", "Send a JSON object.")
    try:
        loaded: dict[str, Any] = schema.load(body)
    except ValidationError as problem:
        raise Invalid("bad_field", f"Not accepted: {_first(problem.messages)}") from None
    return loaded


def _first(messages: Any, path: str = "") -> str:
    while isinstance(messages, dict) and messages:
        name, messages = next(iter(messages.items()))
        path = f"{path}.{name}" if path else str(name)
    return f"{path}: {messages[0] if isinstance(messages, list) and messages else messages}"
