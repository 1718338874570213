"""Second transcriptions and exponents of the works around the source papers, made from their texts.

Chatterji, Long and Bartlett; Taheri and Thrampoulidis; Lei et al.; Xu and Zhu; Arora et al.; Song and Yang and what
came of it; Telgarsky. ``tests/test_theory_formulas.py`` evaluates ``MONOMIALS`` and ``OTHERS``,
``tests/test_theory_exponents.py`` the table ``EXPONENTS``; facts have their names in words, ``hidden`` counts hidden
layers and ``p.log_sample`` is log(n/delta).
"""

from collections.abc import Callable
from typing import Any

from mpmath import mp, mpf

CLB, JMLR = "chatterji-long-bartlett/colt2021", "chatterji-long-bartlett/jmlr2021"
LWYZ, TT, XZ = "lei-wang-ying-zhou/jmlr2026", "taheri-thrampoulidis/jmlr2024", "xu-zhu/jmlr2024"
ARORA, SY, SYZ = "arora-du-hu-li-wang/icml2019", "song-yang/arxiv2019", "song-yang-zhang/neurips2021/thm-gd"
YJZLW, TEL = "yang-jiang-zhang-liang-wang/jmlr2024/thm-1", "telgarsky/iclr2023/thm-sgd"

MONOMIALS: dict[tuple[str, str], list[tuple[float, dict[str, float]]]] = {
    (f"{CLB}/thm-margin", "width"): [(1, {"margin": -2})],
    (f"{CLB}/thm-margin", "step_size"): [(1, {"width": -1, "hidden": -5})],
    (f"{CLB}/thm-3.3-stage-2", "width"): [(1, {"margin": -2})],
    (f"{JMLR}/thm-2", "training_loss"): [(2**0.25, {"input_dim": 1, "width": -0.25, "num_steps": -1})],
    (f"{LWYZ}/thm-3", "training_loss"): [
        (3, {"reference_loss": 1}), (1, {"reference_distance": 2, "step_size": -1, "num_steps": -1}),
    ],
    (f"{LWYZ}/cor-7", "training_loss"): [
        (3, {"num_steps": -1}), (1, {"reference_distance": 2, "step_size": -1, "num_steps": -1}),
    ],
    (f"{LWYZ}/thm-18", "num_steps"): [(1, {"n": 1, "step_size": -1})],
    (f"{LWYZ}/thm-18", "test_loss"): [(1, {"n": -1, "margin": -2})],
    (f"{LWYZ}/thm-18", "sample_size"): [(1, {"target_loss": -1, "margin": -2})],
    (f"{TT}/thm-3.2", "width"): [(18**2, {"activation_curvature": 2, "reference_distance": 4})],
    (f"{TT}/thm-3.2", "training_loss"): [
        (2, {"reference_loss": 1}), (2.5, {"reference_distance": 2, "step_size": -1, "num_steps": -1}),
    ],
    (f"{TT}/thm-3.4", "width"): [(64**2, {"activation_curvature": 2, "reference_distance": 4})],
    (f"{TT}/thm-3.4", "test_loss"): [
        (1, {"training_loss": 1}),
        (8, {"activation_slope": 2, "step_size": 1, "num_steps": 1, "reference_loss": 1, "n": -1}),
        (16, {"activation_slope": 2, "reference_distance": 2, "n": -1}),
    ],
    (f"{ARORA}/thm-4.1", "width"): [
        (1, {"n": 7 + 1, "lambda_min_shallow": -4, "failure_probability": -4 - 2, "target_loss": -2 - 2})
    ],
    (f"{ARORA}/thm-4.1", "step_size"): [(1, {"lambda_min_shallow": 1, "n": -2})],
    (f"{ARORA}/cor-5.2", "step_size"): [(1, {"lambda_min_shallow": 1, "n": -2})],
    (f"{SY}/thm-quartic", "width"): [(1, {"n": 4, "lambda_min_shallow": -4})],
    (f"{SY}/thm-quadratic", "width"): [(1, {"n": 2})],
    (YJZLW, "training_loss"): [(1, {"target_loss": 1})],
    (TEL, "num_steps"): [(1, {"n": 1})],
    (f"{XZ}/thm-sgd", "num_steps"): [(1, {"n": 1})],
}  # fmt: skip
for _statement in ("cor-7", "cor-7+lem-16"):
    MONOMIALS[f"{LWYZ}/{_statement}", "step_size"] = [(4 / (5 * 0.25), {})]


def small_loss_rate(p: Any) -> mpf:
    """(3c): L (L + 3/4)^2 alpha J_1 log^(2/L)(1/J_1) / ((L + 1/2) |V|^2)."""
    logarithm = mp.log(1 / p.initial_loss) ** (2 / p.hidden)
    above = p.hidden * (p.hidden + mpf(3) / 4) ** 2 * p.step_size * p.initial_loss * logarithm
    return above / ((p.hidden + mpf(1) / 2) * p.initial_norm**2)


