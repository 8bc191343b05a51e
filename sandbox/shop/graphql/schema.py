"""The slice of Shopify's Admin schema 2026-10 that concerns picking up. Source: shopify.dev/docs/api/admin-graphql.

A type maps its fields to (type, arguments). What is in neither `TYPES` nor `INPUTS` is a leaf.
"""

from __future__ import annotations

_Fields = dict[str, tuple[str, dict[str, str]]]


def _plain(text: str) -> _Fields:
    """`name Type` pairs without arguments, one per comma."""
    return {name: (kind, {}) for name, kind in (pair.split() for pair in text.split(",") if pair.strip())}


_PAGE = {"first": "Int", "after": "String", "last": "Int", "before": "String", "reverse": "Boolean"}
_USER_ERROR = "field [String!], message String!"

TYPES: dict[str, _Fields] = {
    "QueryRoot": {
        "order": ("Order", {"id": "ID!"}),
        "fulfillmentOrder": ("FulfillmentOrder", {"id": "ID!"}),
        "location": ("Location", {"id": "ID"}),
        "locations": (
            "LocationConnection!",
            {**_PAGE, "includeInactive": "Boolean", "includeLegacy": "Boolean", "query": "String"},
        ),
        "shop": ("Shop!", {}),
        "orders": ("OrderConnection!", {**_PAGE, "query": "String", "sortKey": "OrderSortKeys"}),
        "webhookSubscriptions": ("WebhookSubscriptionConnection!", {**_PAGE, "uri": "String"}),
    },
    "Mutation": {
        "fulfillmentOrderLineItemsPreparedForPickup": (
            "FulfillmentOrderLineItemsPreparedForPickupPayload",
            {"input": "FulfillmentOrderLineItemsPreparedForPickupInput!"},
        ),
        "fulfillmentCreate": (
            "FulfillmentCreatePayload",
            {"fulfillment": "FulfillmentInput!", "message": "String"},
        ),
        "refundCreate": ("RefundCreatePayload", {"input": "RefundInput!", "@idempotent.key": "String!"}),
        "webhookSubscriptionCreate": (
            "WebhookSubscriptionCreatePayload",
            {"topic": "WebhookSubscriptionTopic!", "webhookSubscription": "WebhookSubscriptionInput!"},
        ),
    },
    "Shop": _plain("id ID!, name String!, myshopifyDomain String!, ianaTimezone String!"),
    "Order": {
        **_plain(
            "id ID!, legacyResourceId UnsignedInt64!, name String!, phone String, email String, test Boolean!,"
            "cancelledAt DateTime, cancelReason OrderCancelReason, closed Boolean!, closedAt DateTime,"
            "createdAt DateTime!, updatedAt DateTime!, displayFinancialStatus OrderDisplayFinancialStatus,"
            "currentTotalPriceSet MoneyBag!,"
            "displayFulfillmentStatus OrderDisplayFulfillmentStatus!, customerLocale String, note String,"
            "tags [String!]!, shippingAddress MailingAddress, billingAddress MailingAddress, customer Customer"
        ),
        "fulfillmentOrders": (
            "FulfillmentOrderConnection!",
            {**_PAGE, "displayable": "Boolean", "query": "String"},
        ),
    },
    "MoneyBag": _plain("presentmentMoney MoneyV2!, shopMoney MoneyV2!"),
    "MoneyV2": _plain("amount Decimal!, currencyCode CurrencyCode!"),
    "MailingAddress": _plain(
        "firstName String, lastName String, phone String, address1 String, city String, zip String,"
        "countryCodeV2 CountryCode"
    ),
    "Customer": _plain(
        "id ID!, firstName String, lastName String, locale String!, defaultPhoneNumber CustomerPhoneNumber,"
        "defaultEmailAddress CustomerEmailAddress"
    ),
    "CustomerPhoneNumber": _plain("phoneNumber String!"),
    "CustomerEmailAddress": _plain("emailAddress String!"),
    "PageInfo": _plain("hasNextPage Boolean!, hasPreviousPage Boolean!, startCursor String, endCursor String"),
    "OrderConnection": _plain("nodes [Order!]!, pageInfo PageInfo!"),
    "LocationConnection": _plain("nodes [Location!]!, pageInfo PageInfo!"),
    "WebhookSubscriptionConnection": _plain("nodes [WebhookSubscription!]!, pageInfo PageInfo!"),
    "WebhookSubscription": _plain("id ID!, topic WebhookSubscriptionTopic!, uri String!, format String!"),
    "WebhookSubscriptionCreatePayload": _plain("webhookSubscription WebhookSubscription, userErrors [UserError!]!"),
    "FulfillmentOrderConnection": _plain("nodes [FulfillmentOrder!]!, pageInfo PageInfo!"),
    "FulfillmentOrder": {
        **_plain(
            "id ID!, status FulfillmentOrderStatus!, requestStatus FulfillmentOrderRequestStatus!, orderId ID!,"
            "orderName String!, createdAt DateTime!, updatedAt DateTime!, deliveryMethod DeliveryMethod,"
            "assignedLocation FulfillmentOrderAssignedLocation!, destination FulfillmentOrderDestination"
        ),
        "lineItems": ("FulfillmentOrderLineItemConnection!", _PAGE),
    },
    "DeliveryMethod": _plain("id ID!, methodType DeliveryMethodType!, presentedName String"),
    "FulfillmentOrderAssignedLocation": _plain("name String!, phone String, location Location"),
    "FulfillmentOrderDestination": _plain(
        "id ID!, firstName String, lastName String, email String, phone String, countryCode CountryCode,"
        "location Location"
    ),
    "Location": _plain("id ID!, legacyResourceId UnsignedInt64!, name String!, isActive Boolean!"),
    "FulfillmentOrderLineItemConnection": _plain("nodes [FulfillmentOrderLineItem!]!, pageInfo PageInfo!"),
    "FulfillmentOrderLineItem": _plain(
        "id ID!, totalQuantity Int!, remainingQuantity Int!, sku String, productTitle String!, variantTitle String,"
        "requiresShipping Boolean!, weight Weight, lineItem LineItem!"
    ),
    "Weight": _plain("value Float!, unit WeightUnit!"),
    "LineItem": _plain("id ID!, title String!, sku String, quantity Int!"),
    "FulfillmentOrderLineItemsPreparedForPickupPayload": _plain(
        "userErrors [FulfillmentOrderLineItemsPreparedForPickupUserError!]!"
    ),
    "FulfillmentOrderLineItemsPreparedForPickupUserError": _plain(
        _USER_ERROR + ", code FulfillmentOrderLineItemsPreparedForPickupUserErrorCode"
    ),
    "FulfillmentCreatePayload": _plain("fulfillment Fulfillment, userErrors [UserError!]!"),
    "RefundCreatePayload": _plain("refund Refund, order Order, userErrors [UserError!]!"),
    "Refund": _plain("id ID!, legacyResourceId UnsignedInt64!, createdAt DateTime, note String"),
    "UserError": _plain(_USER_ERROR),
    "Fulfillment": _plain(
        "id ID!, status FulfillmentStatus!, displayStatus FulfillmentDisplayStatus, createdAt DateTime!"
    ),
}

