"""Sequences with known risks, many repetitions at a time: constant, moving, and chosen by an adversary.

A sequence is a pair of arrays (repetitions, n): the risk of every step given the past, and the loss that was observed.
Every scenario calls the public function of the library once a repetition, as a user would.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from scenario import DELTA, Array, Outcomes, Scenario, collected
from scipy.stats import norm

from howwide.certify.certificate import Certificate
from howwide.certify.certificates.holdout import holdout
from howwide.certify.certificates.online_to_batch import online_to_batch
from howwide.certify.certificates.progressive_validation import progressive_validation
from howwide.certify.certificates.snapshot_suffix import snapshot_suffix
from howwide.certify.procedure.one_pass import BURN_IN

__all__ = ["scenarios"]

Rule = Callable[[int, int, Array, Array], Array]


def adaptive(rule: Rule, n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Risks that ``rule(t, n, mistakes so far, risk so far)`` chooses from the past, and the mistakes they make."""
    risks, mistakes = np.empty((2, repetitions, n))
    count, owed = np.zeros((2, repetitions))
    for t in range(n):
        risks[:, t] = np.clip(rule(t, n, count, owed), 0.0, 1.0)
        mistakes[:, t] = random.random(repetitions) < risks[:, t]
        count, owed = count + mistakes[:, t], owed + risks[:, t]
    return risks, mistakes


def _frozen_when_ahead(t: int, n: int, count: Array, owed: Array) -> Array:
    # stop as soon as the risk exceeds the mistakes by more than Azuma allows: the attack of optional stopping
    return np.where(owed - count > np.sqrt(np.log(4 / DELTA) * n / 2), 0.0, 0.5)


def _frozen_early(t: int, n: int, count: Array, owed: Array) -> Array:
    return np.where(owed - count > 1.1 * np.sqrt(n), 0.0, 0.5)  # 2.2 standard deviations


def _doubled_when_lucky(t: int, n: int, count: Array, owed: Array) -> Array:
    return np.where(count < owed, 0.3, 0.03)


def _silent_until_a_mistake(t: int, n: int, count: Array, owed: Array) -> Array:
    return np.where(count == 0, 4.0 / n, 0.0)


RULES: dict[str, Rule] = {
    "constant 0.02": lambda t, n, count, owed: np.full(count.shape, 0.02),
    "constant 0.3": lambda t, n, count, owed: np.full(count.shape, 0.3),
    "constant -log(0.05)/n": lambda t, n, count, owed: np.full(count.shape, -np.log(DELTA) / n),
    "falling 0.5 to 0.02": lambda t, n, count, owed: np.full(count.shape, 0.02 + 0.48 * np.exp(-8.0 * t / n)),
    "rising 0.02 to 0.25": lambda t, n, count, owed: np.full(count.shape, 0.02 + 0.23 * t / n),
    "a spike of 0.9": lambda t, n, count, owed: np.full(count.shape, 0.9 if 0.6 <= t / n < 0.65 else 0.02),
    "a spike at the end": lambda t, n, count, owed: np.full(count.shape, 0.9 if t >= 0.95 * n else 0.01),
    "alternating 0 and 1": lambda t, n, count, owed: np.full(count.shape, float(t % 2)),
    "adversary: frozen when ahead": _frozen_when_ahead,
    "adversary: frozen early": _frozen_early,
    "adversary: doubled when lucky": _doubled_when_lucky,
    "adversary: until a mistake": _silent_until_a_mistake,
}


