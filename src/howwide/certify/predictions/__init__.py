"""What theorems say of a run: numbers with hidden constants, which certify nothing."""

from howwide.certify.certificate import Prediction
from howwide.certify.predictions import gradient_descent, one_pass
from howwide.certify.procedure.train import TrainedRun

__all__ = ["predict"]

_BY_ALGORITHM = {"sgd": one_pass.predict, "gd": gradient_descent.predict}


def predict(run: TrainedRun) -> tuple[Prediction, ...]:
    """What the theorems of Chen et al. say of one run; nothing of another network, or of a run that diverged."""
    return _BY_ALGORITHM[run.plan.algorithm](run) if run.plan.network == "deep" and run.sound else ()
