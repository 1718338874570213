"""Second transcriptions for the two seed papers and those of their authors, made from the texts and not from the code.

Chen et al., arXiv 1911.12360v2; Zou et al., arXiv 1811.08888v3; Cao and Gu, arXiv 1905.13210v2 and 1902.01384v3.
Joined to the tables of ``test_theory_formulas`` and ``test_theory_exponents``; names as there: facts in words,
``depth`` counts weight matrices and ``hidden`` hidden layers.
"""

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

V2, ZOU, CG19, CG20 = (
    "chen-cao-zou-gu/arxiv2020v2",
    "zou-cao-zhou-gu/arxiv2018v3",
    "cao-gu/neurips2019v2",
    "cao-gu/aaai2020v3",
)
COR, POLYNOMIALS = "thm-3.3+cor-4.4", "cao-gu/derived/aaai2020-polynomials"

Monomials = list[tuple[float, dict[str, float]]]


def one(coefficient: float = 1.0, **exponents: float) -> Monomials:
    return [(coefficient, exponents)]


EPS, PASS = one(target_loss=1), one(n=1)
SCALE = {"hidden": 38, "separation_across": -8}
TIME = {"hidden": 9, "separation_across": -2}
SGD_TIME = TIME | {"batch_size": -2}
LN2 = 0.6931471805599453

MONOMIALS: dict[tuple[str, str], Monomials] = {
    (f"{V2}/thm-3.3", "num_steps"): one(depth=2, network_radius=2, target_loss=-1),
    (f"{V2}/thm-3.3", "training_loss"): one(3, target_loss=1),
    (f"{V2}/thm-3.8", "num_steps"): PASS,
    (f"{V2}/thm-3.8", "online_loss"): [(1, {"depth": 2, "network_radius": 2, "n": -1}), (3, {"target_loss": 1})],
    (f"{V2}/prop-4.7", "margin"): one(1 / 8.8, margin_shallow=1),
    (f"{V2}/{COR}", "num_steps"): one(depth=2, margin=-2, target_loss=-1),
    (f"{V2}/{COR}", "training_loss"): one(3, target_loss=1),
    (f"{V2}/thm-3.8+cor-4.4", "num_steps"): PASS,
    (f"{V2}/thm-3.8+cor-4.4", "test_error"): one(depth=2, margin=-2, n=-1),
    (f"{V2}/thm-3.8+cor-4.4", "sample_size"): one(depth=2, margin=-2, target_loss=-1),
    (f"{V2}/thm-3.3+prop-4.10", "num_steps"): one(depth=2, n=3, separation_across=-1, target_loss=-1),
    (f"{V2}/thm-3.3+prop-4.10", "training_loss"): one(3, target_loss=1),
    (f"{ZOU}/thm-4.1-logistic", "width"): [(1, {"n": 24, **SCALE}), (1, {"n": 26, "target_loss": -1, **SCALE})],
    (f"{ZOU}/lemma-5.4-logistic", "width"): [(1, {"n": 26, **SCALE}), (1, {"n": 24, "target_loss": -1, **SCALE})],
    (f"{ZOU}/cor-4.3-logistic", "width"): one(n=26, **SCALE),
    (f"{ZOU}/thm-4.1-hinge-like", "width"): one(n=26, **SCALE),
    (f"{ZOU}/cor-4.3-logistic", "num_steps"): one(n=8, **TIME),
    (f"{ZOU}/thm-4.1-hinge-like", "num_steps"): one(n=8, **TIME),
    (f"{ZOU}/cor-4.3-logistic", "training_loss"): one(LN2, n=-1),
    (f"{ZOU}/thm-4.5-logistic", "width"): [(1, {"n": 28, **SCALE}), (1, {"n": 24, "target_loss": -2, **SCALE})],
    (f"{ZOU}/thm-4.5-logistic", "num_steps"): [
        (1, {"n": 10, **SGD_TIME}),
        (1, {"n": 8, "target_loss": -1, **SGD_TIME}),
    ],
    (f"{ZOU}/cor-4.6-logistic", "width"): one(n=28, **SCALE),
    (f"{ZOU}/thm-4.5-hinge-like", "width"): one(n=28, **SCALE),
    (f"{ZOU}/cor-4.6-logistic", "num_steps"): one(n=10, **SGD_TIME),
    (f"{ZOU}/thm-4.5-hinge-like", "num_steps"): one(n=12, **SGD_TIME),
    (f"{ZOU}/cor-4.6-logistic", "training_loss"): one(LN2, n=-1),
    (f"{CG19}/lemma-4.3", "width"): one(depth=56, radius=16, target_loss=-14),
    (f"{CG19}/lemma-4.3", "step_size"): one(target_loss=1, depth=-1, width=-1),
    (f"{CG19}/lemma-4.3", "num_steps"): one(depth=2, radius=2, target_loss=-2),
    (f"{CG19}/cor-3.10", "step_size"): one(label_complexity=0.5, width=-1, n=-0.5),
    (f"{CG19}/cor-3.10", "num_steps"): PASS,
    (f"{CG19}/cor-A.2", "step_size"): one(radius=1, width=-1, n=-0.5),
    (f"{CG19}/cor-A.2", "num_steps"): PASS,
    (f"{CG20}/thm-4.4", "num_steps"): one(target_loss=-2),
    (f"{CG20}/thm-4.4", "test_error"): EPS,
    (f"{CG20}/thm-5.7", "width"): one(target_loss=-14),
    (POLYNOMIALS, "test_error"): EPS,
}
for _id in ("thm-4.1-logistic", "lemma-5.4-logistic"):
    MONOMIALS[f"{ZOU}/{_id}", "num_steps"] = [(1, {"n": 8, **TIME}), (1, {"n": 6, "target_loss": -1, **TIME})]
