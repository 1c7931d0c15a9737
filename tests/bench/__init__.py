"""What we measure: `nurture bench` runs these, each against a reference in the same run."""
