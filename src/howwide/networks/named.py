"""The networks by the names that a user types."""

from howwide.errors import SettingError
from howwide.networks.deep_relu import DeepReLU
from howwide.networks.fixed_head import FixedHeadReLU

__all__ = ["NETWORKS", "check_alpha", "make_network"]

NETWORKS = ("deep", "fixed-head")
"""Names of the networks: Chen et al.'s, and Zou et al.'s."""


def check_alpha(network: str, alpha: object) -> None:
    """Refuse an output scale that was given beside a network that has none.

    Raises:
        SettingError: it was.
    """
    if network == "fixed-head" and alpha is not None:
        raise SettingError("alpha contradicts network = fixed-head, which has no output scale; leave it out")


def make_network(network: str, width: int, depth: int, alpha: float | None = None) -> DeepReLU | FixedHeadReLU:
    """The network named ``deep`` or ``fixed-head``; ``alpha`` belongs to the first alone, 1/2 unless given.

    Raises:
        SettingError: an unknown name, a number outside the network's domain, or an alpha other than 1/2, which a caller
            may have as its default, for fixed-head.
    """
    if network == "deep":
        return DeepReLU(width, depth, 0.5 if alpha is None else alpha)
    if network == "fixed-head":
        check_alpha(network, None if alpha == 0.5 else alpha)
        return FixedHeadReLU(width, depth)
    raise SettingError(f"unknown network {network!r}; use one of {', '.join(NETWORKS)}")