for _theorem in ("4.1", "4.5"):
    for _loss in ("logistic", "squared-hinge", "huberised-squared-hinge", "hinge-like"):
        MONOMIALS[f"{ZOU}/thm-{_theorem}-{_loss}", "training_loss"] = EPS
MONOMIALS[f"{ZOU}/lemma-5.4-logistic", "training_loss"] = EPS
for _id in (
    *(f"thm-4.1-{_loss}" for _loss in ("logistic", "squared-hinge", "huberised-squared-hinge", "hinge-like")),
    "lemma-5.4-logistic",
    "cor-4.3-logistic",
):
    MONOMIALS[f"{ZOU}/{_id}", "step_size"] = one(separation_across=1, n=-3, hidden=-9, width=-1)
for _id, _p in (
    ("thm-4.5-logistic", 1),
    ("cor-4.6-logistic", 1),
    ("thm-4.5-squared-hinge", 0.5),
    ("thm-4.5-huberised-squared-hinge", 0.5),
    ("thm-4.5-hinge-like", 0),
):
    MONOMIALS[f"{ZOU}/{_id}", "step_size"] = one(separation_across=1, width=-1, n=2 * _p - 7, hidden=-9, batch_size=2)

Transcription = Callable[[Any, Any], Any]  # facts of the problem, hidden constant; mpmath throughout


def scaled_width(p: Any, c: Any) -> Any:
    return c * (p.network_radius**4 * p.depth**11) ** (1 / p.alpha) * p.log_sample ** (2 / (2 - p.alpha))


def scaled_step(p: Any, c: Any) -> Any:
    return c / p.depth * mp.power(p.width, -2 * p.alpha)


def scaled_reach(p: Any, c: Any) -> Any:
    return (mp.sqrt(3) + 1) * p.network_radius * mp.sqrt(p.depth) / mp.power(p.width, p.alpha)


def scaled_margin_width(p: Any, c: Any) -> Any:
    return c * (p.depth ** (11 / p.alpha)) * p.margin ** (-4 / p.alpha)


def scaled_gd(p: Any, c: Any) -> Any:
    m, n, L, R = p.width, p.n, p.depth, p.network_radius
    spectral = mp.mpf(4) ** L * L**2 * R * mp.sqrt(m / n)
    linear = L ** mpf("1.5") * R / mp.sqrt(n) + L ** (mpf(11) / 3) * R ** (mpf(4) / 3) * m ** (-p.alpha / 3)
    return 2 * p.training_loss + c * mp.sqrt(mp.log(1 / p.failure_probability) / n) + c * min(spectral, linear)


def linearised_width(p: Any, c: Any) -> Any:
    """m^(alpha/3) = (c / log 2) L^3 R^(4/3) sqrt(log m), at its largest solution: Lambert's W with x = log m."""
    k = 3 / (2 * p.alpha)
    factor = (c / mp.log(2) * p.depth**3 * p.radius ** (mpf(4) / 3)) ** (3 / p.alpha)
    return mp.exp(-k * mp.re(mp.lambertw(-(factor ** (-1 / k)) / k, -1)))


