"""What operators read for stable words that only they meet."""

from __future__ import annotations

EFFECTS = {
    "MarkReady": "Tell the shop that it is ready",
    "MarkCollected": "Tell the shop that it was handed over",
    "MarkReturned": "Tell the shop that it is in stock again",
    "TellShopper": "Text the shopper",
    "MailShopper": "E-mail the shopper",
    "PrepareGrant": "Prepare the code",
    "Reconcile": "Ask the shop for orders we have not heard of",
    "FollowMoney": "See what the money is to do",
    "ReadPayment": "See how a payment stands",
    "CaptureMoney": "Take the money",
    "ReleaseMoney": "Let the money go",
    "RefundMoney": "Give money back",
    "BeginCheckout": "Open the page where the shopper pays",
    "ReadCheckout": "See whether the shopper has paid",
    "EndCheckout": "Close the page where the shopper pays",
    "FindPayments": "Ask for payments we have not heard of",
    "SendHook": "Tell your own system",
    "SendTestHook": "Send a test event",
    "WatchSubscriptions": "Make sure that the shop tells us",
    "SendTestDelivery": "Send a test to the shop’s address here",
}
BOX_STATES = {"all": "All", "waiting": "Waiting", "done": "Done", "dead": "Dead letters"}
DOORS = {"shut": "Shut", "open": "Open", "unknown": "Unknown"}
ITEMS = {"present": "Something inside", "absent": "Empty", "unknown": "Sensor silent", "unsupported": ""}
