"""The web: HTTP, from the server to the pages."""
