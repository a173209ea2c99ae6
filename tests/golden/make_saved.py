#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/v5-*: tiny random models as transformers 5 saves them, and what it computes with each (its PIL
backend for pictures). Needs requirements-5.txt. What each is for stands in CASES and in the README.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    CLIPProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModel,
)

from make_tokenizers import END, MERGES, START, vocabulary

HERE = Path(__file__).resolve().parent
TEXTS = ["the cat", "a NEW van", "", "the dog's york"]
IMAGES = [(100, 75, 11), (31, 57, 12)]


def lcg_image(width, height, seed):
    image = np.empty((height, width, 3), np.uint8)
    state = seed
    for y in range(height):
        for x in range(width):
            for c in range(3):
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                image[y, x, c] = ((x * 7 + y * 3 + c * 85) & 0xFF) // 2 + (state >> 25)
    return Image.fromarray(image)


def enliven(model, seed):
    """Norms and biases that are not the identity, weights large enough that a wrong activation shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=generator)
            if "norm" in name or "layrnorm" in name:
                tensor.copy_(noise * 0.3 + (1.0 if name.endswith("weight") else 0.0))
            elif name == "logit_scale":
                tensor.fill_(3.5)
            elif name.endswith("bias"):
                tensor.copy_(noise * 0.3)
            elif "embedding" in name:
                tensor.copy_(noise * (1.5 / tensor[0].numel() ** 0.5 if "patch" in name else 0.7))
            else:
                tensor.copy_(noise * 1.5 / tensor.shape[-1] ** 0.5)
    return model.eval()


def vision(**more):
    return dict(hidden_size=16, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, image_size=32,
                patch_size=16, **more)


def text(**more):
    vocab = vocabulary()
    return dict(vocab_size=len(vocab), hidden_size=20, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
                max_position_embeddings=16, bos_token_id=vocab[START], eos_token_id=vocab[END], **more)


def tokenizer():
    return CLIPTokenizer(vocab=vocabulary(), merges=[tuple(m.split()) for m in MERGES], model_max_length=16)


def processor(folder):
    """The image processor's settings inside processor_config.json, and tokenizer.json alone."""
    model = enliven(CLIPModel(CLIPConfig(text_config=text(), vision_config=vision(), projection_dim=12)), 1)
    images = CLIPImageProcessorPil(size={"height": 32, "width": 32}, do_center_crop=False, resample=2,
                                   image_mean=[0.5, 0.4, 0.3], image_std=[0.5, 0.25, 0.3])
    model.save_pretrained(folder)
    CLIPProcessor(image_processor=images, tokenizer=tokenizer()).save_pretrained(folder)
    assert not (folder / "preprocessor_config.json").exists()


def bare_vision(folder):
    """CLIPVisionModel: names without "vision_model.", no projection."""
    model = enliven(CLIPVisionModel(CLIPVisionConfig(**vision())), 2)
    model.save_pretrained(folder)
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(folder)


def bare_text(folder):
    """CLIPTextModel: names without "text_model.", no projection."""
    enliven(CLIPTextModel(CLIPTextConfig(**text())), 3).save_pretrained(folder)
    tokenizer().save_pretrained(folder)


def dicts(folder):
    """text_config_dict and vision_config_dict: whole configurations with the class's defaults, which override the
    others. The activation and eps of the others are such as nobody uses."""
    model = enliven(CLIPModel(CLIPConfig(text_config=text(), vision_config=vision(), projection_dim=12)), 4)
    model.save_pretrained(folder)
    CLIPProcessor(image_processor=CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
                  tokenizer=tokenizer()).save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    for name, values in (("text_config", text()), ("vision_config", vision())):
        config[name + "_dict"] = values
        config[name].update(hidden_act="gelu", layer_norm_eps=0.1)
    path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


CASES = {"v5-processor": processor, "v5-vision": bare_vision, "v5-text": bare_text, "v5-dicts": dicts}


def unit(tensor):
    return tensor / tensor.norm(dim=-1, keepdim=True)


def embeddings(output):
    return output if torch.is_tensor(output) else output.pooler_output


def expect(name, folder):
    kind = {"v5-vision": CLIPVisionModel, "v5-text": CLIPTextModel}.get(name, CLIPModel)
    model = kind.from_pretrained(folder).eval()
    tensors, said = {}, dict(images=[], texts=[], input_ids=[])
    with torch.no_grad():
        if kind is not CLIPTextModel:
            said["images"] = [dict(width=w, height=h, seed=s) for w, h, s in IMAGES]
            images = CLIPImageProcessorPil.from_pretrained(folder)
            pixels = [images(lcg_image(*image), return_tensors="pt")["pixel_values"] for image in IMAGES]
            run = model if kind is CLIPVisionModel else model.get_image_features
            tensors["pixel_values"] = torch.cat(pixels)
            tensors["image_embeds"] = unit(torch.cat([embeddings(run(pixel_values=p)) for p in pixels]))
        if kind is not CLIPVisionModel:
            said["texts"] = TEXTS
            said["input_ids"] = [CLIPTokenizer.from_pretrained(folder)(t)["input_ids"] for t in TEXTS]
            run = model if kind is CLIPTextModel else model.get_text_features
            tensors["text_embeds"] = unit(
                torch.cat([embeddings(run(input_ids=torch.tensor([ids]))) for ids in said["input_ids"]]))
    if kind is CLIPModel:
        tensors["logits_per_image"] = tensors["image_embeds"] @ tensors["text_embeds"].T * model.logit_scale.exp().detach()
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "expected.safetensors")
    (folder / "expected.json").write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def main():
    torch.set_num_threads(1)
    for name, make in CASES.items():
        folder = HERE / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        torch.manual_seed(0)
        make(folder)
        for path in folder.glob("tokenizer.json"):
            path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")), ensure_ascii=False,
                                       separators=(",", ":")) + "\n", encoding="utf-8")
        expect(name, folder)
        print(name, sorted(path.name for path in folder.iterdir()), list(load_file(folder / "model.safetensors"))[:2])


if __name__ == "__main__":
    main()
