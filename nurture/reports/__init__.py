"""What we learned: the audit, next actions, funnel and content; read only."""
