"""Any surroundings: text that looks like markup, poor terminals, a user's Matplotlib, missing devices."""

import io
import os
import subprocess
import sys
import time
from pathlib import Path

import jax
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from commands import RUN, program
from howwide.cli import main
from howwide.cli.output import Progress, settle_streams
from howwide.figures import plot_ntrf, plot_training
from howwide.figures.style import style, to_svg
from howwide.measure import MeasureResult
from howwide.views.terminal import shown

HOSTILE = ["[bold]", "[/x]", "[link=a]b[/link]", ":smile:", "\\[x]", "{{ 7 * 7 }}", "<b>&", "%s", "$x^2$", "é λ"]


def table(folder: Path, one: str, other: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(f'a,b,label\n1,2,"{one}"\n2,1,"{other}"\n3,1,"{one}"\n4,1,"{other}"\n', encoding="utf-8")
    return path


def complaints(err: str) -> list[str]:
    """The lines of stderr beside the notes on how a file was read."""
    return [line for line in err.splitlines() if not line.startswith("warning: ")]


# ----------------------------------------------------------------------------------------------------- never as markup


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_shown_as_they_are(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", str(table(tmp_path, text, "other"))]) == 0
    captured = capsys.readouterr()
    assert text in captured.out
    assert not complaints(captured.err)


@pytest.mark.parametrize("name", ["t[red].csv", "[-x].csv", ":boom:.csv"])
def test_names_of_files_are_shown_as_they_are(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", str(table(tmp_path, "0", "1", name))]) == 0
    assert name in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize("name", ["no[/x]such.csv", "no[red]such.npz", "nosuch[/]"])
def test_errors_are_shown_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert name in captured.err


@pytest.mark.parametrize("text", HOSTILE)
def test_progress_on_a_terminal_takes_any_text(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Progress() as progress:
        progress.say(text)


def test_a_state_that_lasts_is_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(every=0.0, repeat=0.02) as progress:
        progress.say("solving")
        give_up = time.monotonic() + 20
        while "for" not in (shown := capsys.readouterr().err) and time.monotonic() < give_up:
            time.sleep(0.02)
    assert "solving (for 0 s)\n" in shown


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", str(table(tmp_path, "x\033[31m", "a\u202eb"))]) == 0
    found = capsys.readouterr().out
    assert "\\x1b[31m" in found
    assert "\033" not in found
    assert "\\u202e" in found


# ------------------------------------------------------------------------------------------------------ any terminal


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    "verb",
    [
        ["theorems", "list"],
        ["theorems", "lineage"],
        ["theorems", "show", "zou-gu/neurips2019/thm-gd"],
        ["theorems", "show", "chen-cao-zou-gu/iclr2021/thm-3.3"],
        ["data", "list"],
        ["width", "--help"],
        ["data", "show", "HOSTILE"],
    ],
    ids=" ".join,
)
def test_verbs_print_on_terminals_of_few_letters(
    verb: list[str], encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    path = table(tmp_path, "é λ", "[/x] –", "日本.csv")
    assert main([str(path) if word == "HOSTILE" else word for word in verb]) == 0
    out.flush()
    assert out.buffer.getvalue().decode(encoding).strip()  # type: ignore[attr-defined]
    err.flush()
    assert not complaints(err.buffer.getvalue().decode(encoding))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("m ≥ C k n⁸L¹²φₐ⁻⁴", "m >= C k n^8L^12phi_a^-4"),
        ("Ω(λ₀²), ‖x‖ ≤ ε", "Omega(lambda_0^2), ||x|| <= epsilon"),
        ("– … ∞ ½ √n", "- ... inf 1/2 sqrt n"),
        ("é 日", "\\xe9 \\u65e5"),
    ],
)
def test_letters_are_spelled(text: str, spelled: str) -> None:
    assert text.encode("ascii", "howwide.spelled").decode() == spelled


def test_a_closed_stderr_leaves_stdout_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    settle_streams()
    assert sys.stderr is not None
    assert sys.stderr.name == os.devnull
    sys.stderr.close()
    assert shown("\udcff") == "\\udcff"


def test_a_reader_that_has_seen_enough_hears_no_complaint() -> None:
    run = subprocess.run(
        f'"{sys.executable}" -c "{RUN}" theorems list | head -1',
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    assert run.stdout.count("\n") == 1


def test_the_list_of_theorems_loads_no_numerical_library() -> None:
    heavy = ["jax", "scipy", "pandas", "matplotlib", "sklearn"]
    script = "import sys; from howwide.cli import main; main(['theorems', 'list'])\n"
    script += f"print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


# -------------------------------------------------------------------------------------------------- figures of our own


SETTINGS = {
    "text.usetex": True,
    "font.family": "serif",
    "mathtext.fontset": "stix",
    "axes.grid": False,
    "savefig.dpi": 7,
    "axes.prop_cycle": mpl.cycler(color=["r"]),
    "svg.fonttype": "none",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_the_users_settings_change_no_figure_and_come_back(name: str) -> None:
    steps = np.arange(3)
    history = pd.DataFrame({"step": steps, "loss": steps + 1.0, "error": steps / 3})
    plain = to_svg(plot_training(history), "x")
    with mpl.rc_context({name: SETTINGS[name]}):
        before = dict(mpl.rcParams)
        assert to_svg(plot_training(history), "x") == plain
        assert dict(mpl.rcParams) == before


def test_axes_of_the_user_are_drawn_into_under_any_settings() -> None:
    ends = [{"radius": r, "lower": 0.2 / r, "upper": 0.3 / r, "status": "converged", "steps": 1} for r in (1.0, 2.0)]
    points = MeasureResult(ntrf=ends, seconds={})
    with mpl.rc_context({"text.usetex": True}):
        ax = Figure().add_subplot()
        assert plot_ntrf(points, ax=ax) is ax
        assert not ax.get_legend().get_texts()[0].get_usetex()
        assert mpl.rcParams["text.usetex"]
        with pytest.raises(ZeroDivisionError), style():
            raise ZeroDivisionError
        assert mpl.rcParams["text.usetex"]


def test_a_backend_that_does_not_exist(tmp_path: Path) -> None:
    script = "from howwide.figures import plot_training; from howwide.figures.style import to_svg\n"
    script += "import pandas as pd\n"
    script += "print(to_svg(plot_training(pd.DataFrame({'step': [0], 'loss': [1.0], 'error': [0.5]})), 'x')[:4])"
    environment = {**os.environ, "MPLBACKEND": "nosuch"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment)
    assert (run.stdout, run.returncode) == ("<svg\n", 0), run.stderr


# ----------------------------------------------------------------------------------------------- devices and settings


NEEDS_A_DEVICE = [
    ["train", "--width", "4"],
    ["width", "--n", "4"],
    ["width", "--n", "4", "--dry-run"],
    ["measure", "--width", "4"],
    ["measure", "--width", "4", "--dry-run"],
    ["iterations", "--width", "4"],
    ["certify"],
    ["theorems", "compare"],
]


@pytest.mark.parametrize("verb", NEEDS_A_DEVICE, ids=" ".join)
@pytest.mark.parametrize("error", [RuntimeError("Unable to initialize backend 'x'.\nmore"), AssertionError()])
def test_a_missing_device_is_one_line(
    verb: list[str],
    error: Exception,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def devices() -> None:
        raise error

    monkeypatch.setattr(jax, "devices", devices)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    data = str(table(tmp_path, "0", "1"))
    out = ["--out", str(tmp_path / "out")]
    assert main([*verb, "--data", data, *out]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "JAX_PLATFORMS is 'cuda'" in captured.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("platform", ["cuda", "nosuch"])
def test_a_missing_device_in_a_real_process(platform: str, tmp_path: Path) -> None:
    environment = {**os.environ, "JAX_PLATFORMS": platform}
    data = str(table(tmp_path, "0", "1"))
    for verb, code in ((["train", "--width", "4", "--data", data], 2), (["data", "show", data], 0)):
        run = program(*verb, env=environment)
        assert (run.returncode, len(complaints(run.stderr))) == (code, 1 if code else 0), run.stderr


BEYOND = [
    ["train", "--width", "4", "--n", "9"],
    ["width", "--n", "2,9"],
    ["width", "--n", "2,9", "--dry-run"],
    ["measure", "--width", "4", "--n", "9"],
    ["certify", "--n", "9"],
    ["certify", "--n", "2,9", "--dry-run"],
    ["certify", "--n", "2,9"],
    ["theorems", "compare", "--n", "2,9"],
    ["theorems", "compare", "--n", "9"],
    ["theorems", "compare", "--n", "9", "--dry-run"],
    ["data", "show", "--n", "9"],
]


@pytest.mark.parametrize("verb", BEYOND, ids=" ".join)
def test_more_than_the_data_is_refused_before_anything_is_drawn(
    verb: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def drawn(*_: object, **__: object) -> None:
        raise AssertionError("a network was started")

    monkeypatch.setattr("howwide.networks.deep_relu.gaussian_hidden_layers", drawn)
    monkeypatch.setattr("howwide.theorems.facts._measure.facts", drawn)
    data = str(table(tmp_path, "0", "1"))
    assert main([*verb, data] if verb[0] == "data" else [*verb, "--data", data]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "9" in captured.err


@pytest.mark.parametrize("text", ["data = 'digits:even/odd'\nn = 50\n", "# ü\ndata = 'digits:even/odd'\nn = [50]\n"])
def test_a_byte_order_mark_is_no_text(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from howwide.width.config import read_config

    path = tmp_path / "b.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_config(path)["data"] == "digits:even/odd"
