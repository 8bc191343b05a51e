"""The people who work in stores: who they are, how they sign in, what they may do."""
