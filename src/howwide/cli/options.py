"""Options that several verbs share, with one text each, and how their values are read."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from howwide.cli.interruption import keep_in, on_leaving
from howwide.errors import OutputError, SettingError

__all__ = [
    "Alpha",
    "Antisymmetric",
    "ConstantCoordinate",
    "DataSpec",
    "Depth",
    "DryRun",
    "HiddenConstant",
    "Json",
    "Loss",
    "MaxSeconds",
    "Network",
    "Out",
    "Seed",
    "StepSize",
    "Steps",
    "Subset",
    "check_device",
    "output_folder",
    "read_numbers",
    "read_sizes",
    "settings_of",
    "settled_alpha",
    "stratified",
]

Number = TypeVar("Number", int, float)

DataSpec = Annotated[
    str, typer.Option("--data", help="Data SPEC: digits:even/odd, xor:dim=20,n=2000, file.npz:3/8, ...; see data list.")
]
ConstantCoordinate = Annotated[
    float | None,
    typer.Option("--constant-coordinate", help="Append a constant coordinate in (0, 1), as Zou et al. do."),
]
Network = Annotated[
    str, typer.Option("--network", help="deep (Chen et al., all layers trained) or fixed-head (Zou et al.).")
]
Depth = Annotated[int, typer.Option("--depth", help="L: weight matrices of deep, hidden layers of fixed-head.")]
Alpha = Annotated[float | None, typer.Option("--alpha", help="Output scale width^alpha of deep, in (0, 1/2]; 0.5.")]
Antisymmetric = Annotated[bool, typer.Option("--antisymmetric", help="Start with f = 0 (even widths only).")]
StepSize = Annotated[
    str,
    typer.Option(
        "--step-size",
        help="A number, curvature, explicit, theory, ladder, or a paper, as in the docs.",
    ),
]
HiddenConstant = Annotated[
    float, typer.Option("--hidden-constant", help="The constant that the paper's step size hides.")
]
Loss = Annotated[str, typer.Option("--loss", help="logistic, or square: half the squared distance.")]
Steps = Annotated[int, typer.Option("--steps", help="Budget of gradient steps.")]
Subset = Annotated[str, typer.Option("--subset", help="stratified (keeps the share of positives) or random.")]
Seed = Annotated[int, typer.Option("--seed", help="Changes subsets and starts.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it may cost, and run nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
MaxSeconds = Annotated[float | None, typer.Option("--max-seconds", help="End after so long, with what is known then.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for results, figures and report.html.")]


def settings_of(context: typer.Context, *aside: str) -> dict[str, Any]:
    """The options of a verb by name, in the order of its help; without those ``aside``, and where its answer goes."""
    names = [str(parameter.name) for parameter in context.command.params]
    return {name: context.params[name] for name in names if name not in (*aside, "json", "out", "help")}


def read_numbers(text: str, option: str) -> list[float]:
    """Numbers from ``0.1`` or ``0.1,0.3,1``.

    Raises:
        SettingError: it is something else.
    """
    return _read(text, option, float, "numbers")


def read_sizes(text: str, option: str = "--n") -> list[int]:
    """Whole numbers from ``100`` or ``100,200,500``.

    Raises:
        SettingError: it is something else.
    """
    return _read(text, option, int, "whole numbers")


def _read(text: str, option: str, kind: Callable[[str], Number], words: str) -> list[Number]:
    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(f"{option} takes {words}, one or several separated by commas; got {text!r}") from None


def settled_alpha(network: str, alpha: float | None) -> float | None:
    """The output scale of a network: what was given, or its default; None for fixed-head, which has none.

    Raises:
        SettingError: it was given all the same.
    """
    if network != "fixed-head":
        return 0.5 if alpha is None else alpha
    if alpha is not None:
        raise SettingError("--alpha contradicts --network fixed-head, which has no output scale; leave it out")
    return None


def stratified(subset: str) -> bool:
    """Whether ``--subset`` asks for stratified subsets.

    Raises:
        SettingError: another word.
    """
    if subset not in ("stratified", "random"):
        raise SettingError(f"--subset is stratified or random; got {subset!r}")
    return subset == "stratified"


@contextlib.contextmanager
def output_folder(out: Path | None, *, trials: bool = False) -> Iterator[Path | None]:
    """Make the output folder, and see that it can be written, before anything is computed.

    A folder made here goes again if what follows fails and leaves nothing in it. With ``trials`` the verb stores each
    finished trial at once, which an interruption then says.

    Raises:
        OutputError: it cannot be made or written.
    """
    keep_in(out, trials=trials)
    if out is None:
        yield None
        return
    made = not out.exists()
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".howwide-writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"cannot write to {out}: {error.strerror or error}. Choose another folder with --out"
        ) from None

    def remove_if_empty() -> None:
        if made and out.exists() and not any(out.iterdir()):
            out.rmdir()

    on_leaving(remove_if_empty)
    try:
        yield out
    except BaseException:
        remove_if_empty()
        raise


def check_device() -> None:
    """See that JAX has a device to compute on, before anything is computed.

    Raises:
        SettingError: it has none, as when JAX_PLATFORMS names one that is not there.
    """
    import jax

    try:
        jax.devices()
    except Exception as error:  # RuntimeError, or for some names an AssertionError without a word
        asked, reason = os.environ.get("JAX_PLATFORMS"), (str(error).splitlines() or [type(error).__name__])[0]
        if asked:
            raise SettingError(
                f"JAX_PLATFORMS is {asked!r}, and JAX has no such device here ({reason}). Unset it, set it to cpu, or "
                "install the JAX that belongs to the device"
            ) from None
        raise SettingError(f"JAX finds no device to compute on ({reason}). Set JAX_PLATFORMS to cpu") from None