def _beta_drifting(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    level = np.cumsum(random.normal(0.0, 0.15, (repetitions, n)), axis=1)  # one random walk a repetition
    risks = np.clip(1.0 / (1.0 + np.exp(1.5 - level)), 0.01, 0.99)
    return risks, random.beta(2.0 * risks, 2.0 * (1.0 - risks))


def _two_points(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    risks = np.broadcast_to(0.1 + 0.3 * np.arange(n) / n, (repetitions, n))
    return risks, risks + 0.1 * random.choice([-1.0, 1.0], (repetitions, n))


def _echo(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    risks, losses, last = np.empty((repetitions, n)), np.empty((repetitions, n)), np.full(repetitions, 0.2)
    for t in range(n):  # the next risk is drawn towards the last loss
        risks[:, t] = 0.05 + 0.6 * last
        losses[:, t] = last = random.beta(0.3 * risks[:, t], 0.3 * (1.0 - risks[:, t]))
    return risks, losses


CONTINUOUS = {
    "losses in [0, 1]: beta, drifting": _beta_drifting,
    "losses in [0, 1]: two points": _two_points,
    "losses in [0, 1]: echo of the last": _echo,
}


def _validated(
    draw: Callable[..., tuple[Array, Array]],
    repetitions: int,
    random: np.random.Generator,
    burn_in: tuple[float, ...] = BURN_IN,
) -> Outcomes:
    risks, losses = draw(repetitions=repetitions, random=random)

    def outcome(mu: Array, x: Array) -> tuple[float, float]:
        certificate = progressive_validation(x, delta=DELTA, burn_in=burn_in)
        return certificate.value, float(mu[int(certificate.terms["first_iterate"]) :].mean())

    return collected(outcome(mu, x) for mu, x in zip(risks, losses, strict=True))


def _held_out(p: float, n: int, repetitions: int, random: np.random.Generator) -> Outcomes:
    return collected((holdout(x, delta=DELTA).value, p) for x in random.random((repetitions, n)) < p)


def _snapshots(of: Callable[[Array], Array], n: int, repetitions: int, random: np.random.Generator) -> Outcomes:
    """Snapshots at n/4, n/2, 3n/4; W^(t) errs where a uniform number falls below its risk, ``of(mistakes before)``."""
    times = sorted({n // 4, n // 2, 3 * n // 4})

    def outcome(u: Array) -> tuple[float, float]:
        risks = {t: float(of(u[:t])) for t in times}
        found: Certificate = snapshot_suffix({t: u[t:] < risks[t] for t in times}, delta=DELTA)
        return found.value, risks[int(found.terms["snapshot"])]

    return collected(outcome(u) for u in random.random((repetitions, n)))


SNAPSHOTS: dict[str, Callable[[Array], Array]] = {
    "constant 0.05": lambda past: 0.05,
    "falling 0.3 / (1 + t / 20)": lambda past: 0.3 / (1.0 + past.size / 20.0),
    "rising": lambda past: 0.02 + 0.002 * past.size,
    "adversary: worse after luck": lambda past: 0.02 + 0.3 * (past.size > 0 and np.mean(past) > 0.5),
}


def _slope_of_coin(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    # a margin of 0 is the mistake that costs least; the risk is rare enough to be missed
    risks = np.full((repetitions, n), min(1.0, 2.0 / n))
    return risks, np.where(random.random((repetitions, n)) < risks, 0.0, 50.0)


def _normal_margins(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    centre = 4.0 * np.arange(n) / n - 0.5
    margins = centre + random.normal(0.0, 1.0, (repetitions, n))
    return np.broadcast_to(norm.cdf(-centre), margins.shape), margins


def _margins_with_memory(n: int, repetitions: int, random: np.random.Generator) -> tuple[Array, Array]:
    risks, margins, last = np.empty((repetitions, n)), np.empty((repetitions, n)), np.ones(repetitions)
    for t in range(n):
        centre = np.where(last > 0, 0.0, 5.0)  # careless after success
        margins[:, t] = last = centre + 0.01 * random.normal(0.0, 1.0, repetitions)
        risks[:, t] = norm.cdf(-centre / 0.01)
    return risks, margins


MARGINS = {
    "margins 0, rarely": _slope_of_coin,
    "margins normal, rising": _normal_margins,
    "adversary: careless after success": _margins_with_memory,
}


CONVERSIONS: dict[str, Callable[[Certificate], float]] = {
    "": lambda certificate: certificate.value,
    ", sharper": lambda certificate: certificate.terms["sharper"],
}


def _converted(
    draw: Callable[..., tuple[Array, Array]],
    value: Callable[[Certificate], float],
    repetitions: int,
    random: np.random.Generator,
) -> Outcomes:
    risks, margins = draw(repetitions=repetitions, random=random)
    found = (online_to_batch(loss, delta=DELTA) for loss in np.logaddexp(0.0, -margins))
    return collected((value(certificate), mu.mean()) for mu, certificate in zip(risks, found, strict=True))


def scenarios() -> Iterator[Scenario]:
    """Every law for every certificate that needs only a sequence."""
    for n in (1, 2, 5, 20, 200):
        for p in (0.02, 0.3, 1.0 - DELTA ** (1.0 / n) + 1e-9):
            yield Scenario("holdout", f"p = {p:.4f}, n = {n}", partial(_held_out, p, n))
    for law, of in SNAPSHOTS.items():
        for n in (1, 2, 5, 20, 200):
            yield Scenario("snapshot_suffix", f"{law}, n = {n}", partial(_snapshots, of, n))
    for law, rule in RULES.items():
        for n in (200,) if "/n" not in law and "adversary" not in law else (1, 2, 5, 20, 200):
            yield Scenario("progressive_validation", f"{law}, n = {n}", partial(_validated, partial(adaptive, rule, n)))
    for law, rule in RULES.items():  # one burn-in alone, where delta is not divided and violations are not as rare
        run = partial(_validated, partial(adaptive, rule, 200), burn_in=(0.0,))
        yield Scenario("progressive_validation", f"{law}, n = 200, no burn-in", run)
    for n in (1, 2, 5, 20):
        rule = RULES["constant 0.3"]
        yield Scenario(
            "progressive_validation", f"constant 0.3, n = {n}", partial(_validated, partial(adaptive, rule, n))
        )
    for law, draw in CONTINUOUS.items():
        for n in (5, 200):
            yield Scenario("progressive_validation", f"{law}, n = {n}", partial(_validated, partial(draw, n)))
    for law, draw in MARGINS.items():
        for n in (1, 20, 200):
            for term, value in CONVERSIONS.items():
                run = partial(_converted, partial(draw, n), value)
                yield Scenario("online_to_batch", f"{law}, n = {n}{term}", run)
