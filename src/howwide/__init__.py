"""How wide is wide enough? The theory of over-parameterized deep ReLU networks, made runnable.

    import howwide as hw

    ds = hw.data.load("digits:even/odd")
    curve = hw.width.search(ds, depth=5, n=[100, 200, 400], target="zero-error", steps=2000)
    print(curve.table)

Parts are imported when they are first used, so that ``import howwide`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from howwide import certify as certify
    from howwide import data as data
    from howwide import figures as figures
    from howwide import measure as measure
    from howwide import networks as networks
    from howwide import ntrf as ntrf
    from howwide import statistics as statistics
    from howwide import tangent as tangent
    from howwide import theorems as theorems
    from howwide import training as training
    from howwide import width as width
    from howwide.networks import DeepReLU as DeepReLU
    from howwide.networks import FixedHeadReLU as FixedHeadReLU
    from howwide.networks import layer_signals as layer_signals
    from howwide.training import gradient_descent as gradient_descent
    from howwide.training import minibatch_sgd as minibatch_sgd
    from howwide.training import one_pass_sgd as one_pass_sgd

_PARTS = (
    "certify",
    "data",
    "figures",
    "measure",
    "networks",
    "ntrf",
    "statistics",
    "tangent",
    "theorems",
    "training",
    "width",
)
_NAMES = {
    "DeepReLU": "networks",
    "FixedHeadReLU": "networks",
    "layer_signals": "networks",
    "gradient_descent": "training",
    "minibatch_sgd": "training",
    "one_pass_sgd": "training",
}

__all__ = [
    "DeepReLU",
    "FixedHeadReLU",
    "certify",
    "data",
    "figures",
    "gradient_descent",
    "layer_signals",
    "measure",
    "minibatch_sgd",
    "networks",
    "ntrf",
    "one_pass_sgd",
    "statistics",
    "tangent",
    "theorems",
    "training",
    "width",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("howwide")
    if name in _PARTS:
        return importlib.import_module(f"howwide.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(f"howwide.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'howwide' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
