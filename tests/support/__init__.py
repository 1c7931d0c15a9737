"""Servers and transactions that tests stand on."""
