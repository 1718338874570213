"""A theorem as an object: what it is about, what it assumes, what it gives, how it is known.

:class:`Theorem` joins a setting, shared assumptions and formulas; its methods evaluate them on a problem. Nothing here
raises because mathematics says no: not applicable, unknown, infinite and vacuous are values. A statement of which too
little is known to evaluate anything is an :class:`Incomplete`, with what is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from howwide import bibliography
from howwide.errors import SettingError
from howwide.theory.assumptions import Assumption, Verdict
from howwide.theory.judgement import Judgement, width_verdict, worst
from howwide.theory.magnitude import Magnitude
from howwide.theory.problem import Problem
from howwide.theory.quantities import DERIVED, KINDS, Formula, Quantity
from howwide.theory.settings import Setting

__all__ = ["ITERATES", "Incomplete", "Theorem"]

_LARGEST_LOG10_CONSTANT = 500.0
_FAR = 1e6  # a distance in decades beyond every finite one

ITERATES = {
    "best": "some iterate up to T",
    "mean": "the mean over the steps, hence the best iterate (ergodic)",
    "last": "the last iterate",
    "every": "every iterate, as a share of the loss at the start",
}
"""Which iterates a training loss is promised of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Theorem:
    """One statement of one version of one paper. Its meaning never changes: a misreading gets a new entry.

    Attributes:
        id: permanent, ``authors/version/statement``; ``derived`` in place of the version for what is derived here.
        title: short, for a list.
        cites: key in the bibliography.
        number: where the statement is in the source.
        setting: network, trained layers, initialisation, loss, algorithm.
        assumptions: shared objects.
        formulas: what can be evaluated, by kind.
        guarantee: what the statement promises, in words, with its type (ergodic, last iterate, ...).
        tag: how the statement is known, one of :data:`~howwide.theory.quantities.TAGS`; formulas have their own.
        known: the same in words, with the source.
        improves_on: ids of statements that it improves, or that it carries further.
        gaps: known gaps and cautions.
        iterate: which iterates the training loss is promised of, one of :data:`ITERATES`.
        iterates_of: id of the statement whose run it is about, which has step size, number of steps and training loss;
            None where it is about its own.
        claims: what is said of its width beside the statement; checked, but no condition of it.
    """

    id: str
    title: str
    cites: str
    number: str
    setting: Setting
    assumptions: tuple[Assumption, ...]
    formulas: Mapping[str, Formula]
    guarantee: str
    tag: str
    known: str
    improves_on: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()
    iterate: str = "best"
    iterates_of: str | None = None
    claims: tuple[Assumption, ...] = ()

    @property
    def reference(self) -> bibliography.Reference:
        """The paper."""
        return bibliography.get(self.cites)

    @property
    def year(self) -> int:
        """Year of the version that is cited."""
        return self.reference.year

    @property
    def facts(self) -> frozenset[str]:
        """Names of the facts that its formulas and assumptions ask about."""
        asked: tuple[Formula | Assumption, ...] = (*self.formulas.values(), *self.assumptions)
        return frozenset(fact for part in asked for fact in part.facts)

    @property
    def authors(self) -> str:
        """The first part of the id, as ``chen-cao-zou-gu``."""
        return self.id.partition("/")[0]

    @property
    def constants(self) -> dict[str, str]:
        """For each formula: "hidden" in the paper, "derived" here, or "explicit" in the statement."""
        return {
            kind: "hidden" if f.relation == "order" else "derived" if f.tag in DERIVED else "explicit"
            for kind, f in self.formulas.items()
        }

    def quantity(self, kind: str, problem: Problem, hidden_constant: float | Magnitude = 1.0, **facts: Any) -> Quantity:
        """A formula of this theorem on a problem.

        Args:
            kind: one of :data:`~howwide.theory.quantities.KINDS`.
            problem: what is known.
            hidden_constant: stands for what the paper hides; the result is then a prediction.
            facts: facts that replace those of the problem, such as ``training_loss=0.1``.

        Raises:
            SettingError: a kind that does not exist, or a hidden constant that is not positive.
        """
        if kind not in KINDS:
            raise SettingError(f"no quantity {kind!r}; there are {', '.join(KINDS)}")
        if not hidden_constant > 0:
            raise SettingError(f"hidden_constant must be positive; got {hidden_constant}")
        if kind not in self.formulas:
            return Quantity(kind, "not_stated", reason="the statement gives none, or it is not known")
        known = replace(problem, **facts) if facts else problem
        return self.formulas[kind].at(kind, known, self.setting.layers(known), hidden_constant)

    def terms(
        self, kind: str, problem: Problem, hidden_constant: float | Magnitude = 1.0, **facts: Any
    ) -> dict[str, Quantity]:
        """The named terms of a formula, a minimum once with each of its branches; their hidden constants are in them.

        The bounds on the test error of Chen et al. name theirs: ``radius``, ``confidence`` and ``eps_ntrf`` for one
        pass of SGD, ``training_loss``, ``spectral`` and ``linear`` (the branches) and ``confidence`` for gradient
        descent.

        Args:
            kind: one of :data:`~howwide.theory.quantities.KINDS`.
            problem: what is known.
            hidden_constant: stands for what the paper hides.
            facts: facts that replace those of the problem.

        Raises:
            SettingError: a hidden constant that is not positive.
        """
        if not hidden_constant > 0:
            raise SettingError(f"hidden_constant must be positive; got {hidden_constant}")
        known = replace(problem, **facts) if facts else problem
        named = self.formulas[kind].terms if kind in self.formulas else {}
        layers = self.setting.layers(known)
        return {name: formula.at(kind, known, layers, hidden_constant) for name, formula in named.items()}

    def width(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Width that suffices."""
        return self.quantity("width", problem, hidden_constant, **facts)

    def step_size(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Step size, in the parametrisation of the setting."""
        return self.quantity("step_size", problem, hidden_constant, **facts)

    def num_steps(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Number of steps after which the guarantee holds."""
        return self.quantity("num_steps", problem, hidden_constant, **facts)

    def training_loss(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Training loss that is reached."""
        return self.quantity("training_loss", problem, hidden_constant, **facts)

    def test_error(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Bound on the probability of a wrong sign; above 1 it is vacuous."""
        return self.quantity("test_error", problem, hidden_constant, **facts)

    def sample_size(self, problem: Problem, hidden_constant: float = 1.0, **facts: Any) -> Quantity:
        """Number of examples that suffices for the target."""
        return self.quantity("sample_size", problem, hidden_constant, **facts)

    def applies(self, problem: Problem) -> str:
        """Why the theorem is not about this problem; empty if nothing that is known speaks against it."""
        return self.setting.mismatch(problem)

    def check(self, problem: Problem) -> tuple[Verdict, ...]:
        """The assumptions, one by one."""
        return tuple(assumption.check(problem) for assumption in self.assumptions)

    def implied_constant(self, kind: str, problem: Problem, value: float) -> float | None:
        """Logarithm (base 10) of the largest hidden constant at which a formula is at most ``value``; None if none is.

        The formula's safe end is meant; for a width it is the largest constant with which that width would be enough.
        """
        if kind not in self.formulas or self.formulas[kind].relation != "order":
            return None

        from scipy.optimize import brentq  # here, so that statements can be listed without SciPy

        def distance(log10_constant: float) -> float:
            log10 = self.quantity(kind, problem, Magnitude(log10_constant)).log10
            return _FAR if log10 is None else max(-_FAR, min(log10 - Magnitude.of(value).log10, _FAR))

        low, high = -_LARGEST_LOG10_CONSTANT, _LARGEST_LOG10_CONSTANT
        if not distance(low) <= 0 <= distance(high):
            return None
        return float(brentq(distance, low, high, xtol=1e-12))

    def judge(self, problem: Problem, hidden_constant: float = 1.0) -> Judgement:
        """Does the theorem hold on this problem at its width?"""
        width, verdicts = self.width(problem, hidden_constant), self.check(problem)
        outcome, why, slack = width_verdict(width, problem.width)
        mismatch = self.applies(problem)
        if mismatch:
            verdict, reason = "not_applicable", mismatch
        else:
            answers = [(v.outcome, f"{v.name}: {v.reason}") for v in verdicts]
            answers += [] if width.status == "not_stated" else [(outcome, why)]
            verdict, reason = worst(answers)
        if verdict == "holds":
            rests = "hidden" in self.constants.values()
        else:  # another value of the constant could turn the width's answer, and nothing else fails
            rests = verdict == "fails" and width.is_prediction and all(v.outcome != "fails" for v in verdicts)
        at_hand = problem.width
        return Judgement(
            verdict,
            reason,
            assumptions=verdicts,
            claims=tuple(claim.check(problem) for claim in self.claims),
            width=width,
            slack_log10=slack,
            constant_log10=None if at_hand is None else self.implied_constant("width", problem, at_hand),
            width_decides=bool(reason) and not mismatch and width.log10 is not None and reason == why,
            rests_on=hidden_constant if rests else None,
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything that can be printed, as plain JSON types."""
        formulas = {
            kind: {"text": f.text, "tag": f.tag, "relation": f.relation, "facts": list(f.facts), "note": f.note}
            for kind, f in self.formulas.items()
        }
        setting = {**self.setting.__dict__, "covers": sorted(self.setting.covers)}
        setting["step_scale"] = setting.pop("scaling").words
        return {
            **self.__dict__,
            "year": self.year,
            "setting": setting,
            "assumptions": [{"name": a.name, "statement": a.statement} for a in self.assumptions],
            "claims": [{"name": a.name, "statement": a.statement} for a in self.claims],
            "formulas": formulas,
            "constants": self.constants,
            "improves_on": list(self.improves_on),
            "gaps": list(self.gaps),
        }


@dataclass(frozen=True, kw_only=True)
class Incomplete:
    """A statement of which too little is known to evaluate it, and what is missing.

    Attributes:
        id: permanent, as of a theorem.
        title: short.
        cites: key in the bibliography.
        says: what is known of it.
        missing: what would make it an entry.
        tag: how that is known.
    """

    id: str
    title: str
    cites: str
    says: str
    missing: str
    tag: str

    @property
    def reference(self) -> bibliography.Reference:
        """The paper."""
        return bibliography.get(self.cites)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {**self.__dict__, "year": self.reference.year}
