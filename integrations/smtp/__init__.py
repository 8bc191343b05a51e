"""E-mail over SMTP, RFC 5321."""

from integrations.smtp.client import Server
from integrations.smtp.messenger import SmtpMailer

__all__ = ["Server", "SmtpMailer"]
