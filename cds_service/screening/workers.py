"""Workers: tasks done in several processes, their results in the order of the tasks."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Generic, TypeVar

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_AHEAD = 2
_LOST_POOLS = 3


class WorkersLost(Exception):
    """Processes ended again and again before their work was done; the message is a sentence."""


class Workers:
    """A pool of processes, or this process alone when there is one worker.

    A process that is killed costs its tasks a second run, no more: the results are those of one process.
    """

    def __init__(self, count: int, pool: Callable[[int], Executor] | None = None) -> None:
        self._count = count
        self._open = pool or _process_pool
        self._pool: Executor | None = None

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def in_order(self, work: Callable[[_Task], _Result], tasks: Iterable[_Task]) -> Iterator[_Result]:
        """The result of each task, in the order of the tasks; only a few run ahead of the reader.

        Raises what `work` raises, and WorkersLost.
        """
        if self._count == 1:
            yield from map(work, tasks)
            return
        waiting: deque[_Running[_Task, _Result]] = deque()
        remaining, lost = iter(tasks), 0
        while True:
            try:
                while len(waiting) < _AHEAD * self._count and (task := next(remaining, None)) is not None:
                    waiting.append(_Running(task))
                for running in waiting:
                    if running.future is None:
                        running.future = self._executor().submit(work, running.task)
                if not waiting:
                    return
                first = waiting[0].future
                result = first.result() if first is not None else None
            except BrokenProcessPool:
                lost += 1
                if lost > _LOST_POOLS:
                    raise WorkersLost("processes of the pool were ended from outside, again and again") from None
                self._close()
                for running in waiting:
                    running.forget_if_lost()
            else:
                waiting.popleft()
                yield result  # type: ignore[misc]

    def _executor(self) -> Executor:
        if self._pool is None:
            self._pool = self._open(self._count)
        return self._pool

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


class _Running(Generic[_Task, _Result]):
    """A task and, once it was handed out, its future."""

    __slots__ = ("future", "task")

    def __init__(self, task: _Task) -> None:
        self.task = task
        self.future: Future[_Result] | None = None

    def forget_if_lost(self) -> None:
        """What was done before the pool broke stays done."""
        if self.future is not None and (not self.future.done() or self.future.cancelled() or self.future.exception()):
            self.future = None


def _process_pool(count: int) -> Executor:
    # Not fork: this process has threads by then (the progress bar), and a forked one would hold their locks.
    return ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
