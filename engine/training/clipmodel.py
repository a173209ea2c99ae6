# SPDX-License-Identifier: MIT
"""The two CLIP towers in plain torch, named as Hugging Face names them.

Nothing here depends on transformers, so that training needs Debian's torch and
numpy only; evaluate.py proves that transformers gets the same numbers from
the exported folder.
"""

import json
import os
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)

CONFIG = dict(
    image_size=112, patch=16, vis_width=192, vis_layers=4, vis_heads=3,
    txt_width=128, txt_layers=2, txt_heads=2, context=32, vocab=1536, proj=64)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x, mask):
        b, t, w = x.shape
        # one product for all three: the shapes are small, calls cost
        weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
        bias = torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias])
        qkv = F.linear(x, weight, bias).view(b, t, 3, self.heads, w // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        a = torch.matmul(q * (w // self.heads) ** -0.5, k.transpose(-1, -2))
        if mask is not None:
            a = a + mask
        a = torch.matmul(a.softmax(-1), v)
        return self.out_proj(a.transpose(1, 2).reshape(b, t, w))


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        # quick_gelu(x) = x sigmoid(1.702 x) = silu(1.702 x) / 1.702: the factors
        # go into the weights and one fused activation pass remains
        h = F.silu(F.linear(x, self.fc1.weight * 1.702, self.fc1.bias * 1.702))
        return F.linear(h, self.fc2.weight / 1.702, self.fc2.bias)


class Layer(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = MLP(width)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x, mask=None):
        x = x + self.self_attn(self.layer_norm1(x), mask)
        return x + self.mlp(self.layer_norm2(x))


class Encoder(nn.Module):
    def __init__(self, width, layers, heads):
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))

    def forward(self, x, mask=None):
        for layer in self.layers:
            x = layer(x, mask)
        return x


class VisionEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.patch = c['patch']
        self.class_embedding = nn.Parameter(torch.randn(c['vis_width']) * 0.02)
        self.patch_embedding = nn.Conv2d(3, c['vis_width'], c['patch'], c['patch'], bias=False)
        n = (c['image_size'] // c['patch']) ** 2 + 1
        self.position_embedding = nn.Embedding(n, c['vis_width'])

    def forward(self, patches, at=None):
        """patches [n][t][3 p p]; at: which places they stand at [n][t], all when None."""
        place = self.position_embedding.weight[1:]
        if at is not None:
            place = place[at]
        x = F.linear(patches, self.patch_embedding.weight.flatten(1)) + place
        first = self.class_embedding + self.position_embedding.weight[0]
        return torch.cat([first.expand(len(x), 1, -1), x], 1)


class VisionModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = VisionEmbeddings(c)
        self.pre_layrnorm = nn.LayerNorm(c['vis_width'])  # HF's own spelling
        self.encoder = Encoder(c['vis_width'], c['vis_layers'], c['vis_heads'])
        self.post_layernorm = nn.LayerNorm(c['vis_width'])

    def forward(self, patches, at=None):
        x = self.encoder(self.pre_layrnorm(self.embeddings(patches, at)))
        return self.post_layernorm(x[:, 0])


class TextEmbeddings(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.token_embedding = nn.Embedding(c['vocab'], c['txt_width'])
        self.position_embedding = nn.Embedding(c['context'], c['txt_width'])

    def forward(self, ids):
        return self.token_embedding(ids) + self.position_embedding.weight[:ids.shape[1]]


class TextModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embeddings = TextEmbeddings(c)
        self.encoder = Encoder(c['txt_width'], c['txt_layers'], c['txt_heads'])
        self.final_layer_norm = nn.LayerNorm(c['txt_width'])

    def forward(self, ids, ends):
        t = ids.shape[1]
        mask = torch.full((t, t), float('-inf')).triu(1)
        x = self.encoder(self.embeddings(ids), mask)
        # the causal mask makes what follows the end token irrelevant
        return self.final_layer_norm(x[torch.arange(len(ids)), ends])


class Clip(nn.Module):
    def __init__(self, config=CONFIG):
        super().__init__()
        self.config = c = dict(config)
        self.text_model = TextModel(c)
        self.vision_model = VisionModel(c)
        self.visual_projection = nn.Linear(c['vis_width'], c['proj'], bias=False)
        self.text_projection = nn.Linear(c['txt_width'], c['proj'], bias=False)
        self.logit_scale = nn.Parameter(torch.tensor(2.6592))
        for name, p in self.named_parameters():
            if p.dim() == 2 and 'embedding' in name:
                nn.init.normal_(p, std=0.02)
            elif p.dim() == 2:
                nn.init.normal_(p, std=p.shape[1] ** -0.5 * (0.5 if 'fc2' in name or 'out_proj' in name else 1))

    def images(self, patches, at=None):
        return F.normalize(self.visual_projection(self.vision_model(patches, at)), dim=-1)

    def texts(self, ids, ends):
        return F.normalize(self.text_projection(self.text_model(ids, ends)), dim=-1)


def to_patches(rgb, patch, keep=None, rng=None):
    """uint8 [n][h][w][3] -> normalised patches [n][t][3 p p] as the convolution sees them.

    With keep, that many of each picture's patches, drawn at random, and their
    places [n][keep]: chosen while still bytes, because converting is not free.
    """
    n, g, p = len(rgb), rgb.shape[1] // patch, patch
    x = np.asarray(rgb).reshape(n, g, p, g, p, 3).transpose(0, 1, 3, 5, 2, 4)
    at = None
    if keep is None:
        x = x.reshape(n, g * g, 3, p * p)
    else:
        at = rng.random((n, g * g)).argsort(1)[:, :keep]
        x = x[np.arange(n)[:, None], at // g, at % g].reshape(n, keep, 3, p * p)
        at = torch.from_numpy(at)
    x = torch.from_numpy(np.ascontiguousarray(x)).float()
    x -= torch.tensor(MEAN).view(3, 1) * 255
    x /= torch.tensor(STD).view(3, 1) * 255
    return x.flatten(2), at


def write_safetensors(path, tensors):
    """F16; the header is padded so that data start on 8 bytes."""
    header, blobs, at = {'__metadata__': {'format': 'pt'}}, [], 0
    for name in sorted(tensors):
        a = tensors[name].detach().cpu().numpy().astype('<f2')
        header[name] = {'dtype': 'F16', 'shape': list(a.shape), 'data_offsets': [at, at + a.nbytes]}
        blobs.append(a.tobytes())
        at += a.nbytes
    text = json.dumps(header, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as f:
        f.write(struct.pack('<Q', len(text)) + text + b''.join(blobs))


def read_safetensors(path):
    with open(path, 'rb') as f:
        n, = struct.unpack('<Q', f.read(8))
        header = json.loads(f.read(n))
        data = f.read()
    header.pop('__metadata__', None)
    kinds = {'F16': '<f2', 'F32': '<f4'}
    return {k: torch.tensor(np.frombuffer(data[v['data_offsets'][0]:v['data_offsets'][1]],
                                          kinds[v['dtype']]).reshape(v['shape']).astype('f4'))
            for k, v in header.items()}


def _dump(folder, name, value):
    # written beside and renamed: a reader never sees half a file
    path = os.path.join(folder, name)
    with open(path + '.new', 'w', encoding='utf-8') as f:
        json.dump(value, f, indent=1, ensure_ascii=False)
        f.write('\n')
    os.replace(path + '.new', path)


def save_folder(model, folder):
    """Everything of the Hugging Face folder but the tokenizer and prompts."""
    os.makedirs(folder, exist_ok=True)
    c = model.config
    end = c['vocab'] - 1
    _dump(folder, 'config.json', {
        'architectures': ['CLIPModel'], 'model_type': 'clip', 'projection_dim': c['proj'],
        'logit_scale_init_value': 2.6592, 'torch_dtype': 'float16',
        'text_config': {
            'model_type': 'clip_text_model', 'hidden_size': c['txt_width'],
            'intermediate_size': 4 * c['txt_width'], 'num_hidden_layers': c['txt_layers'],
            'num_attention_heads': c['txt_heads'], 'vocab_size': c['vocab'],
            'max_position_embeddings': c['context'], 'hidden_act': 'quick_gelu',
            'layer_norm_eps': 1e-05, 'projection_dim': c['proj'],
            'bos_token_id': end - 1, 'eos_token_id': end, 'pad_token_id': end},
        'vision_config': {
            'model_type': 'clip_vision_model', 'hidden_size': c['vis_width'],
            'intermediate_size': 4 * c['vis_width'], 'num_hidden_layers': c['vis_layers'],
            'num_attention_heads': c['vis_heads'], 'image_size': c['image_size'],
            'patch_size': c['patch'], 'num_channels': 3, 'hidden_act': 'quick_gelu',
            'layer_norm_eps': 1e-05, 'projection_dim': c['proj']}})
    _dump(folder, 'preprocessor_config.json', {
        'image_processor_type': 'CLIPImageProcessor', 'do_convert_rgb': True,
        'do_resize': True, 'size': {'shortest_edge': c['image_size']}, 'resample': 3,
        'do_center_crop': True, 'crop_size': {'height': c['image_size'], 'width': c['image_size']},
        'do_rescale': True, 'rescale_factor': 1 / 255,
        'do_normalize': True, 'image_mean': list(MEAN), 'image_std': list(STD)})
    path = os.path.join(folder, 'model.safetensors')
    write_safetensors(path + '.new', model.state_dict())
    os.replace(path + '.new', path)


def load_folder(folder):
    with open(os.path.join(folder, 'config.json'), encoding='utf-8') as f:
        j = json.load(f)
    t, v = j['text_config'], j['vision_config']
    model = Clip(dict(
        image_size=v['image_size'], patch=v['patch_size'], vis_width=v['hidden_size'],
        vis_layers=v['num_hidden_layers'], vis_heads=v['num_attention_heads'],
        txt_width=t['hidden_size'], txt_layers=t['num_hidden_layers'],
        txt_heads=t['num_attention_heads'], context=t['max_position_embeddings'],
        vocab=t['vocab_size'], proj=j['projection_dim']))
    model.load_state_dict(read_safetensors(os.path.join(folder, 'model.safetensors')))
    return model.eval()
