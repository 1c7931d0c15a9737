"""What every domain stands on: time, transactions, ids, settings, errors, promises to the queue."""
