r"""Memorisation: how large a network must be for weights to exist that fit labels. Nothing here is about training.

Bartlett, Harvey, Liaw and Mehrabian (VC dimension; the number of sign patterns, from which a floor for random labels
is derived), Yun, Sra and Jadbabaie, Park, Lee, Yun and Shin, Vardi, Yehudai and Shamir, Yang and Yang; for one hidden
layer Bubeck, Eldan, Lee and Mikulincer, and Zhang et al. In ``need`` the letter L counts hidden layers.
"""

import math
from functools import partial

from howwide.theory.magnitude import Magnitude, log, sqrt
from howwide.theory.memorisation import Memorisation
from howwide.theory.quantities import Formula
from howwide.theory.statements import Theorem

THEOREMS: tuple[Theorem, ...] = ()

_BIASES = (
    "its network has biases, the library's have none: a constant coordinate of the inputs and one more neuron a layer "
    "carry them"
)
_BORROWED = "its network is deeper and narrower: at another depth the same number of weights is not shown to suffice"


def _two_layers_of_four(n: Magnitude) -> Magnitude:
    """4q neurons with the least q such that 4 q^2 >= n."""
    fours = math.ceil(round(float(n)) / 4)
    return Magnitude.of(4 * (math.isqrt(fours - 1) + 1))


