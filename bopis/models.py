"""Every table, for whoever needs the whole metadata (migrations, tests)."""

from bopis import changes, inbox, outbox, tasks, timeline
from bopis.access import models as access
from bopis.bridges import models as bridges
from bopis.hooks import models as hooks
from bopis.lockers import models as lockers
from bopis.merchants import models as merchants
from bopis.notices import models as notices
from bopis.orders import models as orders
from bopis.payments import models as payments
from bopis.pickups import carry, taps
from bopis.pickups import models as pickups
from bopis.staff import models as staff
from bopis.stores import models as stores

__all__ = [
    "access",
    "bridges",
    "carry",
    "changes",
    "hooks",
    "inbox",
    "lockers",
    "merchants",
    "notices",
    "orders",
    "outbox",
    "payments",
    "pickups",
    "staff",
    "stores",
    "taps",
    "tasks",
    "timeline",
]
