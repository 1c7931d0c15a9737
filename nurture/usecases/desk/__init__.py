"""What our own people do with leads, one at a time or many at once, and take back."""
