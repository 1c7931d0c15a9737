"""The doors: HTTP, command line, real Redis, real SMTP, browser."""
