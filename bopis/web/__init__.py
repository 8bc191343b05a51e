"""Pages and endpoints, one blueprint per audience."""
