"""A Django site with nothing but dj-stripe's webhook endpoint, run by the peer's own Python.

As its makers advise: it checks the signature and stores what came; a callback, which here does nothing, takes the rest
out of the request. Connections to the database are kept.
"""

from __future__ import annotations

import os
import sys
import uuid
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

ENDPOINT = uuid.UUID("01a20000-0000-7000-8000-000000000001")
_url = urlsplit(os.environ["DATABASE_URL"])

if not settings.configured:
    settings.configure(
        SECRET_KEY=os.environ["SECRET_KEYS"],
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "djstripe"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": _url.path.removeprefix("/"),
                "USER": _url.username or "",
                "HOST": parse_qs(_url.query).get("host", [_url.hostname or ""])[0],
                "CONN_MAX_AGE": None,
            }
        },
        STRIPE_TEST_SECRET_KEY="sk_test_" + "0" * 24,
        STRIPE_LIVE_MODE=False,
        DJSTRIPE_FOREIGN_KEY_TO_FIELD="id",
        DJSTRIPE_WEBHOOK_EVENT_CALLBACK="bench.peer_site.later",
    )
    django.setup()


def later(trigger: object, api_key: str = "") -> None:
    """Where a queue would be asked to go on."""


def livez(request: HttpRequest) -> HttpResponse:
    """It answers."""
    return HttpResponse(status=204)


urlpatterns = [path("livez", livez), path("stripe/", include("djstripe.urls", namespace="djstripe"))]
application = get_wsgi_application()


def main(secret: str) -> None:
    """Make the tables, and the endpoint that deliveries are sent to."""
    call_command("migrate", verbosity=0)
    from djstripe.models import WebhookEndpoint

    WebhookEndpoint.objects.create(
        id="we_bench",
        djstripe_uuid=ENDPOINT,
        secret=secret,
        livemode=False,
        url="https://127.0.0.1/",
        status="enabled",
        enabled_events=["*"],
        api_version="2026-10-28",
    )


if __name__ == "__main__":
    main(sys.argv[1])
