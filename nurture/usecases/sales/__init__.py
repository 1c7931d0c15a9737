"""A lead becomes ready and is passed on: promotion, what sales is told, and what it answers."""
