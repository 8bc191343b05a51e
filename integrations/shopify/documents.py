"""The GraphQL documents we send. Each one validates against the 2026-10 Admin schema.

Page sizes keep the requested cost of a query under the 1,000 points one query may ask for.
"""

from __future__ import annotations

_LINE = "id remainingQuantity sku productTitle weight { value unit } lineItem { id }"

ORDER_PICKUP = f"""
query OrderPickup($id: ID!, $first: Int!, $after: String) {{
  order(id: $id) {{
    id name phone email cancelledAt closed updatedAt displayFinancialStatus customerLocale
    currentTotalPriceSet {{ presentmentMoney {{ amount currencyCode }} }}
    shippingAddress {{ phone firstName countryCodeV2 }}
    billingAddress {{ phone firstName countryCodeV2 }}
    customer {{ firstName locale defaultPhoneNumber {{ phoneNumber }} defaultEmailAddress {{ emailAddress }} }}
    fulfillmentOrders(first: $first, after: $after, displayable: false) {{
      pageInfo {{ hasNextPage endCursor }}
      nodes {{
        id status
        deliveryMethod {{ methodType }}
        assignedLocation {{ name location {{ id }} }}
        destination {{ firstName phone email countryCode location {{ id name }} }}
        lineItems(first: 25) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
      }}
    }}
  }}
}}
"""

UNIT_LINES = f"""
query UnitLines($id: ID!, $after: String) {{
  fulfillmentOrder(id: $id) {{
    lineItems(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
  }}
}}
"""

UNIT_STATUS = """
query UnitStatus($id: ID!) {
  fulfillmentOrder(id: $id) { id status }
}
"""

UNIT_ORDER = """
query UnitOrder($id: ID!) {
  fulfillmentOrder(id: $id) { orderId }
}
"""

CHANGED_ORDERS = """
query ChangedOrders($query: String!, $after: String) {
  orders(first: 250, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes { id updatedAt }
  }
}
"""

LOCATIONS = """
query Locations($after: String) {
  locations(first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id name }
  }
}
"""

SUBSCRIPTIONS = """
query Subscriptions($after: String) {
  webhookSubscriptions(first: 100, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { topic uri }
  }
}
"""

SUBSCRIBE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription { id }
    userErrors { field message }
  }
}
"""

READY_FOR_PICKUP = """
mutation ReadyForPickup($input: FulfillmentOrderLineItemsPreparedForPickupInput!) {
  fulfillmentOrderLineItemsPreparedForPickup(input: $input) { userErrors { field message code } }
}
"""

PICKED_UP = """
mutation PickedUp($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id status } userErrors { field message } }
}
"""

UNIT_LEFT = f"""
query UnitLeft($id: ID!, $after: String) {{
  fulfillmentOrder(id: $id) {{
    id status orderId
    assignedLocation {{ name location {{ id }} }}
    lineItems(first: 100, after: $after) {{ pageInfo {{ hasNextPage endCursor }} nodes {{ {_LINE} }} }}
  }}
}}
"""

BACK_IN_STOCK = """
mutation BackInStock($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { field message } }
}
"""


def gid(kind: str, number: str) -> str:
    """Shopify's global id of a thing we know by its decimal number."""
    return f"gid://shopify/{kind}/{number}"
