"""What the theorems say: numbers in, numbers out; no arrays, no network.

A :class:`Problem` holds what is known of a learning problem. A :class:`Theorem` is one statement of one version of one
paper; its methods (:meth:`~Theorem.width`, :meth:`~Theorem.step_size`, :meth:`~Theorem.num_steps`,
:meth:`~Theorem.test_error`, ...) return a :class:`Quantity`: the logarithm of a number, how it is known, and the names
of the facts that are missing if it cannot be had. :meth:`Theorem.judge` says whether it holds at a width.

>>> from howwide import theory
>>> chen = theory.get("chen-cao-zou-gu/iclr2021/thm-3.3+prop-4.2")
>>> facts = theory.Problem(n=1000, depth=5, margin=theory.Interval(0.05, 0.06), target_loss=0.1, width=1000)
>>> round(chen.width(facts).log10, 1), chen.width(facts).is_prediction
(25.8, True)
>>> chen.judge(facts).verdict, round(chen.judge(facts).constant_log10, 1)
('fails', -22.8)

Constants that a paper hides are the parameter ``hidden_constant``, 1 unless given; what was computed with one is a
prediction, never a certificate. :attr:`Judgement.guaranteed` is true only of what was checked in full. How to add a
statement is described in :mod:`howwide.theory.papers`.
"""

from howwide.theory.assumptions import Assumption, Verdict
from howwide.theory.claims import POLYLOGARITHMIC_WIDTH
from howwide.theory.judgement import Judgement
from howwide.theory.lemmas import LEMMAS, Lemma, get_lemma
from howwide.theory.memorisation import Memorisation
from howwide.theory.problem import ALGORITHMS, NETWORKS, Interval, Problem
from howwide.theory.quantities import KINDS, STATUSES, TAGS, Formula, Quantity
from howwide.theory.registry import all_memorisation, all_theorems, error_bound_of, get, incomplete, lineage, run_of
from howwide.theory.settings import Scaling, Setting
from howwide.theory.statements import Incomplete, Theorem
from howwide.theory.symbols import SYMBOLS, Symbol

__all__ = [
    "ALGORITHMS",
    "KINDS",
    "LEMMAS",
    "NETWORKS",
    "POLYLOGARITHMIC_WIDTH",
    "STATUSES",
    "SYMBOLS",
    "TAGS",
    "Assumption",
    "Formula",
    "Incomplete",
    "Interval",
    "Judgement",
    "Lemma",
    "Memorisation",
    "Problem",
    "Quantity",
    "Scaling",
    "Setting",
    "Symbol",
    "Theorem",
    "Verdict",
    "all_memorisation",
    "all_theorems",
    "error_bound_of",
    "get",
    "get_lemma",
    "incomplete",
    "lineage",
    "run_of",
]
