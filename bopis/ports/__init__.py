"""What we ask of the world outside, and the plain values that cross the border.

Integrations implement these Protocols and import nothing else of ours. Ids are strings, money is integer minor units
with a currency, times are aware UTC, phone numbers E.164.
"""

from __future__ import annotations

from bopis.money import Money as Money
from bopis.ports.common import ACCESS_REFUSED as ACCESS_REFUSED
from bopis.ports.common import SLOW_DOWN as SLOW_DOWN
from bopis.ports.common import Account as Account
from bopis.ports.common import BadDelivery as BadDelivery
from bopis.ports.common import BadSignature as BadSignature
from bopis.ports.common import Delivery as Delivery
from bopis.ports.common import Ping as Ping
from bopis.ports.hooks import GONE as GONE
from bopis.ports.hooks import HookCall as HookCall
from bopis.ports.hooks import HookSender as HookSender
from bopis.ports.messages import MESSAGE_STATES as MESSAGE_STATES
from bopis.ports.messages import Letter as Letter
from bopis.ports.messages import Mailer as Mailer
from bopis.ports.messages import Messenger as Messenger
from bopis.ports.messages import Receipt as Receipt
from bopis.ports.orders import BadOrders as BadOrders
from bopis.ports.orders import Line as Line
from bopis.ports.orders import Location as Location
from bopis.ports.orders import Mistake as Mistake
from bopis.ports.orders import OrderIntake as OrderIntake
from bopis.ports.orders import OrderMessage as OrderMessage
from bopis.ports.orders import OrderSnapshot as OrderSnapshot
from bopis.ports.orders import Unit as Unit
from bopis.ports.payments import CHECKOUT_STATES as CHECKOUT_STATES
from bopis.ports.payments import PAYMENT_STATES as PAYMENT_STATES
from bopis.ports.payments import CheckoutAsked as CheckoutAsked
from bopis.ports.payments import CheckoutSeen as CheckoutSeen
from bopis.ports.payments import PaymentAsked as PaymentAsked
from bopis.ports.payments import Payments as Payments
from bopis.ports.payments import PaymentSeen as PaymentSeen
from bopis.ports.payments import RefundSeen as RefundSeen
from bopis.ports.platforms import ACCOUNT_NEWS as ACCOUNT_NEWS
from bopis.ports.platforms import AccountNews as AccountNews
from bopis.ports.platforms import Installed as Installed
from bopis.ports.platforms import Installer as Installer
from bopis.ports.platforms import Platform as Platform
from bopis.ports.trials import OwnAddress as OwnAddress
from bopis.ports.trials import Seen as Seen
from bopis.ports.trials import Trial as Trial
