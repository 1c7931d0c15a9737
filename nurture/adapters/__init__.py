"""How we touch the world: mail servers, webhooks, other systems."""
