"""How many channels does a small convolutional network need to learn 100 handwritten digits by heart? Needs PyTorch.

howwide threshold --trial examples.torch_cnn:trial --sizes 1:64 --unit channels
"""

import functools

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

EXAMPLES, STEPS, STEP_SIZE = 100, 60, 0.02


@functools.cache
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Images of one channel and 8 by 8 pixels from 0 to 1, and their digits."""
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images / 16.0, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels)


def trial(size: int, seed: int) -> dict[str, object]:
    """Train two convolutions of ``size`` channels: success is no mistake on a random subset, the rest is tested."""
    images, labels = digits()
    order = torch.tensor(np.random.default_rng(seed).permutation(len(labels)))
    train, test = order[:EXAMPLES], order[EXAMPLES:]
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(1, size, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(size, size, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * size, 10),
    )
    optimiser = torch.optim.Adam(network.parameters(), STEP_SIZE)
    for _ in range(STEPS):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(images[train]), labels[train]).backward()
        optimiser.step()
    with torch.no_grad():
        mistakes = network(images).argmax(dim=1) != labels
    return {"success": not mistakes[train].any(), "test_error": mistakes[test].float().mean()}
