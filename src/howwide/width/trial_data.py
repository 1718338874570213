"""Everything random in a trial: its subset of the data, its labels if they are altered, its start, its minibatches.

All of it comes from the study's seed, the width and the trial's own seed, so that trials at different widths are
independent: a success curve may take their outcomes as binomial. The sample size does not enter: a larger n extends
the subset of the same (width, seed), and keeps its start. Curves that differ in depth, target, alpha or label noise
share subsets, so whoever compares them has pairs.

Labels are altered before the subset is drawn, row by row of the whole training part, so subsets stay nested in n and
stratified by the labels that are trained on, and less noise flips some of what more noise flips.
"""

import dataclasses

import jax
import numpy as np
from threadpoolctl import threadpool_limits

from howwide.data import Dataset
from howwide.training import Inputs, prepare_inputs
from howwide.width.study import TrialSettings

__all__ = ["RANDOMNESS", "Sample", "batches_key", "draw_sample", "start_key"]

RANDOMNESS = "subset and start from (seed, width, trial)"
"""Part of a study's identity: results that were drawn otherwise are another study's."""

_SUBSET, _FLIPS, _PERMUTATION, _BATCHES = 1, 2, 3, 4  # streams of random numbers


@dataclasses.dataclass(frozen=True)
class Sample:
    """A training sample: in training coordinates, and its rows in input coordinates."""

    inputs: Inputs
    x: np.ndarray


def draw_sample(data: Dataset, settings: TrialSettings, n: int, width: int, seed: int) -> Sample:
    """The n examples of trial ``seed`` at ``width``.

    Raises:
        SettingError: n is not a whole number that the data allow.
        DataError: a plain subset that holds one class only.
    """
    y = data.y
    if settings.labels == "random":
        y = np.random.default_rng(_entropy(settings, width, seed, _PERMUTATION)).permutation(data.y)
    elif flips := round(settings.label_noise * data.y.size):
        order = np.random.default_rng(_entropy(settings, width, seed, _FLIPS)).permutation(data.y.size)
        y = np.where(np.argsort(order) < flips, -data.y, data.y)
    chosen = int(_entropy(settings, width, seed, _SUBSET).generate_state(1, np.uint64)[0])
    altered = data if y is data.y else dataclasses.replace(data, y=y)
    subset = altered.subset(n, seed=chosen, stratified=settings.stratified)
    with threadpool_limits(1):
        return Sample(prepare_inputs(subset.x, subset.y), subset.x)


def start_key(settings: TrialSettings, width: int, seed: int) -> jax.Array:
    """The key of the initial weights of trial ``seed`` at ``width``."""
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(settings.seed), width), seed)


def batches_key(settings: TrialSettings, width: int, seed: int) -> jax.Array:
    """The key of the minibatches of trial ``seed`` at ``width``, on all rungs of the ladder."""
    return jax.random.key(int(_entropy(settings, width, seed, _BATCHES).generate_state(1)[0]))


def _entropy(settings: TrialSettings, width: int, seed: int, purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([settings.seed, width, seed, purpose])
