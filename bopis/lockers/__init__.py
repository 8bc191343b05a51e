"""Banks of compartments, what size a pickup needs, and which door it gets."""
