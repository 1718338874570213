"""The options that say where trials run: the engine, its workers, and what else it takes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from howwide.errors import SettingError
from howwide.sweep.engines import ENGINES, make_engine, options_of

if TYPE_CHECKING:
    from howwide.sweep import Engine

__all__ = ["EngineName", "EngineOptions", "Scheduler", "Workers", "engine_of"]

EngineName = Annotated[str, typer.Option("--engine", help=f"Where trials run: {', '.join(ENGINES)}.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="How many; one a core by default.")]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Of engine dask: tcp://HOST:8786; a local cluster by default.")
]
EngineOptions = Annotated[
    list[str] | None,
    typer.Option("--engine-option", metavar="NAME=VALUE", help="Of the engine, as in the docs; again for more."),
]


def engine_of(
    name: str,
    workers: int | None,
    scheduler: str | None = None,
    given: list[str] | None = None,
    *,
    out: Path | None = None,
) -> "Engine":
    """The engine that the options ask for.

    Raises:
        SettingError: there is none of that name, it has no such option, or it needs ``--out``.
    """
    known = options_of(name)
    options: dict[str, Any] = {} if scheduler is None else {"scheduler": scheduler}
    for text in given or []:
        option, equals, value = text.partition("=")
        if not equals:
            raise SettingError(f"--engine-option takes NAME=VALUE; got {text!r}")
        options[option] = _read(option, value, known.get(option))
    if name == "slurm" and out is None:
        raise SettingError("--engine slurm needs --out DIR, a folder that the nodes of the cluster see")
    if workers is None:
        from howwide.width.cost import default_workers

        workers = default_workers() if name in ("threads", "processes") else 0
    return make_engine(name, workers, **options)


def _read(option: str, value: str, default: object) -> object:
    """The value as the option's default has it."""
    if isinstance(default, bool):
        if value not in ("yes", "no"):
            raise SettingError(f"--engine-option {option} is yes or no; got {value!r}")
        return value == "yes"
    if isinstance(default, (int, float)):
        try:
            return type(default)(value)
        except ValueError:
            kind = "a whole number" if isinstance(default, int) else "a number"
            raise SettingError(f"--engine-option {option} is {kind}; got {value!r}") from None
    return value
