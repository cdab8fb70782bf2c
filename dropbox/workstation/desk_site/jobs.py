"""What takes longer than a page may: one job at a time, in a thread of its own, with counts that a page can show.

A job's result stays in memory until the next one starts. It asks nothing and renders nothing.
"""

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field

from dropbox.errors import DropboxError, JobFailed, JobRunning


@dataclass
class Progress:
    """How far a job is; called by the job itself. A total of 0 is not known yet."""

    done: int = 0
    total: int = 0

    def __call__(self, done: int, total: int) -> None:
        self.done, self.total = done, total


@dataclass
class Job:
    """One job: `result` is there when it ended well, `error` when it did not."""

    name: str
    progress: Progress = field(default_factory=Progress)
    running: bool = True
    result: object = None
    error: DropboxError | None = None


class Jobs:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.last: Job | None = None

    @property
    def running(self) -> Job | None:
        job = self.last
        return job if job is not None and job.running else None

    @property
    def is_here(self) -> bool:
        """Tell whether it is the job itself that asks."""
        return threading.current_thread() is self._thread

    def start(self, name: str, run: Callable[[Progress], object]) -> Job:
        """Start a job. Raises JobRunning while another one is at work."""
        with self._lock:
            if self.running is not None:
                raise JobRunning
            job = self.last = Job(name)
            # the language of whoever started it goes along
            context = copy_context()
            self._thread = threading.Thread(target=context.run, args=(_work, job, run), name=name, daemon=False)
            self._thread.start()
            return job

    def wait(self, seconds: float | None = None) -> None:
        """Wait until the job that is at work has ended."""
        if self._thread is not None:
            self._thread.join(seconds)


def _work(job: Job, run: Callable[[Progress], object]) -> None:
    try:
        job.result = run(job.progress)
    except DropboxError as error:
        job.error = error
    except Exception as error:  # a traceback on a screen may stand beside what was unsealed; its kind is enough
        job.error = JobFailed(type(error).__name__)
    finally:
        job.running = False
