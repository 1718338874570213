r"""A statement's network, start and step size in the terms of this library, so that it can be run as it is stated.

==============================  =============================  ==========================  ========================
statements                      network                        start                       our step over theirs
==============================  =============================  ==========================  ========================
Chen et al., Cao and Gu (2019)  DeepReLU                       as it is                    1
Zou et al., Cao and Gu (2020)   FixedHeadReLU                  as it is                    1
Ji, Telgarsky; Du et al. 2019   FixedHeadReLU, one layer       divided by :math:`\sqrt2`   :math:`1/m`
Li et al.                       FixedHeadReLU, antisymmetric   as it is                    :math:`2/m`
Lei et al., one layer           FixedHeadReLU, antisymmetric   divided by :math:`\sqrt2`   :math:`1/m`
==============================  =============================  ==========================  ========================

Start and step size are those of the :class:`~howwide.theory.Scaling` of the statement. A loss summed over the examples
makes their step on the average n times as long.
"""

import dataclasses
import math
from typing import Any

import jax
import numpy as np

from howwide.checks import check_choice
from howwide.errors import SettingError
from howwide.losses import LOSSES
from howwide.networks import NETWORKS, DeepReLU, FixedHeadReLU, check_alpha
from howwide.networks.protocol import Network
from howwide.theorems._prescribe import Prescription
from howwide.theory import Theorem, get, run_of
from howwide.training import StepSize

__all__ = ["Implementation", "implement", "own_theorem", "stated_settings"]

_ALGORITHMS = {"gd": "gd", "sgd": "one_pass_sgd", "minibatch": "minibatch_sgd"}


@dataclasses.dataclass(frozen=True)
class Implementation:
    """How a statement is run here.

    Attributes:
        theorem: the statement that prescribes the run (Theorem 3.3 for Theorem 3.4).
        network: one of :data:`howwide.networks.NETWORKS`.
        depth: as the network counts it.
        antisymmetric: whether it starts with f = 0.
        algorithm: ``gd`` or ``sgd``.
        loss: ``logistic`` or ``square``.
        alpha: output scale of DeepReLU.
    """

    theorem: Theorem
    network: str
    depth: int
    antisymmetric: bool
    algorithm: str
    loss: str
    alpha: float

    def net(self, width: int) -> DeepReLU | FixedHeadReLU:
        """The network of this width."""
        return DeepReLU(width, self.depth, self.alpha) if self.network == "deep" else FixedHeadReLU(width, self.depth)

    @property
    def matrices(self) -> int:
        """Weight matrices, a frozen head among them: what facts are measured by."""
        return self.depth + (self.network != "deep")

    def start(self, net: DeepReLU | FixedHeadReLU, input_dim: int, *, seed: int, dtype: str) -> tuple[np.ndarray, ...]:
        """Seed 0 of ``seed``, as a run of ``howwide train`` starts."""
        key = jax.random.fold_in(jax.random.key(seed), 0)
        factor = self.theorem.setting.scaling.start_factor
        weights = net.init(key, input_dim, antisymmetric=self.antisymmetric, dtype=dtype)
        return tuple(np.asarray(w) * np.asarray(w).dtype.type(factor) for w in weights)

    def step_size(self, prescription: Prescription, net: Network, width: int, n: int) -> StepSize:
        """The theorem's step size, for our weights and the average of the losses.

        Raises:
            SettingError: it is not known on these data, or not positive and finite.
        """
        setting, stated = self.theorem.setting, prescription.quantities["step_size"]
        factor = setting.scaling.step_factor(width) * (n if setting.loss_average == "sum" else 1)
        value = stated.value and stated.value * factor
        if value is None or not 0 < value < math.inf:
            why = stated.reason or f"it is {value}"
            raise SettingError(
                f"{prescription.theorem.id} has no usable step size on these data: {why}; use another theorem, another "
                "--target-loss, or --step-size with a number"
            )
        return StepSize(prescription.theorem.id, value, value / net.default_step_size(1.0))


