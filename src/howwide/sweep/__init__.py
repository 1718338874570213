"""Sweeps: many short computations, each done once, whatever happens to the machines in between.

A :class:`Task` names a function and its JSON arguments; its id is a hash of both and of everything the study holds
fixed. A :class:`Store` is a folder with one immutable file a result; to resume is to do what is missing. An engine
(:class:`InProcess`, :class:`Processes`, :class:`Dask`, :class:`Slurm`) says where batches of tasks run. :func:`run`
puts the three together, :func:`status` and :func:`collect` read a folder that may still be growing. There is no
database and no lock: several drivers may work in one folder, on one machine or on many, and folders merge under rsync.

This part knows no science: a function gets a list of argument dicts and gives as many dicts, in their order.
"""

from howwide.stopping import Stopped, check_stop
from howwide.sweep.batch import Outcome, current_store
from howwide.sweep.driver import run
from howwide.sweep.engines import ENGINES, Dask, Engine, InProcess, Processes, Slurm, make_engine, reuse_workers
from howwide.sweep.pack import pack, unpack
from howwide.sweep.progress import Pace, RunProgress
from howwide.sweep.record import Record
from howwide.sweep.store import Store
from howwide.sweep.table import collect, status, write_index
from howwide.sweep.task import ONE_THREAD, Study, Task, one_by_one

__all__ = [
    "ENGINES",
    "ONE_THREAD",
    "Dask",
    "Engine",
    "InProcess",
    "Outcome",
    "Pace",
    "Processes",
    "Record",
    "RunProgress",
    "Slurm",
    "Stopped",
    "Store",
    "Study",
    "Task",
    "check_stop",
    "collect",
    "current_store",
    "make_engine",
    "one_by_one",
    "pack",
    "reuse_workers",
    "run",
    "status",
    "unpack",
    "write_index",
]
