"""What must hold when processes are killed, connections cut and queues flushed."""
