"""A pretend WooCommerce shop, written from the vendor's REST API and webhook documentation."""
