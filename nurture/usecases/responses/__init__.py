"""What comes back: clicks, opens, replies, bounces, complaints and the wish for no more mail."""
