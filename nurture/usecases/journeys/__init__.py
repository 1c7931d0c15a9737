"""Leads move along their tracks: in, on, paused, put aside, out; and why nothing goes out."""
