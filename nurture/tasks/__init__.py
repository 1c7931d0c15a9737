"""What a person must do, and what is parked until when."""

from nurture.tasks.queries import OpenTask, due, next_due, open_tasks
from nurture.tasks.service import (
    DoneTask,
    NewTask,
    Parking,
    TaskKind,
    Woken,
    create,
    done,
    drop,
    drop_parkings,
    park,
    wake_due,
)

__all__ = [
    "DoneTask",
    "NewTask",
    "OpenTask",
    "Parking",
    "TaskKind",
    "Woken",
    "create",
    "done",
    "drop",
    "drop_parkings",
    "due",
    "next_due",
    "open_tasks",
    "park",
    "wake_due",
]
