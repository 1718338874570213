"""Statements about other networks or other regimes: counterpoints, and widths that ReLU theory has not reached.

Frei, Cao, Gu (leaky ReLU of any width; residual networks), Nguyen and Mondelli (one wide layer), Bombari, Amani and
Mondelli (least parameters), Noy et al. (a surrogate network), and works about the tangent kernel without a width.
"""

from functools import partial

from howwide.theory.assumptions import GOOD_START, IID_INPUTS, SEPARATED_ALL, UNIT_INPUTS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Incomplete, Theorem

_PYRAMID = Setting(
    network="one wide layer, then layers of decreasing constant widths, smooth strictly monotone σ",
    trained="all layers",
    initialisation="Xavier or LeCun",
    activation="smooth",
    loss="square",
)
_theorem = partial(Theorem, tag="S", known="read in the abstract")

THEOREMS = (
    _theorem(
        id="frei-cao-gu/icml2021/thm-any-width",
        title="online SGD, leaky ReLU, any width",
        cites="frei2021",
        number="the main theorem",
        setting=Setting(
            network="one hidden layer, leaky ReLU",
            trained="the hidden layer",
            initialisation="any",
            hidden_layers=1,
            activation="leaky relu",
            algorithm="one_pass_sgd",
        ),
        assumptions=(IID_INPUTS,),
        formulas={"width": Formula("m ≥ 1", "S")},
        guarantee="error competitive with the best halfspace, of order its square root for some distributions",
        known="read in the abstract; the bounds are remembered, uncertain",
        gaps=("no width at all: a counterpoint to the tangent regime",),
    ),
    _theorem(
        id="nguyen-mondelli/neurips2020/thm-wide-layer",
        title="one wide layer followed by a pyramid",
        cites="nguyen2020",
        number="the main theorem",
        setting=_PYRAMID,
        assumptions=(UNIT_INPUTS, GOOD_START),
        formulas={"width": Formula("m₁ ≥ n", "S", note="of the first layer; the start must be good enough")},
        guarantee="geometric convergence of the training loss",
    ),
    _theorem(
        id="nguyen-mondelli/neurips2020/cor-lecun",
        title="one wide layer, started at random",
        cites="nguyen2020",
        number="the corollary on random starts",
        setting=_PYRAMID,
        assumptions=(UNIT_INPUTS, IID_INPUTS),
        formulas={"width": Formula("m₁ ≥ C n²", "S", note="of the first layer")},
        guarantee="geometric convergence of the training loss",
    ),
    _theorem(
        id="bombari-amani-mondelli/neurips2022/thm-gd",
        title="least parameters, smooth deep network",
        cites="bombari2022",
        number="the corollary on gradient descent",
        setting=Setting(
            network="deep pyramidal network, smooth σ",
            trained="all layers",
            initialisation="Gaussian",
            activation="smooth",
            loss="square",
        ),
        assumptions=(IID_INPUTS,),
        formulas={"width": Formula("m ≥ C n^½", "S", note="n parameters, up to logarithms")},
        guarantee="the tangent Gram is well conditioned, so that gradient descent memorises",
        improves_on=("nguyen-mondelli/neurips2020/cor-lecun",),
    ),
    _theorem(
        id="noy-xu-aflalo-zelnik-manor-jin/arxiv2021/thm-gd",
        title="surrogate network with fixed activation patterns",
        cites="noy2021",
        number="the main theorem",
        setting=Setting(
            network="surrogate with fixed activation patterns, convertible to a ReLU network",
            trained="hidden layers",
            initialisation="Gaussian",
            activation="fixed-pattern",
            loss="square",
        ),
        assumptions=(UNIT_INPUTS, SEPARATED_ALL),
        formulas={"width": Formula("m ≥ C n²L", "S", note="powers of 1/φₐ not known")},
        guarantee="training loss at most ε in time logarithmic in n and L",
        gaps=("not gradient descent on a ReLU network",),
    ),
)

INCOMPLETE = (
    Incomplete(
        id="frei-cao-gu/neurips2019/thm-gd",
        title="deep residual ReLU networks",
        cites="frei2019",
        says="the width needs to grow with log L only",
        missing="the powers of n and of the margin",
        tag="S",
    ),
    Incomplete(
        id="chizat-oyallon-bach/neurips2019/lazy",
        title="laziness is a matter of scale",
        cites="chizat2019",
        says="κ = ‖h(w₀) - y‖‖D²h(w₀)‖/‖Dh(w₀)‖² ≪ 1; scaling by α moves weights by O(1/α), outputs off by O(1/α)",
        missing="a width: the statement is about the scale of the output",
        tag="M",
    ),
    Incomplete(
        id="yu-tian-chen/iclr2025/divergence",
        title="the tangent kernel diverges under the logistic loss",
        cites="yu2025",
        says="at any finite width the empirical kernel leaves its limit as t → ∞",
        missing="a rate; it bounds how long the theorems can be run, not the width",
        tag="S",
    ),
)