def network_width(p: Any, c: Any) -> Any:
    """c L^3 tau^(4/3) m^alpha sqrt(log m) = 1/4 at tau = (1+sqrt 3) L^(1/2) R m^-alpha, tau in the lemma's range."""
    k, reached = 3 / (2 * p.alpha), (1 + mp.sqrt(3)) * mp.sqrt(p.depth) * p.network_radius

    def largest(factor: Any) -> Any:
        return mp.exp(-k * mp.re(mp.lambertw(-(factor ** (-1 / k)) / k, -1)))

    error = largest((4 * c * p.depth**3 * reached ** (mpf(4) / 3)) ** (3 / p.alpha))
    above = largest((reached * p.depth**6) ** (1 / p.alpha))  # tau <= L^-6 log(m)^(-3/2)
    logarithm = mp.log(p.n * p.depth**2 / p.failure_probability)
    below = (logarithm ** mpf("1.5") / (reached * p.depth ** mpf("1.5"))) ** (2 / (3 - 2 * p.alpha))
    return max(error, above, below)  # tau >= (log(n L^2/delta)/(m L))^(3/2)


def hinge(p: Any) -> tuple[Any, Any, Any]:
    """L^38 phi^-8, L^9 phi^-2 and log(1/eps)."""
    return p.hidden**38 / p.separation_across**8, p.hidden**9 / p.separation_across**2, p.log_accuracy


def sizes(p: Any) -> Any:
    """R of Corollary 4.4 without its constant."""
    return (mp.sqrt(mp.log(p.n / p.failure_probability)) - mp.log(p.target_loss)) / p.margin


