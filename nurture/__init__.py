"""The engine: people, consent, tracks, mail, scores, hand-off, reports; web and commands."""
