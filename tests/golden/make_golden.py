#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the golden files of this folder: tiny random CLIP models as Hugging Face folders, what transformers computes
with each, and what Pillow makes of small images. Seeded; the README says how to run it and what each case is for.

Weights are transformers' own initialisation, scaled up, with layer norms and biases that are not the identity, so that
a forgotten bias, a swapped norm or a wrong activation moves the embedding far beyond any tolerance. The expected
tensors come from the saved files, read back and widened to F32, one text and one image at a time, on one thread.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import PIL
import regex
import tokenizers
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPTokenizerFast,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)
from transformers.models.clip.tokenization_clip import bytes_to_unicode

HERE = Path(__file__).resolve().parent
START, END = "<|startoftext|>", "<|endoftext|>"

TEXTS = [
    "a delivery van",
    "a person with a ladder",
    "an EMPTY yard,  at night!",
    "the driver's 2 red vans don't stop (50% off)",
    "na\u00efve caf\u00e9 \u2615 on the corner",
    "",
    "a person with a ladder and a person without a ladder stand by the red van in the empty yard at night while "
    "the delivery driver counts 12345 parcels, and nobody sees the end of this very long sentence because it is cut",
]


# ---------------------------------------------------------------------------------------------------------- images


def lcg_image(width, height, seed):
    """Half texture, half noise; integers only, so that C makes the same bytes."""
    image = np.empty((height, width, 3), np.uint8)
    state = seed
    for y in range(height):
        for x in range(width):
            for c in range(3):
                state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
                image[y, x, c] = ((x * 7 + y * 3 + c * 85) & 0xFF) // 2 + (state >> 25)
    return Image.fromarray(image)


# ------------------------------------------------------------------------------------------------------- tokenizer


def learn_merges(count):
    """Byte-pair encoding over the words of TEXTS; ties go to the pair that sorts first."""
    encode = bytes_to_unicode()
    words = []
    for text in TEXTS:
        for word in regex.findall(r"'s|'t|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", text.lower()):
            letters = [encode[b] for b in word.encode("utf-8")]
            words.append(letters[:-1] + [letters[-1] + "</w>"])
    merges = []
    while len(merges) < count:
        pairs = Counter(pair for word in words for pair in zip(word, word[1:]))
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best:
                    word[i : i + 2] = ["".join(best)]
                i += 1
    return merges


def vocabulary(merges, order):
    """order: 'openai' ends in start, end. 'early' puts both before the last thirty merges, so that ordinary ids are
    higher than the end's. 'swapped' ends in end, start."""
    letters = list(bytes_to_unicode().values())
    tokens = letters + [t + "</w>" for t in letters]
    joined = ["".join(m) for m in merges]
    tokens += {
        "openai": joined + [START, END],
        "early": joined[:-30] + [START, END] + joined[-30:],
        "swapped": joined + [END, START],
    }[order]
    assert len(tokens) == len(set(tokens))
    return {token: i for i, token in enumerate(tokens)}


def save_tokenizer(folder, merges, order, context, form):
    """form: 'slow' writes vocab.json and merges.txt, 'ascii' the same with \\u escapes and no tokenizer_config.json,
    'json' tokenizer.json alone, 'json-strings' that with merges as "a b" as tokenizers before 0.20 wrote them."""
    vocab = vocabulary(merges, order)
    (folder / "vocab.json").write_text(json.dumps(vocab, ensure_ascii=form == "ascii"), encoding="utf-8")
    lines = ["#version: 0.2"] + [" ".join(m) for m in merges]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    slow = CLIPTokenizer(*files, model_max_length=context)
    fast = CLIPTokenizerFast(*files, model_max_length=context)
    if form == "slow":
        slow.save_pretrained(folder)
    if form.startswith("json"):
        for name in files:
            Path(name).unlink()
        fast.save_pretrained(folder, legacy_format=False)
        assert not (folder / "vocab.json").exists()
    if form == "json-strings":
        path = folder / "tokenizer.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        data["model"]["merges"] = [" ".join(m) for m in data["model"]["merges"]]
        path.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
        fast = CLIPTokenizerFast.from_pretrained(folder)
    return slow, fast


# ---------------------------------------------------------------------------------------------------------- models


