"""What visitors ask of us in forms: what leaves at once, and what nobody has proven."""
