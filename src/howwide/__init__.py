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
    from howwide import certify, data, figures, measure, networks, ntrf, statistics, tangent, theorems, training, width
    from howwide.networks import DeepReLU, FixedHeadReLU, layer_signals
    from howwide.training import gradient_descent, minibatch_sgd, one_pass_sgd

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
    if name in _NAMES:
        return getattr(importlib.import_module(f"howwide.{_NAMES[name]}"), name)
    if name in __all__:
        return importlib.import_module(f"howwide.{name}")
    raise AttributeError(f"module 'howwide' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