def _four_times_points_over_dim(n: Magnitude, d: Magnitude) -> Magnitude:
    return Magnitude.of(4 * -(-round(float(n)) // round(float(d))))


def _bits_left(n: Magnitude, delta: Magnitude) -> Magnitude:
    """log2(delta 2^n); 0 where no number of patterns is too small."""
    return Magnitude.of(max(0.0, float(n) + math.log2(float(delta))))


_sufficient = partial(Memorisation, says="sufficient", tag="S")

MEMORISATION = (
    _sufficient(
        id="zhang-bengio-hardt-recht-vinyals/derived/no-biases",
        title="one hidden layer, as many neurons as examples",
        cites="zhang2017",
        number="from Theorem 1, whose network has biases",
        need=Formula("neurons ≥ n", "D"),
        supply="neurons",
        own_network="f = Σ a_j σ(⟨w_j, x⟩), no biases, any depth (further layers copy)",
        guarantee="rows w_1, ..., w_n in general position make the n by n matrix σ(⟨w_j, x_i⟩) invertible, so that a "
        "head exists for any labels",
        tag="D",
        known="derived: as a function of w, σ(⟨w, x_i⟩) has a kink on a hyperplane of its own, so that the n functions "
        "are linearly independent; Zhang et al. prove it with biases",
        gaps=("no two inputs on one line through 0; opposite ones may occur in data with negative features",),
    ),
    _sufficient(
        id="bubeck-eldan-lee-mikulincer/neurips2020/general-position",
        title="one hidden layer, four neurons for d examples",
        cites="bubeck2020",
        number="the proposition on ReLU, after Baum 1988",
        need=Formula("neurons ≥ 4⌈n/d⌉", "S", function=_four_times_points_over_dim),
        supply="neurons",
        own_network="one hidden ReLU layer with biases",
        guarantee="4⌈n/d⌉ neurons fit any real labels of n points in general position",
        known="read in the abstract",
        gaps=("general position is assumed: of pixels and of counts it may not hold", _BIASES),
    ),
    _sufficient(
        id="yun-sra-jadbabaie/neurips2019/thm-3.1",
        title="two hidden layers of order √n neurons",
        cites="yun2019",
        number="Theorem 3.1",
        need=Formula("4⌊m/4⌋² ≥ n, m neurons in each of two layers", "M", function=_two_layers_of_four),
        supply="neurons",
        hidden_layers=2,
        own_network="two hidden ReLU layers with biases; further ones copy",
        guarantee="4⌊m₁/4⌋⌊m₂/4⌋ ≥ n neurons fit any labels in [-1, 1] of distinct inputs",
        tag="M",
        known="remembered; Θ(√n) neurons are read in the abstract, which also has O(n) weights for deeper networks",
        gaps=(_BIASES,),
    ),
    _sufficient(
        id="park-lee-yun-shin/colt2021/thm-1",
        title="n^(2/3) weights in a deep narrow network",
        cites="park2021",
        number="Theorems 1 (w = 2/3) and 2",
        need=Formula("weights ≥ C(d + n^{2/3} + log Δ), Δ = 2/φₐ", "S"),
        supply="parameters",
        shown_for="deeper",
        own_network="width 3 and C(log d + log Δ + n^{2/3}) hidden layers, with biases",
        guarantee="fits any two labels of distinct inputs whose largest distance is below Δ times the least one",
        known="read in the text; on the unit sphere Δ ≤ 2/φₐ, as it says",
        gaps=(_BORROWED, _BIASES),
    ),
    _sufficient(
        id="vardi-yehudai-shamir/iclr2022/least-parameters",
        title="√n weights, the least possible up to logarithms",
        cites="vardi2022",
        number="the main theorem",
        need=Formula("weights ≥ C √n", "S", note="logarithms are left out"),
        supply="parameters",
        shown_for="deeper",
        own_network="constant width and about √n hidden layers, with biases",
        guarantee="about √n weights, of many bits each, fit any labels of separated inputs",
        known="read in the abstract, which hides the logarithms; the text has not been read",
        gaps=(_BORROWED, _BIASES, "weights need many bits, which the paper proves to be necessary"),
    ),
    _sufficient(
        id="vardi-yehudai-shamir/iclr2022/bounded-depth",
        title="n/L weights at depth L ≤ √n",
        cites="vardi2022",
        number="the generalised construction",
        need=Formula("weights ≥ C n/L", "S", note="logarithms are left out; for L ≤ √n"),
        supply="parameters",
        shown_for="order",
        own_network="depth L ≤ √n up to logarithms, with biases",
        guarantee="about n/L weights at depth about L fit any labels of separated inputs",
        known="read in the abstract, which hides the logarithms; that its L counts hidden layers is not known",
        gaps=("its depth is L up to a constant and logarithms, its layers are not of one width", _BIASES),
    ),
    _sufficient(
        id="yang-yang/arxiv2026/width-depth",
        title="width times depth of order √(n log 1/φ)",
        cites="yang2026",
        number="the main theorem",
        need=Formula("m²L² ≥ C n log(1/φₐ)", "S", function=lambda n, L, phi_all, C: sqrt(C * n * log(1 / phi_all)) / L),
        supply="neurons",
        shown_for="order",
        own_network="width m and depth L, with biases",
        guarantee="fits any discrete labels of inputs in the unit ball that lie φₐ apart",
        known="read in the abstract; that its L counts hidden layers is not known",
        gaps=(
            "for which pairs of m and L it holds is not in the abstract",
            "a lower bound of the same form, up to logarithms, is stated there too; it has not been read",
            _BIASES,
        ),
    ),
    Memorisation(
        id="bartlett-harvey-liaw-mehrabian/jmlr2019/thm-7",
        title="VC dimension of ReLU networks, an upper bound",
        cites="bartlett2019",
        number="Theorem 7 with p = d = 1",
        says="necessary",
        need=Formula(
            "L' + Σ W_l log₂(4eR log₂(2eR)) ≥ n, R = Σ l k_l, over L' = L + 1 layers", "S", function=lambda n: n
        ),
        supply="vc_dimension",
        own_network="any ReLU network, layer by layer: k_l units, W_l trained weights up to layer l",
        guarantee="a network of smaller width has VC dimension below n: whatever the n inputs are, some labels of them "
        "are not fitted",
        tag="S",
        known="read in the text, with the proof, which needs no biases",
        gaps=(
            "some labels, not these",
            "the shattering lower bound there, of order W L log(W/L), is for some inputs only",
        ),
    ),
    Memorisation(
        id="bartlett-harvey-liaw-mehrabian/derived/sign-patterns",
        title="random labels, by the number of sign patterns",
        cites="bartlett2019",
        number="after the proof of Theorem 7",
        says="random",
        need=Formula("log₂ of the number of sign patterns ≥ n - log₂(1/δ)", "D", function=_bits_left),
        supply="sign_patterns",
        own_network="the library's networks themselves, no biases",
        guarantee="at each smaller width, labels drawn by fair coins, independently of the inputs, are fitted by some "
        "weights with probability below δ: at most the number of sign patterns over 2ⁿ",
        tag="D",
        known="derived layer by layer as there, with exact counts for the first layer (Cover) and Milnor's bound; "
        "every constant explicit (howwide.theory.capacity)",
        gaps=("a floor for random labels only: of labels that mean something it says nothing",),
    ),
)
