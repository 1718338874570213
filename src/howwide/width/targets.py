r"""What a trial must reach.

==========================  ============================================================================================
``zero-error``              training error 0 at some step up to T; an output of exactly 0 is an error
``loss<=EPS``               average training loss at most EPS at some step
``loss<=C*eps_ntrf(R)``     the same with EPS = C times the certified upper end of the NTRF error at the trial's start,
                            every layer in a ball of radius R (:func:`howwide.ntrf.loss`); C = 3 is Chen et al.'s 3 eps
``margin>=G``               :math:`\min_i y_i f(x_i) \ge G` at some step
``test-error<=E``           error on the data's test part at most E, at the first step with training error 0 or after
                            T steps, whichever comes first; the true labels of the test part, whatever the training ones
==========================  ============================================================================================
"""

import dataclasses
import math
import re

from howwide.errors import SettingError
from howwide.training import Target, parse_target

__all__ = ["TrialTarget", "parse_trial_target"]

_NTRF = re.compile(r"loss<=(?:(?P<factor>[^*]*)\*)?eps_ntrf\((?P<radius>[^()]*)\)")


@dataclasses.dataclass(frozen=True)
class TrialTarget:
    """A target as read.

    Attributes:
        name: in its standard spelling.
        training: where training stops; the loss of an NTRF target is filled in for each trial.
        factor: C, of an NTRF target.
        radius: R, of an NTRF target.
        test_error: E, the test error that is asked for where training stops.
    """

    name: str
    training: Target
    factor: float | None = None
    radius: float | None = None
    test_error: float | None = None


def parse_trial_target(target: str) -> TrialTarget:
    """Read a target.

    Raises:
        SettingError: it is none of those above, or a number is outside its domain.
    """
    text = str(target).replace(" ", "")
    if match := _NTRF.fullmatch(text):
        factor, radius = _number(match["factor"] or "1"), _number(match["radius"])
        if not (0 < factor < math.inf and 0 <= radius < math.inf):
            raise SettingError(
                f"target {target!r} needs a positive factor and a radius of at least 0, as in loss<=3*eps_ntrf(4)"
            )
        return TrialTarget(f"loss<={factor:g}*eps_ntrf({radius:g})", Target("ntrf"), factor=factor, radius=radius)
    if text.startswith("test-error<="):
        share = _number(text.removeprefix("test-error<="))
        if not 0 <= share < 1:
            raise SettingError(f"the error in target {target!r} must be a number from 0 up to 1, as in test-error<=0.1")
        return TrialTarget(f"test-error<={share:g}", parse_target("zero-error"), test_error=share)
    try:
        training = parse_target(text)
    except SettingError as error:
        raise SettingError(f"{error}; here also loss<=C*eps_ntrf(R) or test-error<=E") from None
    return TrialTarget(training.name, training)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
