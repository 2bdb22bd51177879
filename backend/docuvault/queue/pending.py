"""Tasks that wait for the transaction that they belong to."""

from docuvault.queue.base import Task, TaskQueue


class PendingTasks:
    """A buffer of one request or task: sent after the commit, dropped on rollback."""

    def __init__(self) -> None:
        self._tasks: list[Task] = []

    def add(self, task: Task) -> None:
        """Send this after the commit."""
        self._tasks.append(task)

    async def flush(self, queue: TaskQueue) -> None:
        """Send all; whatever the transport does not take, the sweeper sends later."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            await queue.send(task)
