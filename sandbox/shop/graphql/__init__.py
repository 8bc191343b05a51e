"""As much of GraphQL as it takes to be strict: a parser, a slice of the Admin schema, validation and execution."""
