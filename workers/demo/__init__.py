"""Play the example company: its list of leads, its prospects, and the story they tell."""
