"""Trials of a width search on an accelerator: all in one vmapped loop, or one after another.

    python benchmarks/accelerator.py                      # on the accelerator that JAX finds
    JAX_PLATFORMS=cpu python benchmarks/accelerator.py    # the processor beside it

32 trials of 500 steps each (digits, even against odd, n = 1000, 5 matrices, the theory's step size, which spends them
all), compilation not counted.
"""

import jax
from timing import one

import howwide as hw
from howwide.width import WidthStudy
from howwide.width.trial import Trial, run_together, run_trial

N, TRIALS = 1000, 32


def main() -> None:
    """Measure and print."""
    ds = hw.data.load("digits:even/odd")
    [settings] = WidthStudy(n=N, steps=500, step_size="theory", target="loss<=1e-9").trial_settings()
    print(jax.devices()[0].device_kind)
    for width in (16, 64, 256):
        trials = [(ds, settings, N, width, seed) for seed in range(TRIALS)]
        run_trial(*trials[0])
        alone = one(lambda trials=trials: [run_trial(*trial) for trial in trials])
        run_together([Trial.prepared(*trial) for trial in trials])
        together = one(lambda trials=trials: run_together([Trial.prepared(*trial) for trial in trials]))
        print(f"width {width}: {together:.2f} s together, {alone:.2f} s one after another")


if __name__ == "__main__":
    main()
