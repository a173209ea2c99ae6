# SPDX-License-Identifier: MIT
"""One peer in a process of its own, driven by peers.py with the line protocol of `cliptag bench --serve`.

At start it encodes every picture of --pixels, writes the embeddings and says "ready …". Then each line "run N" encodes
the first batch once uncounted and N times counted, and is answered by the median of the N in ms per picture. Libraries
do not share a process: their thread pools would disturb each other.
"""

import argparse
import os
import sys
import time

import numpy as np

from peer_models import SHAPES, SIDE, Peers


def torch_peer(peers, args):
    import torch

    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    tower = peers.load_torch()
    dtype = torch.bfloat16 if args.kind == "torch-bf16" else torch.float32
    tower = tower.to(dtype)
    if args.kind == "torch-compile":
        tower = torch.compile(tower, mode="max-autotune-no-cudagraphs")

    def encode(batches):
        with torch.inference_mode():
            return [tower(torch.from_numpy(b).to(dtype)).float().numpy() for b in batches]

    return encode, 1, str(dtype).removeprefix("torch.")


def onnxruntime_peer(peers, args):
    import onnxruntime as ort

    ort.set_default_logger_severity(3)
    path = {
        "ort": peers.onnx,
        "ort-fused": peers.onnx_fused,
        "ort-dynamic": peers.onnx_dynamic,
        "ort-dynamic-fused": peers.onnx_dynamic_fused,
        "ort-static": peers.onnx_static,
    }[args.kind](args.batch)
    options = ort.SessionOptions()
    options.intra_op_num_threads = args.threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batches: [session.run(None, {"pixels": b})[0] for b in batches], 1, "CPUExecutionProvider"


def openvino_peer(peers, args):
    import openvino as ov

    hint = "THROUGHPUT" if args.kind.endswith("-throughput") else "LATENCY"
    config = {"PERFORMANCE_HINT": hint, "INFERENCE_NUM_THREADS": args.threads}
    if args.kind.startswith("openvino-f32"):
        config["INFERENCE_PRECISION_HINT"] = "f32"
    path = peers.nncf(args.batch) if args.kind.startswith("openvino-int8") else peers.onnx(args.batch)
    core = ov.Core()
    model = core.compile_model(core.read_model(path), "CPU", config)
    at_once = model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS") if hint == "THROUGHPUT" else 1
    requests = [model.create_infer_request() for _ in range(at_once)]
    streams = model.get_property("NUM_STREAMS")

    def encode(batches):
        results = []
        for first in range(0, len(batches), at_once):
            pairs = list(zip(requests, batches[first : first + at_once]))
            for request, batch in pairs:
                request.set_input_tensor(ov.Tensor(batch, shared_memory=True))
                request.start_async()
            for request, _ in pairs:
                request.wait()
                results.append(request.get_output_tensor().data.copy())
        return results

    precision = model.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    return encode, at_once, f"{precision}, {streams} stream{'s' if streams != 1 else ''}"


def main():
    parser = argparse.ArgumentParser()
    for name in ("kind", "work", "pixels", "embeddings"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--model", choices=SHAPES, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()

    # What libraries print must not reach the protocol.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    make = {"torch": torch_peer, "ort": onnxruntime_peer, "openvino": openvino_peer}[args.kind.split("-")[0]]
    encode, at_once, description = make(Peers(args.work, args.model), args)
    pixels = np.fromfile(args.pixels, np.float32).reshape(-1, args.batch, 3, SIDE, SIDE)
    np.concatenate(encode(list(pixels))).astype(np.float32).tofile(args.embeddings)
    batches = [pixels[i % len(pixels)].copy() for i in range(at_once)]
    print("ready", description, file=answers)
    for line in sys.stdin:
        command, count = line.split()
        assert command == "run", line
        encode(batches)
        times = []
        for _ in range(int(count)):
            before = time.perf_counter()
            encode(batches)
            times.append(time.perf_counter() - before)
        print(f"{1e3 * np.median(times) / (at_once * args.batch):.5f}", file=answers)


if __name__ == "__main__":
    main()
