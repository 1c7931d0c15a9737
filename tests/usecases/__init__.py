"""Whole lives of leads, on a real database."""
