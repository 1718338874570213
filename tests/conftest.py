"""What every test may use. Loaded before any test module, so the settings precede the first import of a library."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from howwide.data import Dataset

ROOT = Path(__file__).resolve().parent.parent

os.environ["MPLBACKEND"] = "Agg"  # no screen
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # on a GPU: leave memory to the peers

# What one process of a run has compiled, test processes and commands alike, the others read: compiling is most of the
# time that the tests take. The folder lives as long as the run.
COMPILED = None
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    COMPILED = tempfile.mkdtemp(prefix="howwide-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = COMPILED
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads of several processes would wait for each other


def pytest_unconfigure() -> None:
    if COMPILED:
        shutil.rmtree(COMPILED, ignore_errors=True)


@pytest.fixture
def x64() -> Iterator[None]:
    """JAX computes in float64 inside this test; nowhere is the global flag set."""
    import jax

    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def digits() -> "Dataset":
    """Even against odd digits, all of them."""
    import cases

    return cases.digits()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; a test that asks for it skips where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real data sets in shared/data beside the checkout")
    return folder
