r"""The same network in another paper's weights.

Other papers pull a constant out of every matrix. Write :math:`W_l = s_l \theta_l`: the function of :math:`\theta` is
the same function, and a gradient step of size :math:`\eta` on :math:`\theta` moves :math:`W_l` by :math:`-\eta s_l^2
\nabla_{W_l} L_S`, so the trajectory is kept when every matrix of ours is stepped with :math:`\eta s_l^2`:
``step_size=eta, layer_factors=parametrisation.layer_factors(net)``. One step size goes over into one step size only
where all :math:`s_l` agree.

=================  ==========================================  =====================================================
``ntk``            hidden sqrt(2/m_l), trained head 1/sqrt(m)  the start is N(0, 1); Jacot et al.; Li et al.
``ji-telgarsky``   1/sqrt(m), one hidden layer, fixed head     f = m^{-1/2} sum_j a_j s(theta_j . x); Du et al. too
=================  ==========================================  =====================================================

For the fixed-head network the function of ``ntk`` is :math:`a^\top h_L`, :math:`h_l = \sqrt{2/m_l}\, \sigma(\theta_l
h_{l-1})`; for the deep one :math:`m^{\alpha - 1/2} \theta_L h_{L-1}`. Ji and Telgarsky start from N(0, 1), which is
N(0, 1/m) in our weights: half the variance of Zou et al.

The two networks of this library are related one way: a fixed-head network of depth L is a deep one of depth L + 1 whose
head is not moved (:func:`as_deep`). The other way there is no such map, because Chen et al. train the head.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from howwide.errors import SettingError
from howwide.networks.deep_relu import DeepReLU
from howwide.networks.fixed_head import FixedHeadReLU
from howwide.networks.protocol import Network

__all__ = ["JI_TELGARSKY", "NTK", "Parametrisation", "as_deep"]


@dataclasses.dataclass(frozen=True)
class Parametrisation:
    """Weights of a paper, ``W_l = s_l theta_l``.

    Attributes:
        name: the paper's, or the usual name.
        scales: the numbers s_l of a network, one a trained matrix.
    """

    name: str
    scales: Callable[[Network], tuple[float, ...]]

    def parameters(self, net: Network, weights: Any) -> tuple[np.ndarray, ...]:
        """The paper's parameters theta_l of our weights, in their dtype.

        Raises:
            SettingError: the parametrisation is not one of this network.
        """
        return self._scaled(weights, [1 / s for s in self.scales(net)])

    def weights(self, net: Network, parameters: Any) -> tuple[np.ndarray, ...]:
        """Our weights W_l of the paper's parameters, in their dtype.

        Raises:
            SettingError: the parametrisation is not one of this network.
        """
        return self._scaled(parameters, self.scales(net))

    def layer_factors(self, net: Network) -> tuple[float, ...]:
        """``s_l^2``: what the paper's step size is multiplied by for each of our matrices.

        Raises:
            SettingError: the parametrisation is not one of this network.
        """
        return tuple(s * s for s in self.scales(net))

    @staticmethod
    def _scaled(matrices: Any, scales: Any) -> tuple[np.ndarray, ...]:
        arrays = [np.asarray(w) for w in matrices]
        return tuple((w * w.dtype.type(s)) for w, s in zip(arrays, scales, strict=True))


def _ntk(net: Network) -> tuple[float, ...]:
    hidden = tuple((2.0 / m) ** 0.5 for m in net.hidden_widths)
    return (*hidden, net.hidden_widths[-1] ** -0.5) if net.trains_head else hidden


def _ji_telgarsky(net: Network) -> tuple[float, ...]:
    if net.trains_head or len(net.hidden_widths) != 1:
        raise SettingError("the parametrisation of Ji and Telgarsky is for FixedHeadReLU with depth 1")
    return (net.hidden_widths[0] ** -0.5,)


NTK = Parametrisation("ntk", _ntk)
"""Standard normal parameters, the scale in front of every matrix: Jacot et al.; Li et al. for the fixed head."""

JI_TELGARSKY = Parametrisation("ji-telgarsky", _ji_telgarsky)
"""One hidden layer with 1/sqrt(m) in front of a frozen head of signs: Ji and Telgarsky, Du et al."""


def as_deep(
    net: FixedHeadReLU, weights: Any, *, alpha: float = 0.5
) -> tuple[DeepReLU, tuple[np.ndarray, ...], tuple[float, ...]]:
    """A fixed-head network of one width as a deep one: network, weights, and the layer factors that freeze the head.

    The head becomes ``m^{-alpha} v``, so that the functions agree; with the returned layer factors (1, ..., 1, 0) and
    the same step size the trajectories agree too.

    Raises:
        SettingError: hidden widths that differ, or an alpha outside (0, 1/2].
    """
    widths = net.hidden_widths
    if len(set(widths)) != 1:
        raise SettingError(f"DeepReLU has one width; this network has {widths}")
    deep = DeepReLU(widths[0], len(widths) + 1, alpha)
    arrays = tuple(np.asarray(w) for w in weights)
    head = (net.head / deep.scale).astype(arrays[0].dtype)[None, :]
    return deep, (*arrays, head), (1.0,) * len(widths) + (0.0,)
