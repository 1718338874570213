"""What a study will cost at most, before anything is trained.

Nobody knows the widths beforehand, so trials are counted at a guess: the width at which the network has as many
parameters as there are examples. A trial is counted with all its tries and the whole budget, a point with all the
trials it may have; most studies cost several times less, because trials that succeed stop early and searches end when
the intervals are narrow enough. The speed is that of a matrix product timed here.
"""

import math

from howwide.data import Dataset
from howwide.results.width import PlannedPoint, WidthPlan
from howwide.training import available_cores
from howwide.training.batches import vmaps
from howwide.training.cost import START, STEP, products_a_second
from howwide.training.cost import step_flops as flops_of_widths
from howwide.training.minibatch_sgd import EVERY
from howwide.width.extension import COST
from howwide.width.study import TrialSettings, WidthStudy

__all__ = ["default_workers", "step_flops", "study_cost"]

_TRIES = {"ladder": 3}


def study_cost(study: WidthStudy, ds: Dataset) -> WidthPlan:
    """What a study of these data costs at most, point by point in the order of the search.

    Raises:
        SettingError: a size beyond the data.
        DataError: a random subset that holds one class only, or a test error without a test part.
    """
    design, speed, points = study.design(), products_a_second(), []
    sizes, d = study.sizes(ds), ds.d
    for settings in study.trial_settings():
        steps = settings.steps[-1] * _TRIES.get(str(settings.step_size), 1) * (1 + settings.test_after)
        trials = design.trials  # of all budgets together: each goes on from what the larger ones made
        runs = trials * (1 + COST * (study.extend > 0))  # with the sample that is run on
        for n in sizes:
            # The width at which `layers` square matrices and a first one with d columns have n entries.
            layers = settings.square_matrices
            width = n / d if not layers else (math.sqrt(d * d + 4 * layers * n) - d) / (2 * layers)
            step = design.width_step
            guess = int(min(max(step, step * math.ceil(width / step)), design.max_width - design.max_width % step))
            flops = runs * steps * step_flops(settings, n, d, guess)
            seconds = flops / speed + runs * (START + steps * STEP)
            points.append(
                PlannedPoint(n=n, **settings.varied, width=guess, trials=trials, flops=flops, seconds=seconds)
            )
    workers = default_workers()
    return WidthPlan(
        points=tuple(points),
        trials=sum(p.trials for p in points),
        flops=sum(p.flops for p in points),
        seconds=sum(p.seconds for p in points) / workers,
        workers=workers,
    )


def default_workers() -> int:
    """How many batches of trials run at a time: one a core on CPUs; one on accelerators, which take a batch at once."""
    return 1 if vmaps() else available_cores()


def step_flops(settings: TrialSettings, n: int, d: int, width: int) -> float:
    """Flops of one step of a trial, as :func:`howwide.training.cost.step_flops` counts them."""
    return flops_of_widths(n, d, (width,) * (1 + settings.square_matrices), settings.batch_size, EVERY)
