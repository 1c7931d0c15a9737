"""What every use case stands on: facts in bulk, working hours, bisected batches."""
