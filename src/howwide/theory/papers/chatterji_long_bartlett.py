"""Chatterji, Long, Bartlett, 2021: smoothed ReLU, any width once the loss is small enough; the loss goes to zero."""

from howwide.theory.assumptions import SMALL_INITIAL_LOSS
from howwide.theory.quantities import Formula
from howwide.theory.settings import Setting
from howwide.theory.statements import Incomplete, Theorem

THEOREMS = (
    Theorem(
        id="chatterji-long-bartlett/colt2021/thm-small-loss",
        title="gradient descent from a small loss, deep smoothed ReLU",
        cites="chatterji2021colt",
        number="the theorem on the first condition",
        setting=Setting(
            network="deep network of fixed width, Huberised ReLU",
            trained="all layers",
            initialisation="any weights with a small enough loss",
            activation="smooth",
        ),
        assumptions=(SMALL_INITIAL_LOSS,),
        formulas={"training_loss": Formula("L_S(W(T)) ≤ C/T", "M?", lambda T, C: C / T)},
        guarantee="the loss goes to zero; no condition on the width",
        tag="M?",
        known="the condition was read in the abstract; threshold and rate are remembered, uncertain",
        gaps=("not about ReLU",),
    ),
)

INCOMPLETE = (
    Incomplete(
        id="chatterji-long-bartlett/colt2021/thm-margin",
        title="gradient descent with a tangent margin, deep smoothed ReLU",
        cites="chatterji2021colt",
        says="a large enough width and a tangent margin bring the loss to zero, where Chen et al. stop at 3ε_NTRF",
        missing="the width",
        tag="S",
    ),
    Incomplete(
        id="chatterji-long-bartlett/jmlr2021/thm-small-loss",
        title="gradient descent from a small loss, one hidden layer",
        cites="chatterji2021jmlr",
        says="if the initial loss is below n^-(1+c), the loss goes to zero at rate 1/t",
        missing="the constant c",
        tag="M?",
    ),
)
