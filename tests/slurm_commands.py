"""Commands that do as those of Slurm, on this machine: every element that asks for a GPU sees one of its own."""

import sys
from pathlib import Path

__all__ = ["write"]

_SBATCH = """#!{python}
import os, pathlib, re, subprocess, sys

text, folder = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path({folder!r})
number = str(len(list(folder.glob("*.submitted"))) + 1)
(folder / (number + ".submitted")).write_text(text)
array = re.search("--array=0-([0-9]+)", text)
for element in range(int(array[1]) + 1 if array else 1):
    job = number + "_" + str(element) if array else number
    given = {{"SLURM_JOB_ID": job, "SLURM_PROCID": "0"}}
    given["CUDA_VISIBLE_DEVICES"] = str(element) if "--gpus-per-node=1" in text else ""
    if array:
        given |= {{"SLURM_ARRAY_JOB_ID": number, "SLURM_ARRAY_TASK_ID": str(element)}}
    nowhere = {{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}}
    process = subprocess.Popen(["sh", "-c", text], env={{**os.environ, **given}}, **nowhere)
    (folder / (job + ".pid")).write_text(str(process.pid))
print("Submitted batch job", number)
"""

_SRUN = """#!/bin/sh
while [ "$1" != "{python}" ]; do shift; done  # its own options
exec "$@"
"""

_SQUEUE = """#!/bin/sh
cd {folder}
for job in *.pid; do
    if kill -0 "$(cat "$job")" 2>/dev/null; then echo "${{job%.pid}}"; fi
done
"""

_SCONTROL = """#!/bin/sh
echo "MaxArraySize            = 2"
"""


def write(folder: Path) -> None:
    """Write ``sbatch``, ``srun``, ``squeue`` and ``scontrol``; what is submitted is kept as ``NUMBER.submitted``."""
    folder.mkdir()
    for name, text in {"sbatch": _SBATCH, "srun": _SRUN, "squeue": _SQUEUE, "scontrol": _SCONTROL}.items():
        (folder / name).write_text(text.format(python=sys.executable, folder=str(folder)), encoding="utf-8")
        (folder / name).chmod(0o755)
