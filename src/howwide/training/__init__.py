"""Gradient descent and one-pass SGD exactly as the theorems run them, in compiled loops.

:func:`gradient_descent` and :func:`one_pass_sgd` make one run. A run takes plain arrays and returns plain arrays, with
a status instead of an exception when it diverges, dies or spends its budget. Step sizes are numbers or named rules
(:mod:`howwide.training.step_sizes`). An observer gets loss, error and weights along a run
(:mod:`howwide.training.observation`).
"""

from howwide.training.batches import available_cores
from howwide.training.gradient_descent import Attempt, Budget, Run, descend, gradient_descent
from howwide.training.minibatch_sgd import minibatch_sgd
from howwide.training.observation import Observation, Observer
from howwide.training.one_pass_sgd import OnlineRun, one_pass_sgd
from howwide.training.problem import Inputs, TrainingProblem, padded_width, prepare_inputs, prepare_problem
from howwide.training.status import Status, Target, parse_target
from howwide.training.step_sizes import RULES, StepSize, check_step_size, curvature, step_sizes

__all__ = [
    "RULES",
    "Attempt",
    "Budget",
    "Inputs",
    "Observation",
    "Observer",
    "OnlineRun",
    "Run",
    "Status",
    "StepSize",
    "Target",
    "TrainingProblem",
    "available_cores",
    "check_step_size",
    "curvature",
    "descend",
    "gradient_descent",
    "minibatch_sgd",
    "one_pass_sgd",
    "padded_width",
    "parse_target",
    "prepare_inputs",
    "prepare_problem",
    "step_sizes",
]