OTHERS: dict[tuple[str, str], Transcription] = {
    **{(f"{V2}/thm-{number}", "width"): scaled_width for number in ("3.3", "3.5", "3.8")},
    **{(f"{V2}/{id}", "distance"): scaled_reach for id in ("thm-3.3", "thm-3.8")},
    **{(f"{V2}/{id}", "step_size"): scaled_step for id in ("thm-3.3", COR, "thm-3.3+prop-4.10")},
    (f"{V2}/thm-3.5", "test_error"): scaled_gd,
    (f"{V2}/thm-3.5", "sample_size"): lambda p, c: (
        c / p.target_loss**2 * (p.log_failure + p.width * (4**p.depth * p.depth**2 * p.network_radius) ** 2)
    ),
    (f"{V2}/thm-3.8", "step_size"): lambda p, c: (
        c * min(p.depth * p.network_radius**2 / (p.n * p.target_loss), 1 / p.depth) / p.width ** (2 * p.alpha)
    ),
    (f"{V2}/thm-3.8", "test_error"): lambda p, c: (
        8 / p.n * (p.depth**2 * p.network_radius**2 - mp.log(p.failure_probability)) + 24 * p.target_loss
    ),
    (f"{V2}/thm-3.8", "sample_size"): lambda p, c: (
        8 / p.target_loss * (p.depth**2 * p.network_radius**2 - mp.log(p.failure_probability))
    ),
    (f"{V2}/prop-4.2", "width"): linearised_width,
    ("chen-cao-zou-gu/derived/width-network", "width"): network_width,
    (f"{V2}/cor-4.4", "radius"): lambda p, c: c * sizes(p),
    (f"{V2}/cor-4.4", "width"): lambda p, c: c * mp.power(p.depth**9 * sizes(p) ** 4, 1 / p.alpha),
    (f"{V2}/prop-4.7", "radius"): lambda p, c: c / p.margin_shallow * (p.log_sample + p.log_accuracy),
    (f"{V2}/prop-4.7", "width"): lambda p, c: c * p.log_sample * p.margin_shallow**-2,
    (f"{V2}/prop-4.10", "radius"): lambda p, c: (
        c * mp.sqrt(p.n**3 / p.separation_across) * (p.log_sample + p.log_accuracy)
    ),
    (f"{V2}/prop-4.10", "width"): lambda p, c: (
        c * (p.depth**2 * p.n ** mpf("4.5") * (p.log_sample + p.log_accuracy) / p.separation_across**2) ** (1 / p.alpha)
    ),
    (f"{V2}/{COR}", "width"): scaled_margin_width,
    (f"{V2}/thm-3.8+cor-4.4", "width"): scaled_margin_width,
    (f"{V2}/{COR}", "test_error"): lambda p, c: (
        2 * p.training_loss
        + c / mp.sqrt(p.n) * (mp.mpf(4) ** p.depth * p.depth**2 * mp.sqrt(p.width) / p.margin + mp.sqrt(p.log_failure))
    ),
    (f"{V2}/thm-3.3+prop-4.10", "width"): lambda p, c: (
        c * mp.power(p.depth**22 * p.n**12 / p.separation_across**4, 1 / (2 * p.alpha))
    ),
    (f"{ZOU}/thm-4.1-squared-hinge", "width"): lambda p, c: c * p.n**25 * hinge(p)[0] * hinge(p)[2],
    (f"{ZOU}/thm-4.1-squared-hinge", "num_steps"): lambda p, c: c * p.n**7 * hinge(p)[1] * hinge(p)[2],
    (f"{ZOU}/thm-4.1-huberised-squared-hinge", "width"): lambda p, c: (
        c * (p.n**26 + p.n**25 * hinge(p)[2]) * hinge(p)[0]
    ),
    (f"{ZOU}/thm-4.1-huberised-squared-hinge", "num_steps"): lambda p, c: (
        c * (p.n**8 + p.n**7 * hinge(p)[2]) * hinge(p)[1]
    ),
    (f"{ZOU}/thm-4.5-squared-hinge", "width"): lambda p, c: c * p.n**28 * hinge(p)[0] * hinge(p)[2] ** 2,
    (f"{ZOU}/thm-4.5-squared-hinge", "num_steps"): lambda p, c: (
        c * p.n**10 * hinge(p)[1] * hinge(p)[2] / p.batch_size**2
    ),
    (f"{ZOU}/thm-4.5-huberised-squared-hinge", "width"): lambda p, c: (
        c * (p.n**28 + p.n**26 * hinge(p)[2] ** 2) * hinge(p)[0]
    ),
    (f"{ZOU}/thm-4.5-huberised-squared-hinge", "num_steps"): lambda p, c: (
        c * (p.n**11 + p.n**10 * hinge(p)[2]) * hinge(p)[1] / p.batch_size**2
    ),
    (f"{CG19}/cor-3.10", "test_error"): lambda p, c: (
        c * p.depth * mp.sqrt(p.label_complexity / p.n) + c * mp.sqrt(p.log_failure / p.n)
    ),
    (f"{CG19}/cor-A.2", "width"): lambda p, c: c * p.n**7 * p.log_failure,
    (f"{CG19}/cor-A.2", "test_error"): lambda p, c: c * 2**p.depth / p.margin_features / mp.sqrt(p.n),
    (f"{CG19}/cor-A.2", "sample_size"): lambda p, c: c * (2**p.depth / p.margin_features / p.target_loss) ** 2,
    (f"{CG20}/thm-4.4", "width"): lambda p, c: c * max(p.input_dim, p.target_loss**-14) * p.log_failure,
    (f"{CG20}/thm-4.4", "sample_size"): lambda p, c: c * p.target_loss**-4 * p.log_failure,
    **{
        (id, "step_size"): lambda p, c: c * mpf(16) ** -p.hidden * p.hidden**-6 * p.margin_features**4 / p.width
        for id in (f"{CG20}/thm-4.4", POLYNOMIALS)
    },
    (f"{CG20}/thm-5.7", "test_error"): lambda p, c: (
        2 * p.training_loss
        + c
        * mpf(16) ** p.hidden
        * p.hidden**2
        * mp.sqrt(p.log_sample)
        / (p.margin_features**4 * p.target_loss * mp.sqrt(p.n))
        + p.target_loss / 2
    ),
    (POLYNOMIALS, "width"): lambda p, c: (
        c
        * max(
            4**p.hidden * p.hidden**4 * p.input_dim / p.margin_features**2,
            mpf(16) ** (8 * p.hidden) * p.margin_features**-32 * p.hidden**28 / p.target_loss**2,
            mpf(16) ** (8 * p.hidden) * p.margin_features**-32 * p.hidden**22 / p.target_loss**14,
        )
    ),
    (POLYNOMIALS, "num_steps"): lambda p, c: (
        c * (mpf(16) ** p.hidden * p.hidden**3 / p.margin_features**4 / p.target_loss) ** 2
    ),
    (POLYNOMIALS, "sample_size"): lambda p, c: (
        c * (mpf(16) ** p.hidden * p.hidden**2 / p.margin_features**4 / p.target_loss**2) ** 2
    ),
}

