"""How the tables came to be: one Alembic revision per change, on both databases."""
