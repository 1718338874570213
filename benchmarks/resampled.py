"""Success curves of real trials: what searches are resampled from, and the widths that they must find."""

import json
import pathlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from howwide.statistics import isotonic_success

__all__ = ["TrialTable"]


@dataclass(frozen=True)
class TrialTable:
    """Successes by width of real trials.

    A trial that is resampled succeeds with the fraction of the seeds that did at its width, linear in log width between
    the widths of the table; drawing seeds with replacement, independently at each width, is that. The truth is the
    isotonic curve of the table, which the fractions of 405 seeds hardly differ from.
    """

    widths: tuple[int, ...]
    successes: tuple[int, ...]
    trials: tuple[int, ...]

    @classmethod
    def read(cls, path: pathlib.Path) -> "TrialTable":
        """The table that ``real_trials.py`` wrote."""
        rows = {int(width): marks for width, marks in json.loads(path.read_text())["trials"].items()}
        return cls(tuple(rows), _counts(m.count("1") for m in rows.values()), _counts(map(len, rows.values())))

    @cached_property
    def _log_widths(self) -> np.ndarray:
        return np.log(self.widths)

    @cached_property
    def _fractions(self) -> np.ndarray:
        return np.array(self.successes) / np.array(self.trials)

    @cached_property
    def _isotonic(self) -> np.ndarray:
        return isotonic_success(self.widths, self.successes, self.trials).probability

    def success(self, width: float, turn: int = 0) -> float:
        """Success probability of a resampled trial, whatever the round."""
        return float(np.interp(np.log(width), self._log_widths, self._fractions))

    def threshold(self, quantile: float) -> float:
        """The width at which the isotonic curve passes ``quantile``."""
        above = int(np.argmax(self._isotonic >= quantile))
        if above == 0:
            return float(self.widths[0])
        (x0, x1), (p0, p1) = self._log_widths[above - 1 : above + 1], self._isotonic[above - 1 : above + 1]
        return float(np.exp(x0 + (x1 - x0) * (quantile - p0) / (p1 - p0)))


def _counts(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(values)
