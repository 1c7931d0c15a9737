"""Each domain on a real database."""
