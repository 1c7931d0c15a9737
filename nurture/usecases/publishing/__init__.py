"""What people wrote comes into force: looked over whole, then published, or nothing."""
