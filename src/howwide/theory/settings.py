"""The settings of the statements: which network, which layers train, from where, with which loss and algorithm.

One record a setting, shared by the statements that have it. :meth:`Setting.mismatch` says why a statement is not about
a problem's network; a problem that leaves its network, loss or algorithm open matches all.
"""

from dataclasses import dataclass, replace

from howwide.theory.problem import Problem

__all__ = ["Scaling", "Setting"]


@dataclass(frozen=True)
class Scaling:
    r"""How a statement scales its weights w: :math:`W = (\text{variance}/m)^{1/2}\, w` in those of the library.

    A step of size :math:`\eta` on w is one of :math:`\eta\,\text{variance}/m` on W; w starts at N(0, 1), the
    library's W at N(0, 2/m).

    Attributes:
        words: the parametrisation that step sizes refer to.
        variance: of the start of W, times m; None where w is W.
    """

    words: str
    variance: float | None = None

    def step_factor(self, width: float) -> float:
        """A step size of W over that of w."""
        return 1.0 if self.variance is None else self.variance / width

    @property
    def start_factor(self) -> float:
        """The statement's start over the library's."""
        return 1.0 if self.variance is None else (self.variance / 2) ** 0.5


AS_PRINTED = Scaling("weights as in the network line")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What a statement is about.

    Attributes:
        network: the function, in one line.
        covers: names of the library's networks that are this one, of :data:`~howwide.theory.problem.NETWORKS`: they say
            whether the head is trained and whether the network starts with f = 0.
        trained: which layers are trained, in words.
        initialisation: law of the first weights, in words.
        residual: whether it has skip connections.
        depth_counts: what L counts, "weight matrices" or "hidden layers".
        hidden_layers: the only number of hidden layers it is about, or None.
        alpha: the only exponent of the output scale it is about, or None.
        activation: "relu", "smooth", "leaky relu", "fixed-pattern" (signs of neurons frozen) or "any".
        loss: "logistic", "square" or another; loss_average: "mean" or "sum" over the examples, which scales step sizes.
        algorithm: one of :data:`~howwide.theory.problem.ALGORITHMS`.
        scaling: of its weights, against those of the library.
    """

    network: str
    covers: frozenset[str] = frozenset()
    trained: str
    initialisation: str
    residual: bool = False
    depth_counts: str = "hidden layers"
    hidden_layers: int | None = None
    alpha: float | None = None
    activation: str = "relu"
    loss: str = "logistic"
    loss_average: str = "mean"
    algorithm: str = "gd"
    scaling: Scaling = AS_PRINTED

    def layers(self, problem: Problem) -> int | None:
        """The depth of a problem as this setting counts it."""
        hidden = problem.hidden_layers
        return hidden + 1 if hidden is not None and self.depth_counts == "weight matrices" else hidden

    def mismatch(self, problem: Problem) -> str:
        """Why the setting is not the problem's; empty if nothing that is known speaks against it."""
        if problem.activation is not None and self.activation not in ("any", problem.activation):
            return f"stated for {self.activation} activations, not {problem.activation}".replace("relu", "ReLU")
        if self.hidden_layers is not None and problem.hidden_layers not in (None, self.hidden_layers):
            return f"stated for {self.hidden_layers} hidden layer, not {problem.hidden_layers}"
        if problem.network is not None and problem.network not in self.covers:
            return f"stated for another network than {problem.network}: {self.network}; trained: {self.trained}"
        if self.alpha is not None and problem.alpha not in (None, self.alpha):
            return f"stated for alpha = {self.alpha}, not {problem.alpha}"
        if problem.loss is not None and self.loss != problem.loss:
            return f"stated for the {self.loss} loss, not the {problem.loss} loss"
        if problem.algorithm is not None and self.algorithm != problem.algorithm:
            return f"stated for {self.algorithm}, not {problem.algorithm}"
        return ""


DEEP = Setting(
    network="f = m^½ W_L σ(W_{L-1} ⋯ σ(W_1 x)), equal widths, no biases",
    covers=frozenset({"deep"}),
    trained="all L matrices",
    initialisation="W_l ~ N(0, 2/m) for l < L, W_L ~ N(0, 1/m)",
    depth_counts="weight matrices",
    alpha=0.5,
)

SCALED = replace(DEEP, network="f = m^α W_L σ(W_{L-1} ⋯ σ(W_1 x)), 0 < α ≤ ½, equal widths, no biases", alpha=None)

FIXED_HEAD = Setting(
    network="f = vᵀσ(W_Lᵀ σ(W_{L-1}ᵀ ⋯ σ(W_1ᵀ x))), v = ±1 with equal counts",
    covers=frozenset({"fixed_head"}),
    trained="W_1, …, W_L; the head is frozen",
    initialisation="columns of W_l ~ N(0, (2/m) I)",
)

SHALLOW = Setting(
    network="f = m^-½ Σ_j a_j σ(⟨w_j, x⟩), a_j = ±1",
    covers=frozenset({"fixed_head"}),
    trained="the hidden layer; the head is frozen",
    initialisation="w_j ~ N(0, I)",
    hidden_layers=1,
    scaling=Scaling("w of order 1 (the factor m^-½ stands outside)", variance=1),
)
