"""Our SMTP client against a real server over real sockets, encrypted and not, well and broken."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bopis.errors import OutcomeUnknown, PermanentFailure, TemporaryFailure
from bopis.ports import Letter
from integrations.smtp import Server, SmtpMailer
from sandbox.mail.letterbox import Letterbox
from sandbox.mail.server import MailServer

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
TO, FROM = "shopper@example.com", "Fernhill <pickup@fernhill.example>"
LETTER = Letter("ready.1.p1@pickup.example.com", NOW, TO, "#1001 is ready", ".dots\n.\nkept, ü\n", "<p>kept</p>\n")
LOGIN = ("pickup", "pass:word/é")

Serve = Callable[..., MailServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server on a free port."""
    running: list[MailServer] = []

    def start(**more: object) -> MailServer:
        server = MailServer(Letterbox(lambda: NOW), **more)  # type: ignore[arg-type]
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for this machine, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now - dt.timedelta(days=1))
    builder = builder.not_valid_after(now + dt.timedelta(days=1))
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = builder.add_extension(here, critical=True).sign(key, hashes.SHA256())
    path = tmp_path_factory.mktemp("mail") / "certificate.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return path


@pytest.fixture(scope="module")
def its_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def mailer(
    server: MailServer, security: str = "none", trusting: Path | None = None, seconds: float = 5, **more: str
) -> SmtpMailer:
    context = ssl.create_default_context(cafile=str(trusting)) if trusting else None
    where = Server("127.0.0.1", server.server_address[1], security, **more)
    return SmtpMailer(where, FROM, context=context, seconds=seconds)


def test_a_letter_arrives_as_text_and_html_and_says_that_no_person_wrote_it(serve: Serve) -> None:
    server = serve()
    mailer(server).send(LETTER)
    (mail,) = server.letterbox.mails()
    seen = mail.seen()
    assert (mail.sender, mail.to, seen["from"]) == ("pickup@fernhill.example", TO, FROM)
    assert (seen["text"], seen["html"], seen["subject"]) == (LETTER.text, LETTER.html, LETTER.subject)
    assert seen["headers"]["Auto-Submitted"] == "auto-generated"


def test_the_same_letter_has_the_same_message_id_however_often_it_is_sent(serve: Serve) -> None:
    server = serve()
    for _ in range(2):
        mailer(server).send(LETTER)
    assert [mail.content["Message-ID"] for mail in server.letterbox.mails()] == [f"<{LETTER.message_id}>"] * 2


def test_names_in_other_scripts_arrive(serve: Serve) -> None:
    server = serve()
    mailer(server).send(replace(LETTER, subject="#1 is ready at Łódź " + "日本" * 30, text="Zoë\n"))
    (mail,) = server.letterbox.mails()
    assert mail.content["Subject"] == "#1 is ready at Łódź " + "日本" * 30
    assert mail.seen()["text"] == "Zoë\n"


@pytest.mark.parametrize(("security", "at_once"), [("starttls", False), ("tls", True)])
def test_an_encrypted_line_lets_a_user_in(
    serve: Serve, certificate: Path, its_context: ssl.SSLContext, security: str, at_once: bool
) -> None:
    server = serve(context=its_context, at_once=at_once, login=("pickup", "pass:word/1"))
    mailer(server, security, certificate, user="pickup", password="pass:word/1").send(LETTER)
    assert len(server.letterbox.mails()) == 1


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(serve: Serve, its_context: ssl.SSLContext) -> None:
    server = serve(context=its_context, login=("pickup", "word"))
    with pytest.raises(TemporaryFailure, match="not_trusted"):
        mailer(server, "starttls", user="pickup", password="word").send(LETTER)
    assert server.letterbox.ledger() == []


def test_without_encryption_where_it_is_asked_for_nothing_is_sent(serve: Serve) -> None:
    server = serve(login=("pickup", "word"))
    with pytest.raises(PermanentFailure, match="not_supported"):
        mailer(server, "starttls", user="pickup", password="word").send(LETTER)
    assert server.letterbox.ledger() == []


def test_a_wrong_password_is_final_and_found_without_sending(serve: Serve) -> None:
    server = serve(login=("pickup", "word"))
    with pytest.raises(PermanentFailure, match="credentials_refused"):
        mailer(server, user="pickup", password="wrong").check()
    mailer(server, user="pickup", password="word").check()
    assert server.letterbox.ledger() == []


@pytest.mark.parametrize(
    ("habit", "kind", "code", "taken"),
    [
        ({"busy": 1}, TemporaryFailure, "try_later", 0),
        ({"greylisted": 1}, TemporaryFailure, "try_later", 0),
        ({"unknown": [TO]}, PermanentFailure, "address_refused", 0),
        ({"refuse_mail": 1}, PermanentFailure, "mail_refused", 0),
        ({"lost_before": 1}, OutcomeUnknown, "no_answer", 0),
        ({"lost_after": 1}, OutcomeUnknown, "no_answer", 1),
        ({"silent_after": 1}, OutcomeUnknown, "no_answer", 1),
    ],
    ids=str,
)
def test_a_failure_says_whether_the_mail_may_have_gone(
    serve: Serve, habit: dict[str, object], kind: type[Exception], code: str, taken: int
) -> None:
    server = serve()
    server.letterbox.behaviour.change(habit)
    with pytest.raises(kind, match=code) as failed:
        mailer(server, seconds=0.5).send(LETTER)
    assert len(server.letterbox.mails()) == taken
    assert TO not in str(failed.value) and "pickup@" not in str(failed.value)


def test_a_server_that_is_not_there_may_be_tried_later(serve: Serve) -> None:
    server = serve()
    mails = mailer(server)
    server.stop()
    with pytest.raises(TemporaryFailure, match="not_reached"):
        mails.send(LETTER)


def test_nothing_personal_shows_when_a_letter_or_a_server_is_printed() -> None:
    written = repr(LETTER) + repr(Server("mail.example.com", 587, "starttls", "pickup", "hush"))
    assert TO not in written and "kept" not in written and "hush" not in written
