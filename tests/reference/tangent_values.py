"""Make `tangent_values.json`; see README.md for the environment and what the values are.

    python tests/reference/tangent_values.py

Nothing of howwide is used. Libraries are imported late, so that the module can be imported without them.
"""

import json
import sys
import types
from pathlib import Path

import numpy as np

DEPTHS = (2, 3, 4, 5, 6)
TIMES = (0.3, 4.0, 50.0, None)


def rows():
    """Twelve rows: unit ones, an equal pair, an opposite pair, a near pair, and other lengths."""
    rng = np.random.default_rng(20)
    x = rng.standard_normal((12, 5))
    x[:8] /= np.linalg.norm(x[:8], axis=1, keepdims=True)
    x[1], x[3] = x[0], -x[2]
    x[5] = x[4] + 1e-3 * rng.standard_normal(5)
    x[9] = -2.5 * x[8]
    return x


def infinite(stax, x):
    r"""Kernels of both networks from W_std = sqrt 2, no biases, a head of W_std = 1.

    ntk parameters are standard normal, W_l = s_l theta_l with s_l^2 = 2/m in hidden layers and 1/m in the head, so
    their kernel of layer l is s_l^2 K_l: K_l / m is half of theirs in hidden layers, and theirs in the head, where it
    is the nngp kernel. The first layer divides by sqrt(d), so it is given sqrt(d) x.
    """
    found = []
    for depth in DEPTHS:
        hidden = [part for _ in range(depth - 1) for part in (stax.Dense(1, 2**0.5, None), stax.Relu())]
        kernel = stax.serial(*hidden, stax.Dense(1, 1.0, None))[2]
        ntk, nngp = (np.asarray(k, float) for k in kernel(x * np.sqrt(x.shape[1]), None, ("ntk", "nngp")))
        found.append({"depth": depth, "deep": ntk / 2 + nngp / 2, "fixed_head_one_less": ntk / 2 - nngp / 2})
    return found


def finite(nt, stax, x):
    """Kernels of small networks at given weights, layer by layer: standard parameters are the weights themselves."""
    import jax.numpy as jnp

    rng, found = np.random.default_rng(21), []
    for kind, widths in (("deep", (6, 6)), ("fixed_head", (5, 4, 6))):
        fans = zip(widths, (x.shape[1], *widths[:-1]), strict=True)
        weights = [rng.standard_normal(shape) * np.sqrt(2 / shape[0]) for shape in fans]
        half = widths[-1] // 2
        signs = np.concatenate([np.ones(half), -np.ones(half)])
        head = rng.standard_normal(widths[-1]) / np.sqrt(widths[-1]) if kind == "deep" else signs
        scale = np.sqrt(widths[-1]) if kind == "deep" else 1.0  # alpha = 1/2
        parts = [p for m in widths for p in (stax.Dense(m, b_std=None, parameterization="standard"), stax.Relu())]
        apply = stax.serial(*parts, stax.Dense(1, b_std=None, parameterization="standard"))[1]
        matrices = [jnp.asarray(w.T) for w in (*weights, head[None])]

        def output(matrix, inputs, layer, apply=apply, matrices=matrices, scale=scale):
            ws = [matrix if i == layer else w for i, w in enumerate(matrices)]
            params = [p for w in ws for p in ((w, None), ())]
            return scale * apply(params[:-1], inputs)

        layers = []
        for layer in range(len(widths) + (kind == "deep")):
            kernel = nt.empirical_ntk_fn(lambda w, z, layer=layer: output(w, z, layer), vmap_axes=0)
            layers.append(np.asarray(kernel(jnp.asarray(x), None, matrices[layer]), float))
        trained = [*weights, head[None]] if kind == "deep" else weights
        found.append({"kind": kind, "widths": list(widths), "weights": trained, "layers": layers})
    return found


def predictions(nt, deep, x):
    """Square-loss gradient flow of the mean predictor, and ridge: eight rows to learn, four others.

    Where time is infinite neural-tangents gives the targets for the training rows, with ridge too: not kept.
    """
    chosen, others = [0, 2, 4, 6, 7, 8, 10, 11], [1, 3, 5, 9]
    y = np.array([1.0, -1, 1, -1, 1, 1, -1, -1])
    train, test = deep[np.ix_(chosen, chosen)], deep[np.ix_(others, chosen)]
    flow = nt.predict.gradient_descent_mse(train, y[:, None])
    ridge = nt.predict.gradient_descent_mse(train, y[:, None], diag_reg=0.2, diag_reg_absolute_scale=True)
    found = []
    for time in TIMES:
        fits = flow(time, 0.0, 0.0, test)
        found.append({"time": time, "added": 0.0, "train": np.ravel(fits[0]), "test": np.ravel(fits[1])})
    fits = ridge(None, 0.0, 0.0, test)
    found.append({"time": None, "added": 0.2, "train": None, "test": np.ravel(fits[1])})
    return {"depth": 3, "rows": chosen, "others": others, "y": y, "fits": found}


def pairs(mp):
    """Terms of the limit for single pairs, with fifty digits: depth 6, from the angle between the float64 rows."""
    rng, found = np.random.default_rng(22), []
    near = [0.0, *(10.0**-k for k in range(9, 0, -1))]
    for theta in (*near, 0.5, 1.0, np.pi / 2, 2.0, 3.0, *(np.pi - t for t in reversed(near))):
        b, c = np.linalg.qr(rng.standard_normal((4, 2)))[0].T
        x, x2 = b, np.cos(theta) * b + np.sin(theta) * c
        u, v = ([mp.mpf(float(a)) for a in z] for z in (x, -x if theta == np.pi else x2))
        length = mp.sqrt(mp.fdot(u, u) * mp.fdot(v, v))
        rho, terms = mp.fdot(u, v) / length, []
        rho = max(-mp.mpf(1), min(mp.mpf(1), rho))
        for _ in range(5):
            slope = 1 - mp.acos(rho) / mp.pi
            terms = [t * slope for t in (*terms, rho / 2)]
            rho = rho * slope + mp.sqrt(1 - rho * rho) / mp.pi
        values = [float(t * length) for t in (*terms, rho)]
        found.append({"angle": float(theta), "x": x, "x2": [float(a) for a in v], "layers": values})
    return found


def main():
    """Compute everything and write it."""
    sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")  # TensorFlow only
    import jax

    jax.config.update("jax_enable_x64", True)
    import mpmath
    import neural_tangents as nt
    from neural_tangents import stax

    mpmath.mp.dps = 50
    x = rows()
    limits = infinite(stax, x)
    values = {
        "versions": {"neural-tangents": nt.__version__, "jax": jax.__version__, "mpmath": mpmath.__version__},
        "rows": x,
        "infinite": limits,
        "finite": finite(nt, stax, x),
        "predictions": predictions(nt, limits[1]["deep"], x),
        "pairs": pairs(mpmath.mp),
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(values, default=lambda a: a.tolist(), indent=None).replace("], [", "],\n[") + "\n")


if __name__ == "__main__":
    main()
