"""Calls to addresses merchants gave us: where they may lead, and how they end."""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bopis.errors import PermanentFailure, TemporaryFailure
from integrations.public import BadAddress, PublicCaller, is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.88.99.1", "192.0.0.8", "198.18.0.1", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255", "203.0.113.7", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
        *("2002:7f00:1::", "2001::1", "2001:db8::1", "::127.0.0.1", "nonsense", ""),
    ],
)
def test_what_is_not_of_the_public_internet_is_not_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_what_is_of_the_public_internet_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com/", "ftp://example.com/", "example.com", "https:///path", "https://", ""),
        *("https://user:pass@example.com/", "https://example.com/#part", "https://exa mple.com/", "https://localhost/"),
        *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://printer.local/"),
        *("https://metadata.google.internal/", "https://example.com:99999/", "https://example.com/" + "a" * 500),
        *("https://ex\u00e4mple.com/", "https://example.com/\nX: y", "https://intranet/", "https://[fe80::1%25eth0]/"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused_when_it_is_typed_in(url: str) -> None:
    with pytest.raises(BadAddress):
        PublicCaller().check(url)


def test_a_good_address_is_kept_as_it_was_written() -> None:
    assert (
        PublicCaller().check(" https://hooks.example.com:8443/in?shop=1 ") == "https://hooks.example.com:8443/in?shop=1"
    )


@pytest.mark.parametrize("also", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:192.168.0.1"])
def test_a_name_with_one_private_address_is_not_called_at_all(also: str) -> None:
    caller = PublicCaller(resolver=lambda host, port: ["93.184.215.14", also])
    with pytest.raises(PermanentFailure, match="bad_address"):
        caller.call("POST", "https://rebinds.example.com/", {})


def test_numbers_written_unusually_are_looked_up_and_then_refused() -> None:
    for written in ("https://2130706433/", "https://0x7f000001/", "https://127.1/"):
        with pytest.raises((PermanentFailure, TemporaryFailure)):
            PublicCaller().call("POST", written, {})


def test_a_name_without_an_address_is_asked_again_later() -> None:
    def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "no such host")

    with pytest.raises(TemporaryFailure, match="not_reached"):
        PublicCaller(resolver=nobody).call("POST", "https://gone.example.com/", {})


@contextmanager
def server(answer: bytes, *, tls: ssl.SSLContext | None = None, drip: float = 0.0) -> Iterator[tuple[int, list[bytes]]]:
    """A raw server on this machine; its port, and what it was sent."""
    got: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
                with tls.wrap_socket(plain, server_side=True) if tls else plain as line:
                    got.append(whole_request(line))
                    for start in range(0, len(answer), 1 if drip else len(answer)):
                        line.sendall(answer[start : start + (1 if drip else len(answer))])
                        if drip and ended.wait(drip):
                            return
            except OSError:
                if ended.is_set():
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def whole_request(line: socket.socket) -> bytes:
    """All of it: a server that hangs up on what it has not read takes its answer back."""
    read = b""
    while part := line.recv(65536):
        read += part
        head, end, body = read.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: ([0-9]+)", head)
        if end and len(body) >= int(length[1] if length else 0):
            break
    return read


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_the_checked_address_is_called_under_the_name_it_was_given(tmp_path: Path) -> None:
    own, theirs = certificate(tmp_path, "hooks.example.com")
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with server(OK, tls=theirs) as (port, got):
        caller = PublicCaller(private=True, resolver=resolver, tls=own)
        answer = caller.call("POST", f"https://hooks.example.com:{port}/in?shop=1", {"X-A": "b"}, b"body")
    assert (answer.status, answer.body, asked) == (200, b"ok", ["hooks.example.com"])
    assert got[0].startswith(b"POST /in?shop=1 HTTP/1.1\r\n")
    assert f"Host: hooks.example.com:{port}\r\n".encode() in got[0]


def test_a_certificate_of_another_name_is_not_believed(tmp_path: Path) -> None:
    own, theirs = certificate(tmp_path, "other.example.com")
    with server(OK, tls=theirs) as (port, got):
        caller = PublicCaller(private=True, resolver=lambda host, port: ["127.0.0.1"], tls=own)
        with pytest.raises(TemporaryFailure, match="not_reached"):
            caller.call("POST", f"https://hooks.example.com:{port}/", {}, b"body")
    assert b"body" not in b"".join(got)


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n") as (port, got):
        assert PublicCaller(private=True).call("POST", f"http://127.0.0.1:{port}/", {}).status == 302
    assert len(got) == 1


def test_an_answer_without_an_end_is_cut_off() -> None:
    with server(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 10_000, drip=0.05) as (port, _):
        began = time.monotonic()
        with pytest.raises(TemporaryFailure, match="not_reached"):
            PublicCaller(private=True, whole_seconds=0.4).call("POST", f"http://127.0.0.1:{port}/", {})
    assert time.monotonic() - began < 4


def test_an_answer_that_is_too_large_is_refused_where_it_is_to_be_read() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + b"a" * 50) as (port, _):
        with pytest.raises(PermanentFailure, match="answer_too_large"):
            PublicCaller(private=True).call("GET", f"http://127.0.0.1:{port}/", {}, read=10)
        assert PublicCaller(private=True).call("POST", f"http://127.0.0.1:{port}/", {}, read=0).body == b""


def test_nonsense_instead_of_an_answer_is_asked_again_later() -> None:
    with server(b"nonsense\r\n\r\n") as (port, _), pytest.raises(TemporaryFailure, match="not_reached"):
        PublicCaller(private=True).call("POST", f"http://127.0.0.1:{port}/", {})


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate signed by itself: the context that believes it, and the server's."""
    key, named = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(chain, private)
    return ssl.create_default_context(cafile=str(chain)), theirs
