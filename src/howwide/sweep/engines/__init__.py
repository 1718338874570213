"""Where batches run. An engine is a way to get an executor in the standard library's sense, and a number of workers.

Bytes depend on the threads of XLA and BLAS, so a study names the environment variables that settle them, and every
engine sees to it that each process that computes has these: a task gives the same result under every engine. Worker
processes have one thread each where the study does not say otherwise.

A new engine is a file here, which registers itself, and its name in the line below.
"""

from howwide.sweep.engines.dask import Dask
from howwide.sweep.engines.in_process import InProcess
from howwide.sweep.engines.processes import Processes
from howwide.sweep.engines.protocol import ENGINES, BatchLost, Engine, make_engine, options_of
from howwide.sweep.engines.reused import reuse_workers
from howwide.sweep.engines.slurm import Slurm

__all__ = [
    "ENGINES",
    "BatchLost",
    "Dask",
    "Engine",
    "InProcess",
    "Processes",
    "Slurm",
    "make_engine",
    "options_of",
    "reuse_workers",
]
