r"""The step sizes that the papers prescribe, brought to the scale of this library: weights as stored, loss averaged.

=================  ==================================================  ==============================================
``theory``         the network's own theorem                           c/(L m^{2 alpha}) deep, c/(M L^3) fixed head
``zou-gu``         c / (L^2 m)                                         Zou, Gu (NeurIPS 2019): eta = O(k/(L^2 m)), k = 1
``allen-zhu``      c delta / (n^3 L^2 m)                               Allen-Zhu, Li, Song (ICML 2019), GD
``du``             c lambda_0 / (n m)                                  Du et al. (ICLR 2019), one hidden layer
``ji-telgarsky``   c / m                                               Ji, Telgarsky (ICLR 2020): eta <= 1, one layer
``li``             8 c / (5 L m)                                       Li et al. (NeurIPS 2025): eta <= 4/(5L)
=================  ==================================================  ==============================================

All but ``theory`` are for :class:`~howwide.networks.FixedHeadReLU`. The changes of scale: Allen-Zhu et al. and Du et
al. sum the square loss over the examples, so their step on the average is n times as long (delta/(n^4 L^2 m) and
lambda_0/n^2 in the papers); Du et al. and Ji and Telgarsky put 1/sqrt(m) in front of the head, so their step in our
weights is 1/m as long; Li et al. put sqrt(2/m) into every layer, hence 2/m (:mod:`howwide.networks.parametrisations`).
delta is the separation over all pairs, lambda_0 the least eigenvalue of :math:`H^\infty_{ij} = x_i^\top x_j (\pi -
\arccos x_i^\top x_j)/(2\pi)`, both of the training inputs. c is the constant that the papers hide, 1 unless given; all
formulas are as recalled from the papers.
"""

from collections.abc import Callable

import numpy as np

from howwide.data.separation import separation
from howwide.errors import DataError, SettingError
from howwide.networks.protocol import Network
from howwide.training.problem import TrainingProblem

__all__ = ["ONE_LAYER", "PAPER_RULES", "check_paper_rule", "paper_step_size"]

ONE_LAYER = ("du", "ji-telgarsky")
"""The rules for one hidden layer."""


def _allen_zhu(problem: TrainingProblem, depth: int, width: int) -> float:
    delta = separation(problem.rows.astype(np.float64), problem.y).all
    if not delta:
        raise DataError("step size allen-zhu needs inputs that are all apart; two training inputs are equal")
    return float(delta) / (problem.y.size**3 * depth**2 * width)


def _du(problem: TrainingProblem, depth: int, width: int) -> float:
    x = problem.rows.astype(np.float64)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    cosines = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(cosines, 1.0)
    gram = cosines * (np.pi - np.arccos(cosines)) / (2 * np.pi)
    smallest = float(np.linalg.eigvalsh(gram)[0])
    if smallest <= 1e-12:
        raise DataError("step size du needs inputs no two of which are parallel: lambda_0 of H is 0 to rounding")
    return smallest / (problem.y.size * width)


PAPER_RULES: dict[str, Callable[[TrainingProblem, int, int], float]] = {
    "zou-gu": lambda problem, depth, width: 1 / (depth**2 * width),
    "allen-zhu": _allen_zhu,
    "du": _du,
    "ji-telgarsky": lambda problem, depth, width: 1 / width,
    "li": lambda problem, depth, width: 8 / (5 * depth * width),
}
"""The rules of this page, of a problem and its network's depth and largest width, with hidden constant 1."""


def check_paper_rule(rule: str, net: Network) -> None:
    """Refuse a rule on a network that it is not about.

    Raises:
        SettingError: it is for another network.
    """
    if net.trains_head:
        raise SettingError(f"step size {rule} is for FixedHeadReLU; DeepReLU has theory, curvature, explicit, ladder")
    if rule in ONE_LAYER and len(net.hidden_widths) != 1:
        raise SettingError(f"step size {rule} is for one hidden layer: FixedHeadReLU with depth 1")


def paper_step_size(rule: str, problem: TrainingProblem, hidden_constant: float = 1.0) -> float:
    """The step size of ``rule`` on ``problem``.

    Raises:
        SettingError: the rule is for another network.
        DataError: the data make the rule's step size 0.
    """
    net = problem.net
    check_paper_rule(rule, net)
    return hidden_constant * PAPER_RULES[rule](problem, len(net.hidden_widths), max(net.hidden_widths))
