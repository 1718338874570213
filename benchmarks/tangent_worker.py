"""Neural-tangents in an environment of its own: answers each line of input with the seconds of one Gram.

Run by ``tangent.py`` with the Python of ``.venv-neural-tangents`` (Python 3.11, JAX 0.4.25, neural-tangents 0.6.5;
newer JAX cannot import it). Input: the name of an implementation. Output: one JSON line.
"""

import json
import sys
import time
import types

import jax

# its experimental part wants TensorFlow, and nothing here wants that part
sys.modules["neural_tangents.experimental"] = types.ModuleType("experimental")
import neural_tangents as nt  # noqa: E402
from neural_tangents import stax  # noqa: E402


def main() -> None:
    """Build the network named on the command line, then answer until the input ends."""
    n, d, m, depth = (int(a) for a in sys.argv[1:5])
    layers = []
    for _ in range(depth - 1):
        layers += [stax.Dense(m, parameterization="standard"), stax.Relu()]
    start, apply, _ = stax.serial(*layers, stax.Dense(1, parameterization="standard"))
    key, other = jax.random.split(jax.random.PRNGKey(0))
    x = jax.random.normal(key, (n, d))
    x /= jax.numpy.linalg.norm(x, axis=1, keepdims=True)
    _, weights = start(other, x.shape)
    kernels: dict = {}
    for line in sys.stdin:
        name = line.strip()
        if name not in kernels:
            mode, _, vmap = name.partition(" ")  # vmap_axes=0 says that examples do not interact; it is not the default
            kernels[name] = jax.jit(
                nt.empirical_ntk_fn(
                    apply,
                    trace_axes=(-1,),
                    vmap_axes=0 if vmap else None,
                    implementation=getattr(nt.NtkImplementation, mode),
                )
            )
        began = time.perf_counter()
        try:
            kernels[name](x, None, weights).block_until_ready()
            answer = {"seconds": time.perf_counter() - began}
        except Exception as error:  # its implementations fail in ways of their own: the table says how
            answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:80]}"}
        print(json.dumps(answer), flush=True)


main()
