"""A run by a theorem as the result of ``howwide train``."""

from typing import Any

from howwide.checks import check_choice
from howwide.data import Dataset
from howwide.networks import NETWORKS
from howwide.results.train import TrainResult
from howwide.theorems._implement import implement, own_theorem
from howwide.theorems._train import train
from howwide.theory import get
from howwide.training.by_settings import train_result

__all__ = ["stated_settings", "train_by_theorem"]


def stated_settings(
    theorem: str | None,
    *,
    network: str | None,
    depth: int | None,
    algorithm: str | None,
    loss: str | None,
    alpha: float | None,
) -> dict[str, Any]:
    """``theorem``, ``network``, ``depth``, ``algorithm`` and ``loss`` of a run; what is None as the theorem has it.

    Without a theorem it is the one that the network's own step size comes from.

    Raises:
        SettingError: an unknown name, or the theorem is about something else than what was chosen.
    """
    if network is not None:
        check_choice(network, "network", NETWORKS)
    if theorem is None:
        theorem = own_theorem(network or "deep", algorithm or "gd", 0.5 if alpha is None else alpha)
    how = implement(get(theorem), network=network, depth=depth, alpha=alpha, algorithm=algorithm, loss=loss)
    return {
        "theorem": theorem,
        "network": how.network,
        "depth": how.depth,
        "algorithm": how.algorithm,
        "loss": how.loss,
    }


def train_by_theorem(ds: Dataset, theorem: str, **settings: Any) -> TrainResult:
    """Run what a statement prescribes; settings as :func:`howwide.theorems.train` takes them.

    Raises:
        SettingError: as there.
    """
    found = train(ds, get(theorem), **settings)
    run = found.run if found.run is not None else found.online
    assert run is not None
    return train_result(
        ds,
        found.net,
        found.initial,
        run,
        loss=found.implementation.loss,
        promised=found.promised,
        observed=found.observed,
        along=found.along.dropna(axis="columns", how="all"),
        notes=list(found.warnings),
    )
