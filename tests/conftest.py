"""What every test may use. Loaded before any test module, so the settings precede the first import of a library."""

import os
from collections.abc import Iterator
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"  # no screen
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # on a GPU: leave memory to the peers

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def x64() -> Iterator[None]:
    """JAX computes in float64 inside this test; nowhere is the global flag set."""
    import jax

    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data sets beside the checkout; a test that asks for it skips where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real data sets in shared/data beside the checkout")
    return folder
