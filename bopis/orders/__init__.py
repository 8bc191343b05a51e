"""Orders as the platforms have them: accepted, kept up to date, called off."""
