"""Twilio, Programmable Messaging API 2010-04-01."""

from integrations.twilio.messenger import TwilioMessenger

__all__ = ["TwilioMessenger"]
