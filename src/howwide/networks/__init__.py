"""The two networks of the theory: what they compute, how they start, and the signals inside them.

:class:`DeepReLU` is the network of Chen, Cao, Zou and Gu (all layers trained, output scaled by ``m^alpha``);
:class:`FixedHeadReLU` is the network of Zou, Cao, Zhou and Gu (a frozen head of signs). A network is a small frozen
record of numbers; its weights are a plain tuple of arrays passed beside it, so that a network trained elsewhere can be
measured here.
"""

from howwide.networks.deep_relu import DeepReLU
from howwide.networks.fixed_head import FixedHeadReLU
from howwide.networks.named import NETWORKS, check_alpha, make_network
from howwide.networks.parametrisations import JI_TELGARSKY, NTK, Parametrisation, as_deep
from howwide.networks.protocol import Network, Weights
from howwide.networks.signals import Signals, layer_signals

__all__ = [
    "JI_TELGARSKY",
    "NETWORKS",
    "NTK",
    "DeepReLU",
    "FixedHeadReLU",
    "Network",
    "Parametrisation",
    "Signals",
    "Weights",
    "as_deep",
    "check_alpha",
    "layer_signals",
    "make_network",
]