def largest_step(p: Any, c: mpf) -> mpf:
    """(3b), h the inverse of the curvature."""
    logarithm = mp.log(1 / p.initial_loss) ** (2 / p.hidden)
    one = 1024 * (p.hidden + 1) ** 2 * p.width * p.initial_loss * p.initial_norm ** (3 * p.hidden + 5)
    two = 2 * p.hidden * (p.hidden + mpf(3) / 4) ** 2 * p.initial_loss * logarithm
    return min(1 / (p.activation_curvature * one), (p.hidden + mpf(1) / 2) * p.initial_norm**2 / two)


def first_stage(p: Any, c: mpf) -> mpf:
    """3 (L + 1) rho^2 n^(2 + 24 L) / (2 alpha), rounded up, with (4)."""
    power = mp.power(p.n, 2 + 24 * p.hidden)
    rho = c * (mp.sqrt(p.log_sample) + mp.log(6 * power)) / (mp.sqrt(p.width) * p.margin)
    return mp.ceil(3 * (p.hidden + 1) * rho**2 * power / (2 * p.step_size))


def two_layer_rate(p: Any) -> mpf:
    """(7) at the largest Q_1 of (6); 2p neurons."""
    half, small, v2 = p.width / 2, mp.log(1 / p.initial_loss), p.initial_norm**2
    q1 = min(
        1 / (30 * half * p.initial_loss * small**2), 108 * v2 / (125 * p.initial_loss * small**4),
        mp.e**2 / (120 * half),
    )  # fmt: skip
    return 125 * q1 * p.initial_loss * small**4 / (216 * v2)


def reach(p: Any) -> mpf:
    return 2 * mp.log(p.num_steps) / p.margin


def pairs(p: Any, cost: mpf) -> mpf:
    return max(64 * p.log_sample * cost**2, 256 * cost**4 / mp.pi)


def pairs_by_margin(p: Any, c: mpf) -> mpf:
    """The least width with every condition of Theorem 18, found by solving each for beta = s / sqrt(m)."""
    alpha, cost = reach(p), 12 + reach(p) ** 2
    roots = (
        16 * alpha * cost * p.margin_spread / mp.sqrt(mp.pi),  # (4.24)
        8 * 2 * mp.log(p.num_steps) * p.margin_spread**2 / (p.margin**2 * mp.sqrt(mp.pi)),
        4 * mp.sqrt(p.log_sample) * p.margin_spread / p.margin,
    )
    return max(pairs(p, cost), max(roots) ** 2)


def regularised(p: Any) -> mpf:
    return 2 * max(mpf(1), p.initial_output) + mp.log(p.num_steps)


def smooth(p: Any) -> mpf:
    return p.activation_slope**2 + p.activation_curvature / mp.sqrt(p.width)


