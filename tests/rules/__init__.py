"""Pure decisions, in milliseconds."""
