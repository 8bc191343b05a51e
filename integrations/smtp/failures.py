"""What a mail server's reply codes mean, in our three words. Source: RFC 5321, 4.2.

Its own words are never taken over: they like to repeat the address.
"""

from __future__ import annotations

import smtplib
import ssl

from bopis.errors import EffectError, OutcomeUnknown, PermanentFailure, TemporaryFailure

_LOGIN = (530, 534, 535, 538)


def of_reply(number: int, step: str) -> EffectError:
    """The failure that a reply stands for: 4xx may pass, 5xx is final. `step` is what was refused, as a stable word."""
    if number in _LOGIN:
        return PermanentFailure("credentials_refused", f"the mail server refused the credentials ({number})")
    if 400 <= number < 500:
        return TemporaryFailure("try_later", f"the mail server asks us to try later ({number})")
    if 500 <= number < 600:
        return PermanentFailure(f"{step}_refused", f"the mail server refused the {step} ({number})")
    return TemporaryFailure("unexpected_answer", "the mail server's answer could not be read")


def before_the_end(error: Exception, host: str) -> EffectError:
    """The failure of a line that broke, or of a server that cannot, before the mail was whole: nothing was sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return of_reply(error.smtp_code, "connection")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return PermanentFailure("not_supported", f"{host} offers no encryption or no login, as SMTP_URL asks for")
    if isinstance(error, ssl.SSLCertVerificationError):
        return TemporaryFailure("not_trusted", f"the certificate of {host} cannot be trusted")
    if isinstance(error, UnicodeError):
        return PermanentFailure("bad_request", "the address or the credentials cannot be put into a request")
    return TemporaryFailure("not_reached", f"{host} could not be reached or broke off")


def after_the_end(host: str) -> EffectError:
    """The failure of a line that broke after the final dot: the server may have taken the mail."""
    return OutcomeUnknown("no_answer", f"{host} broke off after the whole e-mail was sent")
