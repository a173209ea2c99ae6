#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times the engine against what else runs CLIP's image tower on a CPU; the README beside it says how to run it.

Every contender runs in a process of its own and answers the same line protocol (`cliptag bench --serve`; peer_worker.py).
For each model and batch all of them encode the same pictures first and are compared with transformers' F32 embeddings;
then they are timed in turns, forwards and backwards, for some rounds, so that drift hits all alike. Prints Markdown.
"""

import argparse
import datetime
import importlib.metadata
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from peer_models import SHAPES, Peers

HERE = Path(__file__).resolve().parent
ROUND_SECONDS = 0.35  # one turn of one contender: several encodings, more of the fast ones

# name: (what the table says, precision class: its ratio is to ours of that class, least batch, by default)
OURS = {
    "ours-f32": ("**ours**, f32", "f32", 1, True),
    "ours-bf16": ("**ours**, bf16", "bf16", 1, True),
    "ours-int8": ("**ours**, int8", "int8", 1, True),
}
CONTENDERS = {
    **OURS,
    "torch": ("transformers on PyTorch, eager", "f32", 1, True),
    "torch-compile": ("transformers on PyTorch, torch.compile", "f32", 1, False),
    "torch-bf16": ("transformers on PyTorch, eager, bfloat16", "bf16", 1, False),
    "ort": ("ONNX Runtime", "f32", 1, True),
    "ort-fused": ("ONNX Runtime, its transformers optimiser", "f32", 1, True),
    "openvino-f32": ("OpenVINO, f32, latency", "f32", 1, True),
    "openvino-f32-throughput": ("OpenVINO, f32, throughput", "f32", 2, True),
    "openvino-default": ("OpenVINO, its default, latency", "bf16", 1, True),
    "openvino-default-throughput": ("OpenVINO, its default, throughput", "bf16", 2, True),
    "ort-dynamic": ("ONNX Runtime, dynamic int8", "int8", 1, True),
    "ort-dynamic-fused": ("ONNX Runtime, its transformers optimiser, dynamic int8", "int8", 1, True),
    "ort-static": ("ONNX Runtime, static int8 (QDQ)", "int8", 1, True),
    "openvino-int8": ("OpenVINO, NNCF int8, latency", "int8", 1, True),
    "openvino-int8-throughput": ("OpenVINO, NNCF int8, throughput", "int8", 2, True),
}
PREPARE = {
    "ort": Peers.onnx,
    "ort-fused": Peers.onnx_fused,
    "openvino-f32": Peers.onnx,
    "openvino-default": Peers.onnx,
    "ort-dynamic": Peers.onnx_dynamic,
    "ort-dynamic-fused": Peers.onnx_dynamic_fused,
    "ort-static": Peers.onnx_static,
    "openvino-int8": Peers.nncf,
}


class Contender:
    """A running process; `times` are its rounds' medians in ms per picture."""

    def __init__(self, name, peers, batch, args, folder):
        self.name, self.times = name, []
        self.label, self.precision, _, _ = CONTENDERS[name]
        self.embeddings = Path(folder) / (name + ".f32")
        common = ["--batch", str(batch), "--threads", str(args.threads), "--pixels", str(peers.pixels()),
                  "--embeddings", str(self.embeddings)]
        if name in OURS:
            command = [args.cliptag, "bench", "--model", str(peers.hf), "--precision", self.precision, "--serve", *common]
        else:
            command = [sys.executable, str(HERE / "peer_worker.py"), "--kind", name, "--work", args.work, "--model",
                       peers.name, *common]
        self.log = open(Path(folder) / (name + ".log"), "w+")
        env = {**os.environ, "OMP_NUM_THREADS": str(args.threads)}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                        text=True, bufsize=1, env=env)
        self.description = self.answer().removeprefix("ready ")

    def answer(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.process.wait()
            self.log.seek(0)
            sys.exit(f"peers.py: {self.name} ended with {self.process.returncode}:\n{self.log.read()[-2000:]}")
        return line

    def run(self, count):
        self.process.stdin.write(f"run {count}\n")
        return float(self.answer())

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.log.close()

    def median(self):
        return statistics.median(self.times)


def compare(contender, reference):
    """Lowest cosine to the reference over all pictures."""
    embeddings = np.fromfile(contender.embeddings, np.float32).reshape(reference.shape).astype(np.float64)
    return float((embeddings * reference).sum(1).min())


def measure(peers, batch, names, args):
    reference = np.fromfile(peers.reference(), np.float32).reshape(-1, SHAPES[peers.name][5]).astype(np.float64)
    between = (reference @ reference.T - 2 * np.eye(len(reference))).max()
    with tempfile.TemporaryDirectory() as folder:
        contenders, hogs = [], []
        try:
            for name in names:
                if CONTENDERS[name][2] <= batch:
                    contenders.append(Contender(name, peers, batch, args, folder))
                    contenders[-1].cosine = compare(contenders[-1], reference)
            hogs += [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(args.hog)]
            counts = {c: max(3, round(ROUND_SECONDS * 1e3 / (c.run(3) * batch))) for c in contenders}
            for turn in range(args.rounds):
                for contender in contenders if turn % 2 == 0 else reversed(contenders):
                    time.sleep(0.02)  # the one before may still spin
                    contender.times.append(contender.run(counts[contender]))
        finally:
            for hog in hogs:
                hog.kill()
                hog.wait()
            for contender in contenders:
                contender.close()
    return contenders, between


def print_table(peers, batch, contenders, between, args):
    ours = {c.precision: c for c in contenders if c.name in OURS}
    hog = f", {args.hog} busy process{'es' if args.hog > 1 else ''} beside it" if args.hog else ""
    print(f"\n### {peers.name}, batch {batch}, {args.threads} threads{hog}\n")
    print(f"Lowest cosine to transformers in F32 over {len(np.fromfile(peers.pixels(), np.uint8)) // 602112} pictures "
          f"(two different pictures: up to {between:.3f}).\n")
    print("| | runs as | ms/image | fastest round | to ours | cosine |\n|---|---|---|---|---|---|")
    for contender in contenders:
        ratio = f"{contender.median() / ours[contender.precision].median():.2f}"
        print(f"| {contender.label} | {contender.description} | {contender.median():.2f} | {min(contender.times):.2f} "
              f"| {ratio} | {contender.cosine:.6f} |")
    sys.stdout.flush()


def print_machine(args):
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    cpu = re.search(r"model name\s*: (.*)", info)
    family = [re.search(rf"{key}\s*: (\d+)", info) for key in ("cpu family", "model", "stepping")]
    flags = set((re.search(r"flags\s*: (.*)", info) or [0, ""])[1].split())
    known = [f for f in ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_int8")
             if f in flags]
    version = subprocess.run([args.cliptag, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    numbers = "/".join(m[1] if m else "?" for m in family)
    print(f"{cpu[1] if cpu else platform.machine()} (family/model/stepping {numbers}; {' '.join(known)}), "
          f"{os.cpu_count()} CPUs, {datetime.date.today()}; load {os.getloadavg()[0]:.1f} at start; "
          f"{args.rounds} rounds.  ")
    packages = ("torch", "transformers", "onnxruntime", "openvino", "nncf", "onnx", "numpy")
    print(f"{version}; Python {platform.python_version()}, "
          + ", ".join(f"{p} {importlib.metadata.version(p)}" for p in packages))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cliptag", default=str(HERE.parents[1] / "build/pipelines/cliptag"), metavar="PROGRAM")
    parser.add_argument("--work", default="/tmp/cliptag-peers", help="where models are kept (default %(default)s)")
    parser.add_argument("--models", default="vit-b-32", help="comma-separated: " + ", ".join(SHAPES))
    parser.add_argument("--batch", default="1,8", help="pictures at once, comma-separated (default %(default)s)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--hog", type=int, default=0, metavar="N", help="N busy processes beside the measured one")
    parser.add_argument("--only", default="", metavar="NAMES",
                        help="of these contenders, comma-separated (ours always runs): "
                        + ", ".join(n for n in CONTENDERS if n not in OURS) + "; or all")
    parser.add_argument("--prepare", action="store_true", help="make the models and stop")
    args = parser.parse_args()

    names = [n for n in CONTENDERS if CONTENDERS[n][3]]
    if args.only == "all":
        names = list(CONTENDERS)
    elif args.only:
        wanted = args.only.split(",")
        unknown = [n for n in wanted if n not in CONTENDERS]
        if unknown:
            parser.error(f"no contender \"{unknown[0]}\", there are {', '.join(CONTENDERS)}")
        names = [n for n in CONTENDERS if n in OURS or n in wanted]

    if not args.prepare:
        print_machine(args)
    for model in args.models.split(","):
        if model not in SHAPES:
            parser.error(f"no model \"{model}\", there are {', '.join(SHAPES)}")
        peers = Peers(args.work, model)
        for batch in map(int, args.batch.split(",")):
            peers.make_model(), peers.pixels(), peers.reference()
            for name in names:
                make = PREPARE.get(name.removesuffix("-throughput"))
                if make:
                    make(peers, batch)
            if not args.prepare:
                print_table(peers, batch, *measure(peers, batch, names, args), args)


if __name__ == "__main__":
    main()