OTHERS: dict[tuple[str, str], Callable[[Any, mpf], mpf]] = {
    (f"{LWYZ}/thm-3", "num_steps"): lambda p, c: max(mpf(16), p.n / p.step_size),
    (f"{LWYZ}/cor-7", "num_steps"): lambda p, c: max(mpf(16), p.n / p.step_size),
    (f"{LWYZ}/cor-7+lem-16", "num_steps"): lambda p, c: max(mpf(16), p.n / p.step_size),
    (f"{LWYZ}/thm-18", "step_size"): lambda p, c: min(mpf("3.2"), p.n / 16),
    (f"{CLB}/thm-3.1", "step_size"): largest_step,
    (f"{CLB}/thm-3.1", "training_loss"): lambda p, c: p.initial_loss / (1 + p.num_steps * small_loss_rate(p)),
    (f"{CLB}/thm-margin", "num_steps"): first_stage,
    (f"{CLB}/thm-margin", "training_loss"): lambda p, c: mp.power(p.n, -(1 + 24 * p.hidden)),
    (f"{CLB}/thm-3.3-stage-2", "training_loss"): lambda p, c: (
        c
        * mp.power(p.hidden, (3 * p.hidden + 11) / mpf(2))
        * mp.power(6 * p.width, 2 * p.hidden + 5)
        / mp.power(p.n, 1 + 24 * p.hidden)
        / p.num_steps
    ),
    (f"{JMLR}/thm-small-loss", "training_loss"): lambda p, c: p.initial_loss / (1 + p.num_steps * two_layer_rate(p)),
    (f"{LWYZ}/thm-3", "width"): lambda p, c: pairs(
        p, 3 * p.step_size * p.num_steps * p.reference_loss + p.reference_distance**2
    ),
    (f"{LWYZ}/thm-3", "step_size"): lambda p, c: min(mpf("3.2"), 1 / (5 * p.reference_loss)),
    (f"{LWYZ}/cor-7", "width"): lambda p, c: pairs(p, 12 + p.reference_distance**2),
    (f"{LWYZ}/cor-7+lem-16", "width"): pairs_by_margin,
    (f"{LWYZ}/thm-18", "width"): pairs_by_margin,
    (f"{LWYZ}/cor-7+lem-16", "training_loss"): lambda p, c: (
        3 / p.num_steps + reach(p) ** 2 / (p.step_size * p.num_steps)
    ),
    (f"{TT}/thm-3.2", "step_size"): lambda p, c: 1 / smooth(p),
    (f"{TT}/thm-3.4", "step_size"): lambda p, c: 1 / smooth(p),
    (f"{TT}/cor-4.1.1", "step_size"): lambda p, c: min(mpf(3), 1 / smooth(p)),
    (f"{TT}/cor-4.1.1", "width"): lambda p, c: 64**2 * p.activation_curvature**2 / p.margin**4 * regularised(p) ** 4,
    (f"{TT}/cor-4.1.1", "training_loss"): lambda p, c: 5 * (regularised(p) / p.margin) ** 2 / p.step_size / p.num_steps,
    (f"{TT}/cor-4.1.1", "test_loss"): lambda p, c: (
        p.training_loss + 24 * (p.activation_slope * regularised(p) / p.margin) ** 2 / p.n
    ),
    (f"{XZ}/thm-1", "width"): lambda p, c: c * p.input_dim**2 * mp.exp(mp.power(p.hidden, 2)),
    (f"{XZ}/thm-sgd", "width"): lambda p, c: (
        c * mp.power(p.input_dim, 7) * mp.exp(p.step_size * mp.power(c, p.hidden) * mp.log(p.num_steps))
    ),
    (f"{XZ}/thm-sgd", "step_size"): lambda p, c: 9 / (2 * mp.sqrt(44) * p.hidden),
    (f"{ARORA}/cor-5.2", "num_steps"): lambda p, c: c / (p.step_size * p.lambda_min_shallow) * p.log_sample,
    (f"{ARORA}/cor-5.2", "test_error"): lambda p, c: (
        mp.sqrt(2 * p.label_complexity_shallow / p.n)
        + c * mp.sqrt(mp.log(p.n / (p.lambda_min_shallow * p.failure_probability)) / p.n)
    ),
    (SYZ, "width"): lambda p, c: c * (p.n / p.lambda_min_shallow) ** 4 * p.bias**2 * mp.exp(2 * p.bias**2),
    (YJZLW, "width"): lambda p, c: c * (p.n / p.lambda_min_shallow) ** 4 * mp.exp(p.bias**2),
    (YJZLW, "step_size"): lambda p, c: (
        c * (p.lambda_min_shallow * mp.exp(-(p.bias**2) / 2)) * mp.exp(p.bias**2) / p.n**2
    ),
    (YJZLW, "num_steps"): lambda p, c: (
        4 * p.log_accuracy / p.step_size / (p.lambda_min_shallow * mp.exp(-(p.bias**2) / 2))
    ),
    (TEL, "width"): lambda p, c: 4096 * p.log_sample**2 / p.margin**2,
    (TEL, "test_error"): lambda p, c: (8 * p.log_failure + 2560 / p.margin**2) / p.n,
}

