"""The figure of Chen et al. from its packed trials: what the page says is what they say."""

import csv
import importlib
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import matplotlib.pyplot as plt
import numpy as np
import pytest

from howwide.cli import main
from howwide.figures import plot_width_curve
from howwide.sweep import Store, pack, unpack
from howwide.width import WidthStudy

ROOT = Path(__file__).resolve().parent.parent
TABLES, PACKS = ROOT / "docs" / "tables", ROOT / "examples" / "figure-1"
PAIRS = ("cat-dog", "cat-ship")

Load = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Load]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path, str(ROOT / "benchmarks"), str(ROOT / "examples")])
        yield importlib.import_module


def table(name: str, pair: str) -> list[list[str]]:
    with (TABLES / name).open(newline="", encoding="utf-8") as file:
        return [row for row in csv.reader(file) if row[0] == pair]


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A file such as the studies take, of images that a narrow network tells apart."""
    random, labels = np.random.default_rng(0), np.repeat([3, 5, 8], 12)
    pixels = random.integers(0, 100, (36, 12)) + 150 * (labels[:, None] == 3) * (np.arange(12) < 6)
    np.savez(tmp_path / "images.npz", x_train=pixels.astype(np.uint8), y_train=labels)
    return tmp_path / "images.npz"


@pytest.mark.parametrize("pair", PAIRS)
def test_the_tables_of_the_page_are_those_of_the_packed_trials(pair: str, benchmark: Load) -> None:
    figure = benchmark("figure1")
    result = figure.studied(pair)
    assert figure.widths(pair, result) == table("figure-1-widths.csv", pair)
    assert figure.published(pair, result) == table("figure-1-published.csv", pair)
    axes = plot_width_curve(result)
    assert axes.get_ylim()[1] < 400, "ends of a mean of scans that is not known are not drawn"
    plt.close(axes.figure)
    if pair == "cat-dog":  # what the page says of the growth and of the shorter budget
        estimate = (result.curves[1].exponent or {})["estimate"]
        assert estimate == pytest.approx(0.41, abs=0.005)
        [cut] = [p.improving for p in result.points_at() if (p.n, p.steps) == (400, 1000)]
        assert cut == pytest.approx(0.71, abs=0.005)


@pytest.mark.slow
def test_the_tables_of_the_variants_are_those_of_their_packed_trials(benchmark: Load) -> None:
    variants = benchmark("figure1_variants")
    found = variants.packed()
    for name, head, rows in (
        ("variants", variants.DISTANCES_HEAD, variants.distances(found)),
        ("variants-widths", variants.WIDTHS_HEAD, variants.widths(found)),
        ("growth", variants.GROWTH_HEAD, variants.growth(found)),
    ):
        with (TABLES / f"figure-1-{name}.csv").open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == [head, *rows]


def test_an_n_with_a_trial_still_missing_is_left_out(benchmark: Load, tmp_path: Path) -> None:
    """A pack is written again without one trial of n = 200, as if the study had been interrupted."""
    unpack(PACKS / "cat-dog.jsonl.gz", tmp_path / "study")
    store = Store.existing(tmp_path / "study")
    planned, _ = store.planned()
    gone = next(name for name, task in planned.items() if task.arguments["n"] == 200)
    store.path(gone).unlink()
    pack(tmp_path / "study", tmp_path / "packs" / "cat-dog.jsonl.gz")
    left, whole = (benchmark("figure1").finished("cat-dog", packs)[0] for packs in (tmp_path / "packs", PACKS))
    assert set(whole["n"]) - set(left["n"]) == {200}


@pytest.mark.parametrize("pair", PAIRS)
def test_the_example_is_a_study(pair: str, images: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = ROOT / "examples" / f"figure1-{pair}.toml"
    classes = {"cat-dog": "3/5", "cat-ship": "3/8"}[pair]
    arguments = ["width", "--config", str(config), "--data", f"{images}:{classes}", "--n", "10,20", "--dry-run"]
    assert main(arguments) == 0
    assert "Nothing was run" in capsys.readouterr().out


def test_packs_of_another_study_are_one_line(images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "study"
    assert main(["sweep", "unpack", str(PACKS / "cat-dog.jsonl.gz"), str(folder)]) == 0
    capsys.readouterr()
    config = str(ROOT / "examples" / "figure1-cat-dog.toml")
    arguments = ["width", "--config", config, "--data", f"{images}:3/5", "--n", "10", "--accept-versions"]
    assert main([*arguments, "--out", str(folder)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "holds another study" in line


def test_the_largest_n_in_miniature(
    benchmark: Load, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large = benchmark("figure1_large")
    arguments = ["large", "--data", str(images), "--n", "20", "--widths", "2,4", "--seeds", "2", "--pairs", "cat-dog"]
    for more in (["--dry-run"], []):
        monkeypatch.setattr(sys, "argv", [*arguments, "--out", str(tmp_path / "out"), "--packs", str(tmp_path), *more])
        large.main()
        said = capsys.readouterr().out
        assert "cat-dog, n = 20: 4 trials at widths 2, 4; at most" in said
        assert (tmp_path / "out").exists() == (not more)
    assert "cat-dog, 20, 5000, 4, " in said
    assert unpack(tmp_path / "cat-dog-large.jsonl.gz", tmp_path / "again").trials == 4


def test_the_file_of_images_is_made_of_the_batches(benchmark: Load, tmp_path: Path) -> None:
    """Six batches of ten images, whose first pixel is their number; their files are named in another order."""
    random, number = np.random.default_rng(0), 0
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        data = np.zeros((10, 3072), np.uint8)
        data[:, 0] = range(number, number + 10)
        labels = [int(label) for label in random.integers(0, 10, 10)]
        files = [f"{random.integers(10**6)}_{number + k}.png".encode() for k in range(10)]
        batch = {b"data": data, b"labels": labels, b"filenames": files}
        (tmp_path / name).write_bytes(pickle.dumps(batch, protocol=2))
        number += 10
    benchmark("figure1_data").main(str(tmp_path), str(tmp_path / "images.npz"))
    with np.load(tmp_path / "images.npz") as made:
        assert list(made["y_train"]) == sorted(made["y_train"])
        assert set(made["y_train"]) <= {3, 5, 8}
        expected = []
        for k in range(1, 6):
            batch = pickle.loads((tmp_path / f"data_batch_{k}").read_bytes(), encoding="bytes")
            rows = zip(batch[b"labels"], batch[b"filenames"], batch[b"data"][:, 0], strict=True)
            expected += [row for row in rows if row[0] in (3, 5, 8)]
        assert list(made["x_train"][:, 0]) == [pixel for _, _, pixel in sorted(expected)]
        assert made["x_test"].shape[1] == 3072


def test_fixed_trials_are_64_a_point_and_take_less_than_nine_minutes(benchmark: Load) -> None:
    """The estimate of the script itself; by hand for one point: 4 n d m and 18 n m^2 flops a step, 15,000 steps."""
    large = benchmark("figure1_large")
    [settings] = WidthStudy(n=4000, steps=(1000, 5000)).trial_settings()
    assert large.flops_at_most(settings, 4000, 3072, [16], 8) == 8 * 15_000 * (4 * 4000 * 3072 * 16 + 18 * 4000 * 16**2)
    total = 0.0
    for pair in PAIRS:
        for n in (4000, 10_000):
            chosen = large.fixed_widths(pair, n)
            assert len(chosen) == 8
            total += large.flops_at_most(settings, n, 3072, chosen, 8)
    assert total / large.RATE < 540
