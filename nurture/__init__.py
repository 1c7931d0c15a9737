"""The engine: people, consent, tracks, mail, scores, hand-off, reports; and its doors."""
