# SPDX-License-Identifier: MIT
"""What peers.py measures: one random CLIP image tower of a real shape as a Hugging Face folder, and its conversions.

Everything is made once into the work folder and found there by later runs. The weights are seeded: transformers' own
initialisation, with layer norms and biases that are not the identity, so that a mistake in a peer's set-up shows in the
embeddings. Speed does not depend on their values.
"""

import json
import os
from pathlib import Path

import numpy as np

# vision width, MLP, layers, heads, patch, projection: OpenAI's.
SHAPES = {
    "vit-b-32": (768, 3072, 12, 12, 32, 512),
    "vit-b-16": (768, 3072, 12, 12, 16, 512),
    "vit-l-14": (1024, 4096, 24, 16, 14, 768),
}
SIDE = 224
N_PICTURES = 8  # for the parity check; a multiple of every batch
N_CALIBRATION = 32


def pictures(n, seed):
    """[n][3][SIDE][SIDE], mean about 0, deviation about 1: smooth blobs of several sizes, edges, and a little noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    out = np.zeros((n, 3, SIDE, SIDE), np.float32)
    for i in range(n):
        for c in range(3):
            for _ in range(6):
                fx, fy = rng.uniform(-12, 12, 2)
                wave = np.sin(2 * np.pi * (fx * x + fy * y) + rng.uniform(0, 6.3)) * rng.uniform(0.2, 1)
                out[i, c] += wave if rng.random() < 0.6 else np.sign(wave) * abs(wave).max()
            out[i, c] += rng.standard_normal((SIDE, SIDE)) * 0.1
            out[i, c] = (out[i, c] - out[i, c].mean()) / out[i, c].std() + rng.uniform(-0.5, 0.5)
    return out


def finish(path, make):
    """Calls make (temporary path) and renames, so that a run that was cut short leaves nothing that looks complete."""
    if path.exists():
        return path
    temporary = path.with_name("tmp-" + path.name)
    make(temporary)
    os.replace(temporary, path)
    return path


class Peers:
    """One model's folder of the work folder. Each method makes its file if it is missing and returns its path."""

    def __init__(self, work, name):
        self.name = name
        self.folder = Path(work) / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.hf = self.folder / "hf"

    # ---- the model itself

    def make_model(self):
        if (self.hf / "preprocessor_config.json").exists():
            return self.hf
        import torch
        from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

        width, mlp, layers, heads, patch, projection = SHAPES[self.name]
        torch.manual_seed(1)
        model = CLIPVisionModelWithProjection(
            CLIPVisionConfig(
                hidden_size=width,
                intermediate_size=mlp,
                num_hidden_layers=layers,
                num_attention_heads=heads,
                patch_size=patch,
                image_size=SIDE,
                projection_dim=projection,
                hidden_act="quick_gelu",
            )
        )
        with torch.no_grad():
            for key, tensor in model.named_parameters():
                if "norm" in key or "layrnorm" in key:
                    tensor.copy_(torch.randn_like(tensor) * 0.2 + (1.0 if key.endswith("weight") else 0.0))
                elif key.endswith("bias"):
                    tensor.copy_(torch.randn_like(tensor) * 0.1)
                elif "self_attn" in key:
                    tensor.mul_(3.0)
        model.save_pretrained(self.hf)
        (self.hf / "preprocessor_config.json").write_text(
            json.dumps({"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": SIDE},
                        "crop_size": {"height": SIDE, "width": SIDE}}) + "\n"
        )
        return self.hf

    def load_torch(self, attention="sdpa"):
        """A module from pixels to unit embeddings. attention: how transformers writes it down."""
        import torch
        from transformers import CLIPVisionModelWithProjection

        class Tower(torch.nn.Module):
            def __init__(self, model):
                super().__init__()
                self.model = model

            def forward(self, pixels):
                embeds = self.model(pixel_values=pixels).image_embeds
                return embeds / embeds.norm(dim=-1, keepdim=True)

        model = CLIPVisionModelWithProjection.from_pretrained(self.make_model(), dtype=torch.float32,
                                                              attn_implementation=attention)
        return Tower(model).eval()

    def pixels(self):
        return finish(self.folder / "pixels.f32", lambda path: pictures(N_PICTURES, 7).tofile(path))

    def reference(self):
        """transformers' embeddings of `pixels` in F32, one picture at a time."""

        def make(path):
            import torch

            data = np.fromfile(self.pixels(), np.float32).reshape(-1, 3, SIDE, SIDE)
            tower = self.load_torch()
            with torch.inference_mode():
                rows = [tower(torch.from_numpy(data[i : i + 1])).numpy() for i in range(len(data))]
            np.concatenate(rows).astype(np.float32).tofile(path)

        return finish(self.folder / "reference.f32", make)

    # ---- ONNX and what is made of it

    def export(self, batch, attention, path):
        import torch

        pixels = torch.zeros(batch, 3, SIDE, SIDE)
        torch.onnx.export(self.load_torch(attention), (pixels,), str(path), input_names=["pixels"],
                          output_names=["embeddings"], opset_version=17, dynamo=False)

    def onnx(self, batch):
        return finish(self.folder / f"b{batch}.onnx", lambda path: self.export(batch, "sdpa", path))

    def onnx_fused(self, batch):
        """ONNX Runtime's own offline optimiser for transformers: one node for each attention and each activation.
        It finds attention only as transformers' eager implementation writes it, and only before other rewriting."""

        def make(path):
            from onnxruntime.transformers.optimizer import optimize_model

            eager = finish(self.folder / f"b{batch}-eager.onnx", lambda path: self.export(batch, "eager", path))
            width, _, layers, heads, _, _ = SHAPES[self.name]
            model = optimize_model(str(eager), model_type="clip", num_heads=heads, hidden_size=width, opt_level=0)
            fused = model.get_fused_operator_statistics()
            assert fused["Attention"] == fused["QuickGelu"] == layers, fused
            model.save_model_to_file(str(path))

        return finish(self.folder / f"b{batch}-fused.onnx", make)

    def onnx_dynamic(self, batch):
        """ONNX Runtime's dynamic int8, per-channel weights: its documentation's advice for transformers."""

        def make(path):
            from onnxruntime.quantization import QuantType, quantize_dynamic

            quantize_dynamic(str(self.preprocessed(batch)), str(path), per_channel=True, weight_type=QuantType.QInt8)

        return finish(self.folder / f"b{batch}-dynamic.onnx", make)

    def onnx_dynamic_fused(self, batch):
        def make(path):
            import onnx
            from onnxruntime.quantization import QuantType, quantize_dynamic

            quantize_dynamic(str(self.onnx_fused(batch)), str(path), per_channel=True, weight_type=QuantType.QInt8,
                             extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT})

        return finish(self.folder / f"b{batch}-dynamic-fused.onnx", make)

    def onnx_static(self, batch):
        """ONNX Runtime's static int8: QDQ, per-channel weights; U8S8, which VNNI has instructions for (S8S8 was slower)."""

        def make(path):
            from onnxruntime.quantization import (CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType,
                                                  quantize_static)

            class Reader(CalibrationDataReader):
                def __init__(self):
                    data = pictures(N_CALIBRATION, 11)
                    self.rows = iter([data[i : i + batch] for i in range(0, len(data), batch)])

                def get_next(self):
                    row = next(self.rows, None)
                    return None if row is None else {"pixels": row}

            quantize_static(str(self.preprocessed(batch)), str(path), Reader(), quant_format=QuantFormat.QDQ,
                            op_types_to_quantize=["MatMul", "Gemm", "Conv"], per_channel=True,
                            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                            calibrate_method=CalibrationMethod.MinMax)

        return finish(self.folder / f"b{batch}-static.onnx", make)

    def preprocessed(self, batch):
        def make(path):
            from onnxruntime.quantization.shape_inference import quant_pre_process

            quant_pre_process(str(self.onnx(batch)), str(path), skip_symbolic_shape=True)

        return finish(self.folder / f"b{batch}-prepared.onnx", make)

    # ---- OpenVINO

    def nncf(self, batch):
        """NNCF's post-training int8 with the options that its documentation has for transformers."""
        path = self.folder / f"b{batch}-nncf.xml"
        if path.exists():
            return path
        import nncf
        import openvino as ov

        data = pictures(N_CALIBRATION, 11)
        rows = [data[i : i + batch] for i in range(0, len(data), batch)]
        model = nncf.quantize(ov.Core().read_model(self.onnx(batch)), nncf.Dataset(rows),
                              model_type=nncf.ModelType.TRANSFORMER, subset_size=len(rows))
        temporary = self.folder / f"tmp-b{batch}-nncf.xml"
        ov.save_model(model, temporary, compress_to_fp16=False)
        os.replace(temporary.with_suffix(".bin"), path.with_suffix(".bin"))
        os.replace(temporary, path)
        return path