DEEP = {"depth": 38, "separation_across": -8}
LATE = {"n": 10, "target_loss": 1e-90}
FAST = {"depth": 9, "separation_across": -2}

# (row, id, kind, facts at which it is read, exponents); L is depth as the statement counts it; alpha is 1/2
TABLE: list[tuple[str, str, str, dict[str, Any], dict[str, float]]] = [
    ("Chen v2 3.3", f"{V2}/thm-3.3", "width", {}, {"depth": 22, "network_radius": 8}),
    ("Chen v2 3.3", f"{V2}/thm-3.3", "num_steps", {}, {"depth": 2, "network_radius": 2, "target_loss": -1}),
    ("Chen v2 3.3", "chen-cao-zou-gu/derived/width-network", "width", {}, {"depth": 22, "network_radius": 8}),
    ("Chen v2 3.5", f"{V2}/thm-3.5", "width", {}, {"depth": 22, "network_radius": 8}),
    (
        "Chen v2 3.5", f"{V2}/thm-3.5", "test_error", {"network_radius": 1e20, "width": 1e300},
        {"depth": 1.5, "network_radius": 1, "n": -0.5},
    ),
    (
        "Chen v2 3.5", f"{V2}/thm-3.5", "test_error", {"network_radius": 1e40, "width": 1e60},
        {"depth": 11 / 3, "network_radius": 4 / 3, "width": -1 / 6},
    ),
    (
        "Chen v2 3.8", f"{V2}/thm-3.8", "test_error", {"network_radius": 1e9},
        {"depth": 2, "network_radius": 2, "n": -1},
    ),
    ("Chen v2 3.8", f"{V2}/thm-3.8", "test_error", {"network_radius": 1e-9, "target_loss": 1e-18}, {"n": -1}),
    ("Chen v2 3.8", f"{V2}/thm-3.8", "test_error", {"network_radius": 1e-9, "n": 10**14}, {"target_loss": 1}),
    ("Chen v2 4.2", f"{V2}/prop-4.2", "width", {}, {"depth": 18, "radius": 8}),
    ("Chen v2 4.4", f"{V2}/cor-4.4", "radius", {}, {"margin": -1}),
    ("Chen v2 4.4", f"{V2}/cor-4.4", "width", {}, {"depth": 18, "margin": -8}),
    ("Chen v2 4.7", f"{V2}/prop-4.7", "radius", {}, {"margin_shallow": -1}),
    ("Chen v2 4.7", f"{V2}/prop-4.7", "width", {}, {"margin_shallow": -2}),
    ("Chen v2 4.10", f"{V2}/prop-4.10", "radius", {}, {"n": 1.5, "separation_across": -0.5}),
    ("Chen v2 4.10", f"{V2}/prop-4.10", "width", {}, {"depth": 4, "n": 9, "separation_across": -4}),
    ("Chen v2 + 4.4", f"{V2}/{COR}", "width", {}, {"depth": 22, "margin": -8}),
    ("Chen v2 + 4.4", f"{V2}/thm-3.8+cor-4.4", "test_error", {}, {"depth": 2, "margin": -2, "n": -1}),
    (
        "Chen v2 + 4.10", f"{V2}/thm-3.3+prop-4.10", "width", {},
        {"depth": 22, "n": 12, "separation_across": -4},
    ),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-logistic", "width", LATE, {"n": 26, "target_loss": -1, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/lemma-5.4-logistic", "width", LATE, {"n": 24, "target_loss": -1, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/lemma-5.4-logistic", "width", {"n": 10**8}, {"n": 26, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-logistic", "num_steps", LATE, {"n": 6, "target_loss": -1, **FAST}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-logistic", "num_steps", {"n": 10**8}, {"n": 8, **FAST}),
    ("Zou v3 4.1", f"{ZOU}/cor-4.3-logistic", "width", {}, {"n": 26, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/cor-4.3-logistic", "num_steps", {}, {"n": 8, **FAST}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-squared-hinge", "width", {}, {"n": 25, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-squared-hinge", "num_steps", {}, {"n": 7, **FAST}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-hinge-like", "width", {}, {"n": 26, **DEEP}),
    ("Zou v3 4.1", f"{ZOU}/thm-4.1-hinge-like", "num_steps", {}, {"n": 8, **FAST}),
    ("Zou v3 4.5", f"{ZOU}/thm-4.5-logistic", "width", LATE, {"n": 24, "target_loss": -2, **DEEP}),
    ("Zou v3 4.5", f"{ZOU}/thm-4.5-logistic", "width", {"n": 10**8}, {"n": 28, **DEEP}),
    (
        "Zou v3 4.5", f"{ZOU}/thm-4.5-logistic", "num_steps", LATE,
        {"n": 8, "target_loss": -1, "batch_size": -2, **FAST},
    ),
    ("Zou v3 4.5", f"{ZOU}/thm-4.5-logistic", "num_steps", {"n": 10**8}, {"n": 10, "batch_size": -2, **FAST}),
    ("Zou v3 4.5", f"{ZOU}/thm-4.5-squared-hinge", "width", {}, {"n": 28, **DEEP}),
    ("Zou v3 4.5", f"{ZOU}/thm-4.5-squared-hinge", "num_steps", {}, {"n": 10, "batch_size": -2, **FAST}),
    ("Cao-Gu v2 4.3", f"{CG19}/lemma-4.3", "width", {}, {"depth": 56, "radius": 16, "target_loss": -14}),
    ("Cao-Gu v2 4.3", f"{CG19}/lemma-4.3", "num_steps", {}, {"depth": 2, "radius": 2, "target_loss": -2}),
    (
        "Cao-Gu v2 3.10", f"{CG19}/cor-3.10", "test_error", {"label_complexity": 1e40},
        {"depth": 1, "label_complexity": 0.5, "n": -0.5},
    ),
    ("Cao-Gu v2 A.2", f"{CG19}/cor-A.2", "width", {}, {"n": 7}),
    ("Cao-Gu v3 4.4", f"{CG20}/thm-4.4", "width", {}, {"target_loss": -14}),
    ("Cao-Gu v3 4.4", f"{CG20}/thm-4.4", "width", {"input_dim": 10**20}, {"input_dim": 1}),
    ("Cao-Gu v3 4.4", f"{CG20}/thm-4.4", "num_steps", {}, {"target_loss": -2}),
    ("Cao-Gu v3 4.4", f"{CG20}/thm-4.4", "sample_size", {}, {"target_loss": -4}),
]  # fmt: skip

EXPONENTIAL: list[tuple[str, str, str, dict[str, Any], float, dict[str, float]]] = [
    (
        "Chen v2 3.5", f"{V2}/thm-3.5", "test_error", {"network_radius": 1e90}, 4,
        {"depth": 2, "network_radius": 1, "width": 0.5, "n": -0.5},
    ),
    (
        "Chen v2 + 4.4", f"{V2}/{COR}", "test_error", {"margin": 1e-90}, 4,
        {"depth": 2, "margin": -1, "width": 0.5, "n": -0.5},
    ),
    ("Cao-Gu v2 A.2", f"{CG19}/cor-A.2", "test_error", {}, 2, {"margin_features": -1, "n": -0.5}),
    ("Cao-Gu v2 A.2", f"{CG19}/cor-A.2", "sample_size", {}, 4, {"margin_features": -2, "target_loss": -2}),
    ("Cao-Gu v3 4.4", f"{CG20}/thm-4.4", "step_size", {}, 1 / 16, {"depth": -6, "margin_features": 4, "width": -1}),
    (
        "Cao-Gu v3 4.4", POLYNOMIALS, "width", {"target_loss": 1e-9}, 2**32,
        {"depth": 22, "margin_features": -32, "target_loss": -14},
    ),
    (
        "Cao-Gu v3 4.4", POLYNOMIALS, "num_steps", {}, 256,
        {"depth": 6, "margin_features": -8, "target_loss": -2},
    ),
    (
        "Cao-Gu v3 4.4", POLYNOMIALS, "sample_size", {}, 256,
        {"depth": 4, "margin_features": -8, "target_loss": -4},
    ),
]  # fmt: skip

ROWS = {row for row, *_ in TABLE} | {row for row, *_ in EXPONENTIAL}
"""Rows that these papers add to the master table."""
