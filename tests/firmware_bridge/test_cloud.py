"""The bridge's side of the conversation: what it says, and what it believes."""

from __future__ import annotations

import base64
import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.backoff import Backoff
from firmware_bridge.cloud import Cloud, CloudError, Identity, enrol, load_identity
from firmware_bridge.journal import Journal
from firmware_bridge.protocol import signatures
from tests.firmware_bridge.fake_cloud import BANK_KEY, FakeCloud
from tests.firmware_bridge.world import LAYOUT

BODY = {"cursor": "0", "wait": 0, "layout": None, "doors": {}, "events": [], "results": []}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db", "boot")
    yield journal
    journal.close()


@pytest.fixture
def service() -> Iterator[FakeCloud]:
    with FakeCloud() as service:
        yield service


@pytest.fixture
def identity(journal: Journal, service: FakeCloud) -> Identity:
    return enrol(journal, service.url, service.code)


@pytest.fixture
def cloud(identity: Identity, journal: Journal, service: FakeCloud) -> Iterator[Cloud]:
    cloud = Cloud(identity, service.url, journal.clock)
    yield cloud
    cloud.close()


def test_enrolling_leaves_an_identity_that_outlives_a_restart(
    journal: Journal, identity: Identity, tmp_path: Path
) -> None:
    kept = load_identity(journal)
    assert kept is not None
    assert (kept.bridge_id, kept.bank_key) == ("bridge-1", BANK_KEY)
    assert kept.key.private_bytes_raw() == identity.key.private_bytes_raw()
    assert (tmp_path / "journal.db").stat().st_mode & 0o077 == 0


def test_an_identity_shows_no_key(identity: Identity) -> None:
    assert "key=" not in repr(identity)
    assert str(BANK_KEY) not in repr(identity)


def test_a_wrong_enrolment_code_is_one_sentence_with_the_services_reason(journal: Journal, service: FakeCloud) -> None:
    with pytest.raises(CloudError, match="refused to enrol") as problem:
        enrol(journal, service.url, "WRONG")
    assert problem.value.code == "enrolment_refused"
    assert "WRONG" not in str(problem.value)
    assert load_identity(journal) is None


def test_a_lost_answer_to_an_enrolment_is_asked_for_again_with_the_same_key(
    journal: Journal, service: FakeCloud
) -> None:
    first = enrol(journal, service.url, service.code)
    journal.db.execute("DELETE FROM meta WHERE name = 'identity'")
    again = enrol(journal, service.url, service.code)
    assert first.key.private_bytes_raw() == again.key.private_bytes_raw()


def test_a_signed_answer_is_believed(cloud: Cloud, service: FakeCloud) -> None:
    service.tell(layout=LAYOUT)
    assert cloud.sync(BODY, 0)["layout"]["hash"] == "layout-1"


def change_body(answer: signatures.Response) -> None:
    answer.body = answer.body.replace(b'"acked": 0', b'"acked": 9')


def drop_signature(answer: signatures.Response) -> None:
    del answer.headers["Signature"]


@pytest.mark.parametrize("tamper", [change_body, drop_signature])
def test_an_answer_that_is_not_signed_as_it_must_be_is_refused(
    cloud: Cloud, service: FakeCloud, tamper: object
) -> None:
    service.tamper = tamper
    with pytest.raises(CloudError) as problem:
        cloud.sync(BODY, 0)
    assert problem.value.code == "bad_signature"


def test_an_old_answer_played_back_is_refused(cloud: Cloud, service: FakeCloud) -> None:
    kept: list[signatures.Response] = []
    service.tamper = lambda answer: kept.append(signatures.Response(200, dict(answer.headers), answer.body))
    cloud.sync(BODY, 0)

    def play_back(answer: signatures.Response) -> None:
        answer.headers, answer.body = kept[0].headers, kept[0].body

    service.tamper = play_back
    with pytest.raises(CloudError) as problem:
        cloud.sync(BODY, 0)
    assert problem.value.code == "bad_signature"


def test_somebody_elses_service_is_refused(cloud: Cloud, service: FakeCloud) -> None:
    service.key = Ed25519PrivateKey.generate()
    with pytest.raises(CloudError) as problem:
        cloud.sync(BODY, 0)
    assert problem.value.code == "bad_signature"


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_is_off_is_corrected_for_signing_only(
    cloud: Cloud, service: FakeCloud, journal: Journal, hours: int
) -> None:
    service.skip(hours)
    before = journal.clock.now()
    answer = cloud.sync(BODY, 0)
    assert dt.datetime.fromisoformat(answer["time"]) - service.now() < dt.timedelta(seconds=5)
    assert journal.clock.state == "uncertain"
    assert abs(journal.clock.now() - before) < 5


def test_a_service_that_is_away_is_said_to_be(journal: Journal, identity: Identity) -> None:
    cloud = Cloud(identity, "http://127.0.0.1:9", journal.clock)
    with pytest.raises(CloudError) as problem:
        cloud.sync(BODY, 0)
    assert problem.value.code == "unreachable"


def test_a_refusal_names_the_services_code(cloud: Cloud, service: FakeCloud) -> None:
    service.silence(True)
    with pytest.raises(CloudError) as problem:
        cloud.sync(BODY, 0)
    assert problem.value.code == "unavailable"


def test_the_public_key_that_enrolled_is_the_one_that_signs(service: FakeCloud, identity: Identity) -> None:
    assert service.bridge_key is not None
    assert base64.b64encode(service.bridge_key.public_bytes_raw()) == base64.b64encode(
        identity.key.public_key().public_bytes_raw()
    )


def test_pauses_double_to_a_minute_and_are_drawn_at_random() -> None:
    most: list[float] = []
    backoff = Backoff(lambda low, high: most.append(high) or low)
    for _ in range(9):
        backoff.next()
    assert most == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    backoff.reset()
    backoff.next()
    assert most[-1] == 1
    drawn = random.Random(1)
    assert all(0 <= Backoff(drawn.uniform).next() <= 1 for _ in range(50))
