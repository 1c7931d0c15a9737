"""What moves time forward: tick, relay, jobs, supervisor, demo; the only code that knows RQ."""
