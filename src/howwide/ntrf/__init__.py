r"""Neural tangent random features: the least loss in a ball, the radius for a loss, margins, between certified ends.

The class of Chen et al. (ICLR 2021, section 3.1) is the network linearised at its start, with every layer within
:math:`R / \text{unit}` of it (the unit is ``net.gradient_scale``: m^alpha, or m^{1/2} for a fixed head). Functions that
end in ``_of`` take a prepared :class:`Linearized`, so that several questions about one sample share its Grams. The
questions are in the files of this package, the algorithms that answer them in :mod:`howwide.ntrf.solvers`.
"""

from howwide.ntrf._feature_margin import feature_margin, infinite_feature_margin
from howwide.ntrf._loss import NTRFLoss, Path, loss, loss_of, path, path_of
from howwide.ntrf._margin import Margin, kernel_margin, margin, margin_bounds, margin_of
from howwide.ntrf._network_radius import NetworkRadius, network_radii_of, network_radius, network_radius_of
from howwide.ntrf._radius import Radius, radii, radii_of, radius, unavoidable_loss
from howwide.ntrf.linearized import Linearized
from howwide.ntrf.solvers.hard_margin import HardMargin, hard_margin
from howwide.ntrf.status import SolveStatus
from howwide.ntrf.sup_norm_margin import ShallowMargin, shallow_margin, sup_feature_margin

__all__ = [
    "HardMargin",
    "Linearized",
    "Margin",
    "NTRFLoss",
    "NetworkRadius",
    "Path",
    "Radius",
    "ShallowMargin",
    "SolveStatus",
    "feature_margin",
    "hard_margin",
    "infinite_feature_margin",
    "kernel_margin",
    "loss",
    "loss_of",
    "margin",
    "margin_bounds",
    "margin_of",
    "network_radii_of",
    "network_radius",
    "network_radius_of",
    "path",
    "path_of",
    "radii",
    "radii_of",
    "radius",
    "shallow_margin",
    "sup_feature_margin",
    "unavoidable_loss",
]
