"""The step size and the number of steps of a run: the theorem's, in the library's weights and within a budget."""

import math

from howwide.errors import SettingError
from howwide.networks.protocol import Network
from howwide.theorems.outcomes import finite_number
from howwide.theorems.prescription import Prescription
from howwide.theorems.realisation import Realisation
from howwide.training import StepSize

__all__ = ["steps_within", "theorem_step_size"]


def theorem_step_size(prescription: Prescription, how: Realisation, net: Network, width: int, n: int) -> StepSize:
    """The theorem's step size for ``net``.

    Raises:
        SettingError: it is not known on these data, or not positive and finite.
    """
    stated = prescription.quantities["step_size"]
    value = stated.value and stated.value * how.step_factor(width, n)
    if value is None or not 0 < value < math.inf:
        why = stated.reason or f"it is {value}"
        raise SettingError(
            f"{prescription.theorem.id} has no usable step size on these data: {why}; use another theorem, another "
            "--target-loss, or --step-size with a number"
        )
    return StepSize(prescription.theorem.id, value, value / net.default_step_size(1.0))


def steps_within(prescription: Prescription, most: int, warnings: list[str]) -> int:
    """The theorem's number of steps, ``most`` at most; a word goes to ``warnings`` where it was cut off."""
    asked = prescription.quantities["num_steps"]
    if asked.status == "zero":
        return 0
    needed = prescription.problem.num_steps if asked.value is None else asked.value
    if needed is None:
        why = f": {asked.reason}" if asked.reason else ""
        warnings.append(f"the theorem's number of steps is not known{why}; {most} were allowed (--max-steps)")
        return most
    number = finite_number(needed)
    if number is not None and number <= most:
        return math.ceil(number)
    text = "infinitely many" if number is None else f"{number:.0f}" if number < 1e9 else f"10^{math.log10(number):.1f}"
    warnings.append(
        f"the theorem asks for {text} steps; the run was stopped at {most} (--max-steps), so its promise of a training "
        "loss is not due yet"
    )
    return most