def enliven(model, seed):
    """Scales the fresh weights up and gives every norm and bias something to do. The patch gain falls with the patch's
    area, so that position and class embeddings still count against 3,072 pixels; attention's grows with the depth,
    for which transformers lowers it, or twelve layers would tell two images of the same texture barely apart."""
    generator = torch.Generator().manual_seed(seed)
    sections = [getattr(model.config, name, model.config) for name in ("text_config", "vision_config")]
    depth = max(section.num_hidden_layers for section in sections)

    def noise(tensor):
        return torch.randn(tensor.shape, generator=generator)

    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "norm" in name or "layrnorm" in name:
                tensor.copy_(noise(tensor) * 0.3 + (1.0 if name.endswith("weight") else 0.0))
            elif name == "logit_scale":
                tensor.fill_(3.25 + seed % 5 * 0.25)
            elif name.endswith("bias"):
                tensor.copy_(noise(tensor) * 0.3)
            elif "embedding" in name:
                tensor.copy_(noise(tensor) * (1.5 / tensor[0].numel() ** 0.5 if "patch" in name else 0.7))
            elif "projection" in name:
                tensor.mul_(1.5)
            else:
                tensor.mul_(max(3.0, depth**0.5 * 2) if "self_attn" in name else 2.0)


def write_json(path, data):
    path.write_text(json.dumps(data, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def strip_defaults(folder):
    """Leaves in config.json only what differs from the defaults of transformers' classes."""
    path = folder / "config.json"
    config = read_json(path)
    removed = []
    for section, defaults in (
        ("text_config", CLIPTextConfig()),
        ("vision_config", CLIPVisionConfig()),
        (None, CLIPConfig()),
    ):
        part = config[section] if section else config
        for key in list(part):
            if key not in ("text_config", "vision_config", "model_type", "architectures") and (
                key in ("torch_dtype", "transformers_version", "_name_or_path")
                or getattr(defaults, key, None) == part[key]
            ):
                removed.append(f"{section}.{key}" if section else key)
                del part[key]
        if section:
            part.pop("model_type", None)
    write_json(path, config)
    return removed


def age(folder, config):
    """Makes the folder look like openai/clip-vit-base-patch32 as first converted: every key spelt out, the *_dict
    twins, position_ids among the tensors, a preprocessor_config.json with bare integers."""
    full = config.to_dict()
    full["text_config_dict"] = full["vision_config_dict"] = None
    full["torch_dtype"] = "float32"
    for section in ("text_config", "vision_config"):
        full[section]["torch_dtype"] = None
    write_json(folder / "config.json", full)
    tensors = load_file(folder / "model.safetensors")
    positions = {
        "text_model.embeddings.position_ids": config.text_config.max_position_embeddings,
        "vision_model.embeddings.position_ids": (config.vision_config.image_size // config.vision_config.patch_size) ** 2
        + 1,
    }
    for name, count in positions.items():
        tensors[name] = torch.arange(count).expand(1, -1).contiguous()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    path = folder / "preprocessor_config.json"
    old = read_json(path)
    edge = old["size"]["shortest_edge"]
    write_json(
        path,
        {
            "crop_size": edge,
            "do_center_crop": True,
            "do_normalize": True,
            "do_resize": True,
            "feature_extractor_type": "CLIPFeatureExtractor",
            "image_mean": old["image_mean"],
            "image_std": old["image_std"],
            "resample": 3,
            "size": edge,
        },
    )


# ----------------------------------------------------------------------------------------------------------- cases

# text: hidden, heads, layers, intermediate, positions. vision: hidden, heads, layers, intermediate, image, patch.
CASES = {
    "patch32-quick": dict(
        text=(24, 2, 2, 96, 24),
        vision=(16, 4, 2, 80, 64, 32),
        projection=28,
        images=((100, 75), (61, 131)),
        keep=("hidden",),
    ),
    "patch16-oddheads": dict(
        text=(20, 5, 2, 60, 24),
        vision=(48, 3, 1, 60, 80, 16),
        projection=30,
        act="gelu",
        eps=(1e-3, 1e-6),
        order="early",
        images=((121, 97), (83, 160)),
    ),
    "patch14-336": dict(
        text=(16, 2, 2, 64, 77),
        vision=(24, 2, 2, 96, 336, 14),
        projection=18,
        tokenizer="json",
        images=((401, 350), (353, 512)),
    ),
    "f16": dict(
        text=(24, 4, 2, 96, 24),
        vision=(64, 1, 1, 96, 64, 16),
        projection=40,
        dtype="float16",
        processor=dict(size={"shortest_edge": 71}),
        images=((100, 75), (61, 131)),
    ),
    "bf16-sharded": dict(
        text=(32, 2, 2, 96, 24),
        vision=(40, 4, 2, 120, 32, 8),
        projection=36,
        act=("gelu_new", "gelu_pytorch_tanh"),
        dtype="bfloat16",
        shard="48KB",
        order="early",
        processor=dict(image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5], resample=2),
        images=((97, 64), (39, 41)),
        keep=("pixel_values",),
    ),
    "vision-only": dict(
        vision=(24, 3, 2, 80, 32, 8),
        projection=12,
        eps=1e-3,
        processor=dict(size={"height": 32, "width": 32}),
        images=((100, 75), (21, 50)),
        keep=("pixel_values",),
    ),
    "text-only": dict(
        text=(24, 2, 2, 56, 32),
        projection=48,
        order="swapped",
        tokenizer="json-strings",
        more_texts=["a red <|endoftext|> van"],
    ),
    "old-eos": dict(
        text=(18, 3, 1, 72, 20),
        vision=(24, 2, 2, 80, 32, 8),
        projection=24,
        eos=2,
        old=True,
        tokenizer="ascii",
        images=((47, 33), (32, 77)),
        keep=("pixel_values",),
    ),
    "defaults": dict(
        text=(16, 8, 12, 20, 77),
        vision=(24, 12, 12, 28, 224, 16),
        projection=512,
        dtype="float16",
        defaults=True,
        images=((300, 225), (23, 31)),
    ),
}


def configure(case, vocab):
    act, eps = case.get("act", "quick_gelu"), case.get("eps", 1e-5)
    text_act, vision_act = act if isinstance(act, tuple) else (act, act)
    text_eps, vision_eps = eps if isinstance(eps, tuple) else (eps, eps)
    common = {}
    alone = "text" not in case or "vision" not in case
    if alone:
        common["projection_dim"] = case["projection"]  # in a full CLIPModel only the outer one counts
    text = vision = None
    if "text" in case:
        hidden, heads, layers, intermediate, positions = case["text"]
        text = dict(
            vocab_size=len(vocab),
            hidden_size=hidden,
            num_attention_heads=heads,
            num_hidden_layers=layers,
            intermediate_size=intermediate,
            max_position_embeddings=positions,
            hidden_act=text_act,
            layer_norm_eps=text_eps,
            bos_token_id=0 if "eos" in case else vocab[START],
            eos_token_id=case.get("eos", vocab[END]),
            **common,
        )
    if "vision" in case:
        hidden, heads, layers, intermediate, image, patch = case["vision"]
        vision = dict(
            hidden_size=hidden,
            num_attention_heads=heads,
            num_hidden_layers=layers,
            intermediate_size=intermediate,
            image_size=image,
            patch_size=patch,
            hidden_act=vision_act,
            layer_norm_eps=vision_eps,
            **common,
        )
    if alone:
        return CLIPTextConfig(**text) if text else CLIPVisionConfig(**vision)
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=case["projection"])


def unit(tensor):
    return tensor / tensor.norm(dim=-1, keepdim=True)


def forward(model, pixels, ids):
    """Every image and every text by itself: no padding, no batch."""
    out = {}
    dtype = next(model.parameters()).dtype
    with torch.no_grad():
        if pixels is not None:
            runs = [model.vision_model(pixels[i : i + 1].to(dtype)) for i in range(len(pixels))]
            out["vision_last_hidden"] = torch.cat([r.last_hidden_state for r in runs])
            out["image_embeds"] = unit(torch.cat([model.visual_projection(r.pooler_output) for r in runs]))
        if ids is not None:
            runs = [model.text_model(torch.tensor([row])) for row in ids]
            out["text_last_hidden"] = torch.cat([r.last_hidden_state[0] for r in runs])
            out["text_embeds"] = unit(torch.cat([model.text_projection(r.pooler_output) for r in runs]))
        if pixels is not None and ids is not None:
            out["logits_per_image"] = out["image_embeds"] @ out["text_embeds"].T * model.logit_scale.exp()
    return out


def check_padded(model, ids, fast, texts, context, embeds):
    """The usual call, padded to the context with an attention mask, must say the same."""
    batch = fast(texts, padding="max_length", truncation=True, max_length=context, return_tensors="pt")
    with torch.no_grad():
        padded = unit(model.text_projection(model.text_model(**batch).pooler_output))
    assert (padded - embeds).abs().max() < 2e-5, (padded - embeds).abs().max()


def check_distinct(name, embeds):
    cosine = (embeds @ embeds.T).fill_diagonal_(-1)
    assert cosine.max() < 0.98, (name, cosine)
    return round(cosine.max().item(), 3)


def make_case(name, case, number, merges):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    order = case.get("order", "openai")
    vocab = vocabulary(merges, order)
    config = configure(case, vocab)
    torch.manual_seed(1000 + number)
    kind = CLIPModel if "text" in case and "vision" in case else None
    kind = kind or (CLIPTextModelWithProjection if "text" in case else CLIPVisionModelWithProjection)
    model = kind(config)
    enliven(model, 2000 + number)
    model = model.to(getattr(torch, case.get("dtype", "float32")))
    model.save_pretrained(folder, max_shard_size=case.get("shard", "5GB"))
    assert "shard" not in case or len(list(folder.glob("model-*.safetensors"))) >= 3
    expected = {
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "torch": torch.__version__,
        "pillow": PIL.__version__,
        "images": [],
        "texts": [],
        "input_ids": [],
    }

    if "vision" in case:
        edge = case["vision"][4]
        options = dict(size={"shortest_edge": edge}, crop_size={"height": edge, "width": edge})
        options.update(case.get("processor", {}))
        CLIPImageProcessor(**options).save_pretrained(folder)
    if case.get("defaults"):
        expected["stripped"] = strip_defaults(folder)
    if case.get("old"):
        age(folder, config)

    pixels = ids = None
    if "vision" in case:
        processor = CLIPImageProcessor.from_pretrained(folder)
        images = []
        for i, (width, height) in enumerate(case["images"]):
            seed = 77 + 10 * number + i
            expected["images"].append({"width": width, "height": height, "seed": seed})
            images.append(lcg_image(width, height, seed))
        pixels = processor(images, return_tensors="pt")["pixel_values"]
        assert pixels.shape == (2, 3, edge, edge), pixels.shape
    if "text" in case:
        context = case["text"][4]
        slow, fast = save_tokenizer(folder, merges, order, context, case.get("tokenizer", "slow"))
        texts = TEXTS + case.get("more_texts", [])
        ids = slow(texts, truncation=True, max_length=context)["input_ids"]
        assert ids == fast(texts, truncation=True, max_length=context)["input_ids"]
        assert all(row[0] == vocab[START] and row[-1] == vocab[END] for row in ids)
        assert max(len(row) for row in ids) == context, "one text must be cut"
        if order == "early":
            assert sum(max(row) > vocab[END] for row in ids) >= 3, "argmax must be wrong here"
        expected["texts"], expected["input_ids"] = texts, ids

    model, report = kind.from_pretrained(folder, torch_dtype=torch.float32, output_loading_info=True)
    assert not report["missing_keys"] and not report["mismatched_keys"], report
    model.eval()
    out = forward(model, pixels, ids)
    torch.set_default_dtype(torch.float64)  # the causal mask is made in the default type
    exact = forward(model.double(), pixels, ids)
    torch.set_default_dtype(torch.float32)
    # How far F32 arithmetic itself strays from F64 in this model: what a tolerance can be derived from.
    expected["f32_error"] = {k: float(f"{(out[k] - exact[k]).abs().max().item():.1e}") for k in sorted(out)}
    model.float()
    worst = {k: check_distinct(name, out[k]) for k in ("image_embeds", "text_embeds") if k in out}
    if ids is not None:
        check_padded(model, ids, fast, texts, context, out["text_embeds"])

    keep = case.get("keep", ())
    if "hidden" not in keep:
        out.pop("vision_last_hidden", None)
        out.pop("text_last_hidden", None)
    if "pixel_values" in keep:
        out["pixel_values"] = pixels
    assert all(t.dtype == torch.float32 and t.isfinite().all() for t in out.values())
    save_file({k: v.contiguous() for k, v in out.items()}, folder / "expected.safetensors")
    (folder / "expected.json").write_text(dump(expected), encoding="utf-8")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name:18} {size:8}  worst cosine {worst}  f32 error {expected['f32_error']}")


