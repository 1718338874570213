"""The training sample of a trial: a seeded subset, with its labels as they are, noisy or random.

Trial k takes seed k of the study for everything random in it. Labels are altered before the subset is drawn, row by row
of the whole training part, so subsets stay nested in n and stratified by the labels that are trained on, and less noise
flips some of what more noise flips.
"""

import dataclasses
import threading
from collections import OrderedDict

import numpy as np
from threadpoolctl import threadpool_limits

from howwide.data import Dataset
from howwide.training import Inputs, prepare_inputs
from howwide.width.protocol import Protocol

__all__ = ["Sample", "Samples"]

_KEPT = 256 * 2**20  # bytes of prepared samples, for the other widths
_FLIPS, _PERMUTATION = 1, 2  # streams of random numbers beside that of the subset


@dataclasses.dataclass(frozen=True)
class Sample:
    """A training sample: in training coordinates, and its rows in input coordinates."""

    inputs: Inputs
    x: np.ndarray

    @property
    def size(self) -> int:
        """Bytes that it takes, rows that are shared aside."""
        basis = 0 if self.inputs.basis is None else self.inputs.basis.nbytes
        return self.inputs.coordinates.nbytes + self.x.nbytes + basis


class Samples:
    """Draws samples from ``data`` and keeps the last ones; several threads may ask."""

    def __init__(self, data: Dataset) -> None:
        self.data = data
        self._kept: OrderedDict[tuple[object, ...], Sample] = OrderedDict()
        self._lock = threading.Lock()

    def sample(self, protocol: Protocol, n: int, seed: int) -> Sample:
        """The sample of trial ``seed`` with n examples.

        Raises:
            SettingError: n is not a whole number that the data allow.
            DataError: a plain subset that holds one class only.
        """
        key = (protocol.seed, protocol.stratified, protocol.labels, protocol.label_noise, n, seed)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        chosen = int(np.random.SeedSequence([protocol.seed, seed]).generate_state(1)[0])
        subset = self._relabelled(protocol, seed).subset(n, seed=chosen, stratified=protocol.stratified)
        with threadpool_limits(1):
            found = Sample(prepare_inputs(subset.x, subset.y), subset.x)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > 1 and sum(s.size for s in self._kept.values()) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def _relabelled(self, protocol: Protocol, seed: int) -> Dataset:
        y = self.data.y
        if protocol.labels == "random":
            return dataclasses.replace(self.data, y=_stream(protocol, seed, _PERMUTATION).permutation(y))
        flips = round(protocol.label_noise * y.size)
        if not flips:
            return self.data
        order = _stream(protocol, seed, _FLIPS).permutation(y.size)
        return dataclasses.replace(self.data, y=np.where(np.argsort(order) < flips, -y, y))


def _stream(protocol: Protocol, seed: int, purpose: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([protocol.seed, seed, purpose])))
