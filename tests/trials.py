"""Trials for the tests of thresholds, here or in other processes."""

import time

import numpy as np


def rising(size: int, seed: int) -> bool:
    """Succeeds with probability 1/2 from 9 on by luck of its seed, surely from 12 on, never below 9."""
    return size >= 12 or (size >= 9 and seed % 2 == 0)


def jump(size: int, seed: int) -> dict[str, object]:
    return {"success": np.bool_(size >= 7), "loss": np.float32(1 / size), "unknown": float("nan")}


def noisy(size: int, seed: int) -> dict[str, object]:
    """Prints, and gives truth values that are missing now and then."""
    print("training ...")
    return {"success": size >= 3, "stopped": None if seed % 3 else size > 2, **({"odd": 1} if seed % 2 else {})}


def sleeps(size: int, seed: int) -> bool:
    time.sleep(0.05)
    return size >= 5


def dear(size: int, seed: int) -> dict[str, object]:
    return {"success": size >= 5 + seed % 2, "cost": size**3}


def raises(size: int, seed: int) -> bool:
    if size >= 32:
        raise ValueError(f"no room\nfor {size}")
    return False


def text(size: int, seed: int) -> object:
    return "yes"


def words(size: int, seed: int) -> object:
    return {"success": True, "model": "mlp"}


def twice(size: int, seed: int) -> object:
    return {"success": True, "seed": 3}


def alone(size: int) -> bool:
    return True


constant = 3
