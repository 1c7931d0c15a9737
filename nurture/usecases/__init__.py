"""The life of a lead, told in order; the only place where domains meet."""
