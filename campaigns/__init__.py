"""What a campaign is, and which ones we run: pure decisions, no clock, no database, no network."""
