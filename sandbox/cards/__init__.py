"""The pretend card processor: Stripe as its documentation describes it, for the calls we make."""
