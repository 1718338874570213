"""Round-robin timing: every contender once in each round, so that a slow spell of the machine falls on all of them."""

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

__all__ = ["interleaved", "one", "paired_ratio", "quartiles"]

_PAUSE = 0.03
"""Seconds between contenders: worker threads of the library before go to sleep."""


def one(work: Callable[[], object]) -> float:
    """Seconds that ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, np.ndarray]:
    """Seconds of every contender in every round; the order turns by one from round to round. Warm them up before."""
    names = list(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            time.sleep(_PAUSE)
            seconds[name].append(one(contenders[name]))
    return {name: np.array(found) for name, found in seconds.items()}


def quartiles(values: Sequence[float] | np.ndarray) -> list[float]:
    """Lower quartile, median and upper quartile."""
    return [float(q) for q in np.quantile(np.asarray(values), [0.25, 0.5, 0.75])]


def paired_ratio(above: np.ndarray, below: np.ndarray) -> list[float]:
    """Quartiles of the ratio round by round: both of a round see the same machine."""
    return quartiles(above / below)