def dump(data):
    """JSON with one line for each entry of a list: diffs stay readable."""
    lines = []
    for key, value in data.items():
        if isinstance(value, list) and value:
            rows = ",\n".join("  " + json.dumps(v, ensure_ascii=False) for v in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


# ---------------------------------------------------------------------------------------------------------- resize

NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING = range(6)  # Pillow's numbers, which preprocessor_config.json uses


def shortest_edge(width, height, size):
    """transformers.image_transforms.get_resize_output_image_size: the long side is cut, not rounded."""
    short, long = min(width, height), max(width, height)
    other = int(size * long / short)
    return (size, other) if width <= height else (other, size)


def make_resize():
    entries, tensors = [], {}

    def add(width, height, resample, out_w, out_h, crop_w=None, crop_h=None):
        seed = 1 + 131 * width + height
        crop_w, crop_h = crop_w or out_w, crop_h or out_h
        x, y = (out_w - crop_w) // 2, (out_h - crop_h) // 2
        image = lcg_image(width, height, seed).resize((out_w, out_h), resample=resample)
        image = image.crop((x, y, x + crop_w, y + crop_h))
        name = f"{width}x{height}.{resample}.{out_w}x{out_h}.{crop_w}x{crop_h}"
        assert name not in tensors
        tensors[name] = torch.from_numpy(np.array(image))
        keys = "width height seed resample out_w out_h x y w h tensor".split()
        entries.append(dict(zip(keys, (width, height, seed, resample, out_w, out_h, x, y, crop_w, crop_h, name))))

    sizes = [(1, 1), (2, 3), (7, 5), (1, 9), (8, 8), (33, 17), (64, 48), (31, 97), (57, 58), (200, 113), (320, 180),
             (640, 36)]
    for width, height in sizes:
        for size in (8, 14, 32):
            add(width, height, BICUBIC, *shortest_edge(width, height, size), size, size)
    add(7, 5, BICUBIC, *shortest_edge(7, 5, 224), 16, 16)
    add(320, 180, BICUBIC, *shortest_edge(320, 180, 224), 16, 16)
    for width, height in ((33, 17), (7, 5)):
        for resample in (NEAREST, LANCZOS, BILINEAR, BOX, HAMMING):
            for size in (8, 32):
                add(width, height, resample, *shortest_edge(width, height, size), size, size)
    for resample in range(6):  # large reductions, where support widths part ways
        add(199, 111, resample, *shortest_edge(199, 111, 14), 14, 14)
    for resample in range(6):
        add(64, 49, resample, 20, 20)  # both axes, different factors
        add(11, 40, resample, 16, 24)  # up and down at once
    add(64, 48, BICUBIC, 64, 13)  # one axis alone: Pillow skips the other pass
    add(64, 48, BICUBIC, 13, 48)
    add(33, 17, BICUBIC, 33, 17)  # neither
    save_file(tensors, HERE / "resize.safetensors")
    (HERE / "resize.json").write_text(dump({"pillow": PIL.__version__, "cases": entries}), encoding="utf-8")
    print(f"resize             {(HERE / 'resize.safetensors').stat().st_size:8}  {len(entries)} cases")


def main():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    assert (NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING) == tuple(
        int(getattr(Image.Resampling, n)) for n in "NEAREST LANCZOS BILINEAR BICUBIC BOX HAMMING".split()
    )
    merges = learn_merges(62)
    for number, (name, case) in enumerate(CASES.items()):
        make_case(name, case, number, merges)
    make_resize()
    files = [f for f in HERE.rglob("*") if f.is_file()]
    print(f"all                {sum(f.stat().st_size for f in files):8}  {len(files)} files")


if __name__ == "__main__":
    main()
