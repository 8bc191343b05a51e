"""What pages are dressed in: our own files, and the design tokens that the kiosk shares with us."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Response, request

from bopis.errors import NotFound

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "public, no-cache"


def blueprint() -> Blueprint:
    """`GET /static/<name>`; templates write `asset('app.css')`, whose address changes with the file."""
    routes = Blueprint("static", __name__)
    files = {name: (path.read_bytes(), _TYPES[path.suffix]) for name, path in _files().items()}
    tags = {name: hashlib.sha256(body).hexdigest()[:12] for name, (body, _) in files.items()}

    @routes.get("/static/<name>")
    def asset(name: str) -> Response:
        if name not in files:
            raise NotFound("not_found", "There is nothing at this address.")
        body, kind = files[name]
        response = Response(body, content_type=f"{kind}; charset=utf-8")
        response.headers["Cache-Control"] = _FOR_EVER if request.args.get("v") == tags[name] else _ASK_FIRST
        response.set_etag(tags[name])
        return response.make_conditional(request)

    @routes.app_context_processor
    def helpers() -> dict[str, object]:
        return {"asset": lambda name: f"/static/{name}?v={tags[name]}"}

    return routes


def _files() -> dict[str, Path]:
    own = Path(__file__).parent / "static"
    files = {path.name: path for path in own.iterdir() if path.suffix in _TYPES}
    spec = find_spec("firmware_bridge")  # found, not imported: the service knows nothing of the bridge's code
    assert spec is not None
    assert spec.submodule_search_locations
    shared = Path(spec.submodule_search_locations[0]) / "kiosk" / "static"
    return files | {"tokens.css": shared / "tokens.css", "mark.svg": shared / "kiosk" / "mark.svg"}