def implement(
    theorem: Theorem,
    *,
    network: str | None = None,
    depth: int | None = None,
    alpha: float | None = None,
    algorithm: str | None = None,
    loss: str | None = None,
) -> Implementation:
    """How ``theorem`` is run; what is None is chosen as the theorem has it.

    Raises:
        SettingError: the theorem is about something else than what was chosen, cannot be trained here, or prescribes
            no step size; the message says what to use.
    """
    runs = run_of(theorem)
    setting = runs.setting
    own = "deep" if "deep" in setting.covers else "fixed-head"
    if not setting.covers or setting.activation == "smooth":
        raise SettingError(
            f"{theorem.id} is about a network that is not in this library: {setting.network}. See howwide theorems "
            "list --network deep, or fixed-head"
        )
    if setting.loss not in LOSSES:
        raise SettingError(
            f"{theorem.id} is about the {setting.loss} loss, which is not in this library; there are "
            f"{' and '.join(LOSSES)}"
        )
    if network not in (None, own):
        raise SettingError(f"{theorem.id} is about the {own} network, not {network}; use --network {own}")
    stated = next(name for name, value in _ALGORITHMS.items() if value == setting.algorithm)
    if algorithm not in (None, stated):
        raise SettingError(f"{theorem.id} is about {stated}, not {algorithm}; use --algorithm {stated}")
    if loss not in (None, setting.loss):
        raise SettingError(f"{theorem.id} is about the {setting.loss} loss, not {loss}; use --loss {setting.loss}")
    check_alpha(own, alpha)
    alpha = 0.5 if alpha is None else alpha
    if setting.alpha not in (None, alpha):
        raise SettingError(f"{theorem.id} is about alpha = {setting.alpha}, not {alpha:g}; use --alpha {setting.alpha}")
    only = None if setting.hidden_layers is None else setting.hidden_layers + (own == "deep")
    if only is not None and depth not in (None, only):
        raise SettingError(
            f"{theorem.id} is about {setting.hidden_layers} hidden layer; use --depth {only}, not {depth}"
        )
    if "step_size" not in runs.formulas or stated == "minibatch":
        raise SettingError(
            f"{theorem.id} prescribes no run (step size and number of steps); see howwide theorems list --gives "
            "step_size"
        )
    return Implementation(
        theorem=runs,
        network=own,
        depth=only or (5 if depth is None else depth),
        antisymmetric=setting.covers == {"fixed_head_antisymmetric"},
        algorithm=stated,
        loss=setting.loss,
        alpha=alpha,
    )


def own_theorem(network: str, algorithm: str, alpha: float) -> str:
    """The id of the theorem that a network's own step size comes from.

    Raises:
        SettingError: there is none.
    """
    ids = {
        ("deep", "gd", True): "chen-cao-zou-gu/iclr2021/thm-3.3",
        ("deep", "gd", False): "chen-cao-zou-gu/alpha-scaled/thm-2.1",
        ("deep", "sgd", True): "chen-cao-zou-gu/iclr2021/thm-3.5",
        ("deep", "sgd", False): "chen-cao-zou-gu/alpha-scaled/thm-2.3",
        ("fixed-head", "gd", True): "zou-cao-zhou-gu/ml2020/thm-gd",
        ("fixed-head", "gd", False): "zou-cao-zhou-gu/ml2020/thm-gd",
    }
    try:
        return ids[network, algorithm, alpha == 0.5]
    except KeyError:
        raise SettingError(
            f"--steps theory: no theorem of the {network} network prescribes a run of {algorithm}; use --theorem ID or "
            "a number of steps"
        ) from None


def stated_settings(
    theorem: str | None,
    *,
    network: str | None,
    depth: int | None,
    algorithm: str | None,
    loss: str | None,
    alpha: float | None,
) -> dict[str, Any]:
    """``theorem``, ``network``, ``depth``, ``algorithm`` and ``loss`` of a run; what is None as the theorem has it.

    Without a theorem it is the one that the network's own step size comes from.

    Raises:
        SettingError: an unknown name, or the theorem is about something else than what was chosen.
    """
    if network is not None:
        check_choice(network, "network", NETWORKS)
    if theorem is None:
        theorem = own_theorem(network or "deep", algorithm or "gd", 0.5 if alpha is None else alpha)
    how = implement(get(theorem), network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    return {
        "theorem": theorem,
        "network": how.network,
        "depth": how.depth,
        "algorithm": how.algorithm,
        "loss": how.loss,
    }