INPUTS: dict[str, dict[str, str]] = {
    "FulfillmentOrderLineItemsPreparedForPickupInput": {
        "lineItemsByFulfillmentOrder": "[PreparedFulfillmentOrderLineItemsInput!]!"
    },
    "PreparedFulfillmentOrderLineItemsInput": {"fulfillmentOrderId": "ID!"},
    "FulfillmentInput": {
        "lineItemsByFulfillmentOrder": "[FulfillmentOrderLineItemsInput!]!",
        "notifyCustomer": "Boolean",
        "trackingInfo": "FulfillmentTrackingInput",
        "originAddress": "FulfillmentOriginAddressInput",
    },
    "FulfillmentOrderLineItemsInput": {
        "fulfillmentOrderId": "ID!",
        "fulfillmentOrderLineItems": "[FulfillmentOrderLineItemInput!]",
    },
    "FulfillmentOrderLineItemInput": {"id": "ID!", "quantity": "Int!"},
    "RefundInput": {
        "orderId": "ID!",
        "note": "String",
        "notify": "Boolean",
        "refundLineItems": "[RefundLineItemInput!]",
        "transactions": "[OrderTransactionInput!]",
    },
    "RefundLineItemInput": {
        "lineItemId": "ID!",
        "quantity": "Int!",
        "restockType": "RefundLineItemRestockType",
        "locationId": "ID",
    },
    "WebhookSubscriptionInput": {
        "uri": "String",
        "format": "WebhookSubscriptionFormat",
        "filter": "String",
        "includeFields": "[String!]",
        "name": "String",
    },
    "FulfillmentTrackingInput": {"company": "String", "number": "String", "url": "URL"},
    "FulfillmentOriginAddressInput": {"countryCode": "String!", "city": "String", "zip": "String"},
}


def bare(kind: str) -> str:
    """The named type inside lists and marks: `[ID!]!` is about `ID`."""
    return kind.strip("[]!")
