"""``howwide measure``: what the theorems speak of, on your data."""

from typing import Annotated, Any

import typer

from howwide.cli.options import (
    Alpha,
    Antisymmetric,
    ConstantCoordinate,
    DataSpec,
    Depth,
    Json,
    Network,
    Out,
    Seed,
    Subset,
    check_device,
    output_folder,
    settled_alpha,
    stratified,
)
from howwide.cli.output import Progress, emit, note, table
from howwide.errors import SettingError
from howwide.numbers import format_number, to_json_types
from howwide.results import Document, MeasureResult

__all__ = ["EXAMPLES", "measure"]

EXAMPLES = """\b
Examples:
  howwide measure --data digits:even/odd --n 400 --width 512 --out facts
  howwide measure --data mnist.npz:3/8 --width 512 --depth 3 --parts spectrum,ntrf --radii 4 --tolerance 0.05 --json"""


def measure(
    data: DataSpec,
    width: Annotated[int, typer.Option("--width", help="m, the width of every hidden layer.")],
    n: Annotated[int | None, typer.Option("--n", help="Measure a subset of this size.")] = None,
    depth: Depth = 5,
    network: Network = "deep",
    alpha: Alpha = None,
    parts: Annotated[
        str,
        typer.Option("--parts", help="all, or some of separation, spectrum, margin, infinite, shallow, ntrf, radius."),
    ] = "all",
    radii: Annotated[str, typer.Option("--radii", help="Radii R for eps_NTRF(R).")] = "1,2,4,8,16",
    eps: Annotated[str, typer.Option("--eps", help="Losses for R(eps).")] = "0.3,0.1,0.03,0.01",
    tolerance: Annotated[float, typer.Option("--tolerance", help="Relative gap at which solvers stop.")] = 1e-3,
    antisymmetric: Antisymmetric = False,
    subset: Subset = "stratified",
    constant_coordinate: ConstantCoordinate = None,
    dtype: Annotated[str, typer.Option("--dtype", help="Of the tangent features: float64 or float32.")] = "float64",
    seed: Seed = 0,
    json: Json = False,
    out: Out = None,
) -> None:
    """Separation, margins, kernel spectrum, eps_NTRF(R) and R(eps) of a start, each between its ends."""
    scale = settled_alpha(network, alpha)
    settings = {
        "data": data, "n": n, "width": width, "depth": depth, "network": network, "alpha": scale, "parts": parts,
        "radii": radii, "eps": eps, "tolerance": tolerance, "antisymmetric": antisymmetric, "subset": subset,
        "constant_coordinate": constant_coordinate, "dtype": dtype, "seed": seed,
    }  # fmt: skip
    plain, balls, losses = stratified(subset), _numbers(radii, "--radii"), _numbers(eps, "--eps")

    import jax

    from howwide.data import load
    from howwide.measure import PARTS, as_record, facts
    from howwide.networks.checks import check_count
    from howwide.width import LARGEST_SEED, make_network

    check_count(seed, "seed", most=LARGEST_SEED)
    chosen = PARTS if parts == "all" else tuple(parts.split(","))
    if unknown := [p for p in chosen if p not in PARTS]:
        raise SettingError(f"--parts is all, or some of {', '.join(PARTS)}; got {unknown[0]!r}")
    check_device()
    ds = load(data, constant=constant_coordinate)
    ds = ds if n is None else ds.subset(n, seed=seed, stratified=plain)
    net = make_network(network, width, depth, scale)
    start = net.init(jax.random.fold_in(jax.random.key(seed), 0), ds.d, antisymmetric=antisymmetric)
    with output_folder(out) as folder:
        with Progress(every=0) as progress:
            found = facts(
                net, start, ds.x, ds.y, radii=balls, eps=losses, parts=chosen, tolerance=tolerance, dtype=dtype,
                seed=seed, say=progress.say,
            )  # fmt: skip
        document = Document(
            verb="measure",
            settings=to_json_types(settings),
            data=to_json_types(ds.describe(separation=False)),
            result=MeasureResult.model_validate(to_json_types(as_record(found))),
            warnings=[*ds.notes, *found.notes],
        )
        if folder is not None:  # before printing: a closed pipe must not lose the work
            from howwide.report import save_measurement

            note(f"wrote {save_measurement(folder, document, _spectra(found))}")
        emit(document, _tables(document), as_json=json)


def _numbers(text: str, option: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SettingError(f"{option} takes numbers, one or several separated by commas; got {text!r}") from None


def _spectra(found: Any) -> dict[str, Any]:
    """All eigenvalues of the kernels whose spectra were computed whole."""
    named = {"finite": found.spectrum, "infinite": found.spectrum_infinite}
    return {name: s.eigenvalues for name, s in named.items() if s is not None and s.eigenvalues is not None}


def _pair(pair: Any) -> str:
    return f"rows {pair[0]} and {pair[1]}" if pair else ""


def _short(value: float | None) -> str:
    return format_number(value, 4)


_WORDS = {
    "lambda_min": "lambda_min",
    "lambda_max": "lambda_max",
    "lambda_min_infinite": "lambda_min, infinite width",
    "lambda_max_infinite": "lambda_max, infinite width",
    "margin": "margin gamma (Assumption 4.1)",
    "margin_offset": "margin with initial outputs",
    "margin_per_layer": "margin of per-layer balls",
    "margin_infinite": "margin, infinite width",
    "margin_features": "margin of the last layer",
    "margin_features_infinite": "the same, infinite width",
    "margin_shallow": "sup-norm margin (Ass. 4.3)",
}


def _tables(document: Document) -> list[Any]:
    result = document.result
    assert isinstance(result, MeasureResult)
    tables = []
    rows: list[tuple[str, Any, Any, str]] = []
    if result.separation:
        s = result.separation
        rows += [("separation across labels", s["across"], s["across"], _pair(s["across_pair"]))]
        rows += [("separation, all pairs", s["all"], s["all"], _pair(s["all_pair"]))]
    if result.trace is not None:
        rows.append(("trace", result.trace, result.trace, ""))
    for key, words in _WORDS.items():
        value = getattr(result, key)
        if value is not None:
            level = getattr(value, "level", 1.0)
            rows.append((words, value.lower, value.upper, value.status + (f", level {level:g}" if level < 1 else "")))
    if result.margin_bounds:
        rows.append(("gamma, by lambda_min and y'Ky", result.margin_bounds.lower, result.margin_bounds.upper, ""))
    title = f"{(document.data or {})['name']}; kernels over the squared gradient scale"
    if rows:
        tables.append(
            table(title, ["what", "lower", "upper", "status"], [(a, _short(b), _short(c), d) for a, b, c, d in rows])
        )
    if result.ntrf:
        points = [(p.radius, _short(p.lower), _short(p.upper), p.status) for p in result.ntrf]
        tables.append(table("eps_NTRF(R)", ["R", "lower", "upper", "status"], points))
    if result.radius_for:
        heads = ["eps", "lower", "upper", "status", "network, at most", "status of that"]
        network = {r.eps: (_short(r.upper), r.status) for r in result.network_radius_for}
        both = [
            (r.eps, _short(r.lower), _short(r.upper), r.status, *network.get(r.eps, ("", "left out")))
            for r in result.radius_for
        ]
        tables.append(table("R(eps)", heads, both))
    return tables
