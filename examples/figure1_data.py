"""All images of cat, dog and ship of CIFAR-10 as one file, as the figure of Chen et al. takes them.

    python examples/figure1_data.py cifar-10-batches-py cifar10_cat_dog_ship.npz

Images are ordered by class and, in a class, by the name of their original file.
"""

import sys
from pathlib import Path

import numpy as np

from howwide.data.pickles import byte_array, read_pickle

CLASSES = (3, 5, 8)
TRAIN, TEST = tuple(f"data_batch_{k}" for k in range(1, 6)), ("test_batch",)


def part(folder: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Images and class numbers of these batches."""
    batches = [read_pickle((folder / name).read_bytes()) for name in names]
    x = np.concatenate([byte_array(batch[b"data"], 3072) for batch in batches])
    y = np.concatenate([batch[b"labels"] for batch in batches]).astype(np.int8)
    files = np.concatenate([batch[b"filenames"] for batch in batches])
    order = [k for k in np.lexsort((files, y)) if y[k] in CLASSES]
    return x[order], y[order]


def main(folder: str, out: str = "cifar10_cat_dog_ship.npz") -> None:
    """Read the batches, and write the file."""
    (x_train, y_train), (x_test, y_test) = (part(Path(folder), names) for names in (TRAIN, TEST))
    np.savez_compressed(out, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    print(f"{out}: {len(y_train)} training and {len(y_test)} test images")


if __name__ == "__main__":
    main(*sys.argv[1:])
