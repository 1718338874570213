"""A kind of certificate: to which runs it belongs, what it needs beside them, and how it is issued.

Every file of :mod:`howwide.certify.certificates` ends in its ``KIND``, and the list there registers it. The procedure
asks each kind whether it supports a declared run, before anything is trained, and issues those that do; it knows none
of them by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from howwide.certify.certificate import Certificate, ExamplesOf
from howwide.certify.procedure.plan import Algorithm
from howwide.certify.procedure.train import DeclaredRun, TrainedRun

__all__ = ["Kind", "Need"]


@dataclass(frozen=True)
class Need:
    """Something beside the run that a certificate needs.

    Attributes:
        met: whether a declared run has it.
        otherwise: the reason why the certificate is not available without it, one clause.
    """

    met: Callable[[DeclaredRun], bool]
    otherwise: str


@dataclass(frozen=True)
class Kind:
    """A kind of certificate.

    Attributes:
        name: the ``name`` of its certificates.
        algorithms: whose runs it certifies.
        issue: the certificate of a trained run that did not diverge, with this failure probability.
        needs: what it needs beside the run; known before the run starts.
        examples: on which examples it rests: those ``drawn`` for training, or those ``kept aside``.
    """

    name: str
    algorithms: tuple[Algorithm, ...]
    issue: Callable[[TrainedRun, float], Certificate]
    needs: tuple[Need, ...] = ()
    examples: ExamplesOf = "drawn"

    def supports(self, run: DeclaredRun) -> tuple[str, ...]:
        """The reasons why it is not available for ``run``, a clause each; none where it is."""
        own = run.plan.algorithm in self.algorithms
        algorithm = () if own else (f"it certifies runs of {' and '.join(self.algorithms)}",)
        return (*algorithm, *(need.otherwise for need in self.needs if not need.met(run)))
