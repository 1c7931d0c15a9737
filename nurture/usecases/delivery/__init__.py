"""Mail leaves: claimed, asked once more, composed, sent, recorded, and settled after a crash."""
