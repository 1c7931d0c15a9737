"""What we promise, told as facts."""