# (row, id, kind, facts at which it is read, exponents), as in tests/test_theory_exponents.py
FAR = {"reference_distance": 1e30}
EXPONENTS: list[tuple[str, str, str, dict[str, Any], dict[str, float]]] = [
    ("Lei et al. 2026", f"{LWYZ}/thm-3", "width", FAR, {"reference_distance": 8}),
    (
        "Lei et al. 2026", f"{LWYZ}/thm-3", "width", {"reference_loss": 1e30},
        {"step_size": 4, "num_steps": 4, "reference_loss": 4},
    ),
    ("Lei et al. 2026", f"{LWYZ}/cor-7", "width", FAR, {"reference_distance": 8}),
    (
        "Lei et al. 2026", f"{LWYZ}/cor-7", "training_loss", FAR,
        {"reference_distance": 2, "step_size": -1, "num_steps": -1},
    ),
    ("Lei et al. 2026", f"{LWYZ}/cor-7+lem-16", "width", {"margin": 1e-30}, {"margin": -8}),
    (
        "Lei et al. 2026", f"{LWYZ}/cor-7+lem-16", "width", {"margin": 1e-30, "margin_spread": 1e80},
        {"margin": -4, "margin_spread": 4},
    ),
    (
        "Lei et al. 2026", f"{LWYZ}/cor-7+lem-16", "training_loss", {"margin": 1e-30},
        {"margin": -2, "step_size": -1, "num_steps": -1},
    ),
    ("Lei et al. 2026", f"{LWYZ}/thm-18", "width", {"margin": 1e-30}, {"margin": -8}),
    ("Lei et al. 2026", f"{LWYZ}/thm-18", "num_steps", {}, {"n": 1, "step_size": -1}),
    ("Lei et al. 2026", f"{LWYZ}/thm-18", "test_loss", {}, {"n": -1, "margin": -2}),
    ("Chatterji et al. 2021", f"{CLB}/thm-margin", "width", {}, {"margin": -2}),
    ("Chatterji et al. 2021", f"{CLB}/thm-margin", "step_size", {}, {"width": -1, "depth": -5}),
    ("Chatterji et al. 2021", f"{JMLR}/thm-2", "training_loss", {}, {"input_dim": 1, "width": -0.25, "num_steps": -1}),
    ("Taheri-T. 2024", f"{TT}/thm-3.2", "width", {}, {"activation_curvature": 2, "reference_distance": 4}),
    ("Taheri-T. 2024", f"{TT}/thm-3.4", "width", {}, {"activation_curvature": 2, "reference_distance": 4}),
    (
        "Taheri-T. 2024", f"{TT}/thm-3.4", "test_loss", FAR,
        {"activation_slope": 2, "reference_distance": 2, "n": -1},
    ),
    ("Taheri-T. 2024", f"{TT}/cor-4.1.1", "width", {}, {"activation_curvature": 2, "margin": -4}),
    ("Taheri-T. 2024", f"{TT}/cor-4.1.1", "training_loss", {}, {"margin": -2, "step_size": -1, "num_steps": -1}),
    ("Taheri-T. 2024", f"{TT}/cor-4.1.1", "test_loss", {}, {"activation_slope": 2, "margin": -2, "n": -1}),
    (
        "Arora 2019", f"{ARORA}/thm-4.1", "width", {},
        {"n": 8, "lambda_min_shallow": -4, "failure_probability": -6, "target_loss": -4},
    ),
    ("Arora 2019", f"{ARORA}/cor-5.2", "num_steps", {}, {"step_size": -1, "lambda_min_shallow": -1}),
    (
        "Arora 2019", f"{ARORA}/cor-5.2", "test_error", {"label_complexity_shallow": 1e40},
        {"label_complexity_shallow": 0.5, "n": -0.5},
    ),
    ("Song-Yang 2019", f"{SY}/thm-quartic", "width", {}, {"n": 4, "lambda_min_shallow": -4}),
    ("Song-Yang 2019", f"{SY}/thm-quadratic", "width", {}, {"n": 2}),
    ("Song-Yang-Zhang 2021", SYZ, "width", {"bias": 1e-9}, {"n": 4, "lambda_min_shallow": -4, "bias": 2}),
    ("Yang et al. 2024", YJZLW, "width", {"bias": 1e-9}, {"n": 4, "lambda_min_shallow": -4}),
    ("Yang et al. 2024", YJZLW, "step_size", {"bias": 1e-9}, {"n": -2, "lambda_min_shallow": 1}),
    ("Yang et al. 2024", YJZLW, "num_steps", {"bias": 1e-9}, {"step_size": -1, "lambda_min_shallow": -1}),
    ("Telgarsky 2023", TEL, "width", {}, {"margin": -2}),
    ("Telgarsky 2023", TEL, "test_error", {"margin": 1e-9}, {"margin": -2, "n": -1}),
]  # fmt: skip

ROWS = {row for row, *_ in EXPONENTS}


SMOOTHER = "the step is the inverse of a smoothness that falls with the width"
DEEPER = "the threshold n^-(1 + 24 L) that was passed falls with the depth"
OTHERWISE = {
    (f"{LWYZ}/thm-18", "step_size", "n"): "eta T = n with T >= 16",
    **{(f"{TT}/{number}", "step_size", "width"): SMOOTHER for number in ("thm-3.2", "thm-3.4", "cor-4.1.1")},
    (f"{CLB}/thm-3.1", "training_loss", "depth"): "the rate L (L + 3/4)^2/(L + 1/2) grows with the depth",
    (f"{CLB}/thm-margin", "num_steps", "width"): "rho^2/alpha at a fixed alpha; at alpha = C/(p L^5) the width cancels",
    (f"{CLB}/thm-margin", "training_loss", "depth"): DEEPER,
    (f"{CLB}/thm-3.3-stage-2", "training_loss", "depth"): DEEPER,
    (f"{JMLR}/thm-2", "training_loss", "width"): "d p^(-1/4)/t",
}
"""Where a formula runs against the directions of ``tests/test_theory_monotone.py``, with the reason."""
