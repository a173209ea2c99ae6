#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains the embedded default model: both towers from scratch, CLIP's loss.

Two processes of one thread each share their gradients: with small matrices
that is about three times as fast as one process with two BLAS threads. The
learning rate follows the processes' own CPU time, not a step count: --minutes
means what it says on any machine, and a run may be paused; with --wall it follows the
wall clock and ends on time on a busy machine. Everything that is drawn at random hangs on --seed.
"""

import argparse
import math
import os
import random
import time

for _v in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS'):
    os.environ.setdefault(_v, '1')

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torch.nn.functional as F

import bpe
import captions
import clipmodel
import muon
import pictures
import prompts
import words

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def truth_tables():
    """[class][attribute]: caption true of the picture; caption neither true nor false."""
    shape = (len(captions.CLASSES), len(captions.ATTRIBUTES))
    true, unclear = np.zeros(shape, bool), np.zeros(shape, bool)
    for i, c in enumerate(captions.CLASSES):
        for j, a in enumerate(captions.ATTRIBUTES):
            true[i, j] = a in captions.attributes(c)
            unclear[i, j] = (c, a) in captions.AMBIGUOUS and not true[i, j]
    return true, unclear


def first_filters(model, rows, rng):
    """Patch filters from partly whitened principal components.

    Photos' energy is in the low frequencies; blur, grain and blocks live in
    the high ones, which plain random filters hardly see. The position table
    starts as large as the filters' answers: the first layer norm would else
    wipe out how strong a patch is, which is what contrast means.
    """
    size, patch = model.config['image_size'], model.config['patch']
    got = []
    for i in rng.integers(0, len(rows), 3000):
        for _ in range(6):
            u, v = rng.integers(0, size - patch + 1, 2)
            got.append(clipmodel.to_patches(rows[i:i + 1, u:u + patch, v:v + patch], patch)[0].reshape(-1).numpy())
    x = np.stack(got)
    value, vector = np.linalg.eigh(np.cov(x.T))
    order = np.argsort(value)[::-1]
    value, vector = value[order], vector[:, order]
    white = vector * (value + value.mean() * 1e-3) ** -.3  # columns
    width = model.config['vis_width']
    mix = rng.standard_normal((white.shape[1], width - width // 2)) / math.sqrt(white.shape[1])
    w = np.concatenate([white[:, :width // 2], white @ mix], 1)
    w *= .5 / (x @ w).std(0)
    e = model.vision_model.embeddings
    e.patch_embedding.weight.data.copy_(torch.tensor(w.T.reshape(width, 3, patch, patch).copy()))
    e.position_embedding.weight.data.normal_(std=.3)
    e.class_embedding.data.normal_(std=.3)


class Batches:
    """Pairs from one scene, two of three with the clear picture, and a fifth patterns."""

    def __init__(self, folder, what, seed, size):
        self.n_scenes, self.n_patterns = what['scenes'], what['patterns']
        n = self.n_scenes * pictures.VARIANTS + self.n_patterns
        self.rows = np.memmap(os.path.join(folder, 'pictures.u8'), np.uint8, 'r', shape=(n, pictures.SIZE, pictures.SIZE, 3))
        self.labels = np.load(os.path.join(folder, 'labels.npy'))
        self.rng, self.random, self.size = np.random.default_rng(seed), random.Random(seed), size
        self.true, self.unclear = truth_tables()
        self.attr = {a: i for i, a in enumerate(captions.ATTRIBUTES)}
        self.sets = [sorted(captions.attributes(c) - {c}) for c in captions.CLASSES]

    def draw(self, n_captions):
        rng, v = self.rng, pictures.VARIANTS
        n_pat = round(self.size * .19)
        index = list(self.n_scenes * v + rng.integers(0, self.n_patterns, n_pat))
        while len(index) < self.size:
            s = rng.integers(self.n_scenes) * v
            a, b = rng.choice(v - 1, 2, replace=False) + 1
            index += [s if rng.random() < .7 else s + b, s + a]
        index = np.sort(np.array(index[:self.size]))  # sorted: kinder to the page cache
        x = self.rows[index]
        flip = rng.random(len(x)) < .5
        x[flip] = x[flip, :, ::-1]
        classes = self.labels[index]
        texts, attrs = [], []
        # fewer captions than pictures: a caption of a class stands for all of its pictures
        for c in self.rng.permutation(classes)[:n_captions]:
            name = captions.CLASSES[c]
            if self.sets[c] and self.random.random() < .09:
                name = self.random.choice(self.sets[c])
            texts.append(captions.caption(self.random, name))
            attrs.append(self.attr[name])
        pair = np.ix_(classes, attrs)
        return x, texts, self.true[pair], self.unclear[pair]


def loss_of(images, texts, scale, true, drop):
    """Symmetric InfoNCE; positives are all true captions, unclear pairs are left out."""
    s = (scale * images @ texts.T).masked_fill(drop, -1e4)
    t = true.float()
    some = t.sum(1) > 0  # every caption has a picture, not every picture a caption
    rows = -(F.log_softmax(s[some], 1) * t[some]).sum(1) / t[some].sum(1)
    cols = -(F.log_softmax(s, 0) * t).sum(0) / t.sum(0)
    return (rows.mean() + cols.mean()) / 2


def worker(rank, a, what, merges):
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(a.port))
    dist.init_process_group('gloo', rank=rank, world_size=a.workers)
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    config = dict(clipmodel.CONFIG, vocab=len(merges) + 514)
    tok = bpe.Tokenizer(merges, config['context'])
    data = Batches(a.cache, what, (a.seed, rank + 1, round(a.minutes)).__hash__() & 0x7fffffff, a.batch // a.workers)
    model = clipmodel.Clip(config)
    if a.resume:
        model.load_state_dict(clipmodel.load_folder(a.resume).state_dict())
    else:
        first_filters(model, data.rows, np.random.default_rng(a.seed))
    params = list(model.parameters())
    inner = [p for n, p in model.named_parameters() if p.dim() == 2 and 'encoder.layers' in n]
    plain = [p for p in params if p.dim() < 2]
    heavy = [p for n, p in model.named_parameters() if p.dim() >= 2 and 'encoder.layers' not in n]
    turn = muon.Muon(inner, rank, a.workers)
    opt = torch.optim.AdamW([{'params': heavy, 'weight_decay': .05}, {'params': plain, 'weight_decay': 0}], lr=a.lr, betas=(.9, .98))
    flat = torch.zeros(sum(p.numel() for p in params) + 2)
    ema = [p.detach().clone() for p in params]
    test = prompts.ChoosingSet(a.data, a.seed) if rank == 0 else None
    clock = time.time if a.wall else time.process_time
    start = last = clock()
    progress, step, mean = 0.0, 0, 0.0
    while progress < 1:
        # warm up, then a cosine over the time; every process steps on the same averaged progress
        lr = a.lr * min(1, (step + 1) / 100) * (.02 + .98 * (.5 + .5 * math.cos(math.pi * progress)))
        for g in opt.param_groups:
            g['lr'] = lr
        x, texts, true, drop = data.draw(a.captions // a.workers)
        ids, ends = tok.batch(texts, data.random)
        # some of the patches tell most faults as well and cost less (FLIP, Li et al. 2022); the end is trained whole
        keep = a.patches if progress < a.whole_from * .6 else a.patches * 2 if progress < a.whole_from else None
        loss = loss_of(model.images(*clipmodel.to_patches(x, config['patch'], keep, data.rng)),
                       model.texts(torch.tensor(ids), torch.tensor(ends)), model.logit_scale.exp(), torch.tensor(true), torch.tensor(drop))
        opt.zero_grad()
        loss.backward()
        at = 0
        for p in params:
            flat[at:at + p.numel()] = p.grad.reshape(-1)
            at += p.numel()
        flat[-2], flat[-1] = (clock() - start) / (60 * a.minutes), loss.item()
        dist.all_reduce(flat)
        flat /= a.workers
        progress, mean = flat[-2].item(), flat[-1].item() if step == 0 else .98 * mean + .02 * flat[-1].item()
        flat[-2:] = 0
        flat *= min(1.0, 1.0 / (flat.norm().item() + 1e-6))
        at = 0
        for p in params:
            p.grad.copy_(flat[at:at + p.numel()].view_as(p))
            at += p.numel()
        opt.step()
        turn.step(a.muon * lr / a.lr)
        model.logit_scale.data.clamp_(0, math.log(60))
        step += 1
        decay = min(.998, step / (step + 20))
        with torch.no_grad():
            torch._foreach_mul_(ema, decay)
            torch._foreach_add_(ema, params, alpha=1 - decay)
        if rank == 0 and step % 100 == 0:
            print('%5.1f min  step %5d  loss %.3f  lr %.1e  scale %.1f  %.0f pictures/s' % (
                (clock() - start) / 60, step, mean, lr, model.logit_scale.exp().item(), step * a.batch / (clock() - start)), flush=True)
        if rank == 0 and (progress >= 1 or clock() - last > 60 * a.every):
            last = clock()
            save(model, ema, tok, a.out, test, (clock() - start) / 60)
    dist.barrier()


def save(model, ema, tok, out, test, minutes):
    """Writes the averaged weights as a usable folder and says how good they are."""
    kept = [p.detach().clone() for p in model.parameters()]
    with torch.no_grad():
        for p, e in zip(model.parameters(), ema):
            p.copy_(e)
        clipmodel.save_folder(model, out)
        tok.save(out)
        prompts.save(out)
        words.save(out)
        print('%5.1f min  %s' % (minutes, test.score(model, tok)), flush=True)
        for p, k in zip(model.parameters(), kept):
            p.copy_(k)


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--data', default=os.path.join(ROOT, '../shared/data'), help='folder that holds photos-cc0')
    p.add_argument('--out', default=os.path.join(HERE, '../camera-health'))
    p.add_argument('--cache', default='/tmp/demo-model-cache', help='rendered pictures (4.3 GB)')
    p.add_argument('--minutes', type=float, default=60, help='training time, rendering not counted')
    p.add_argument('--wall', action='store_true', help='minutes of the wall clock, not of CPU time')
    p.add_argument('--every', type=float, default=4, help='minutes between checkpoints')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--scenes', type=int, default=24000)
    p.add_argument('--patterns', type=int, default=18000)
    p.add_argument('--batch', type=int, default=128, help='pictures a step')
    p.add_argument('--captions', type=int, default=80, help='captions a step')
    p.add_argument('--patches', type=int, default=14, help='patches of each picture used at first; then twice as many')
    p.add_argument('--whole-from', type=float, default=.8, help='part of the time after which every patch is used')
    p.add_argument('--lr', type=float, default=1e-3)
    p.add_argument('--muon', type=float, default=.012, help='learning rate of the inner matrices')
    p.add_argument('--workers', type=int, default=2, help='processes of one thread')
    p.add_argument('--port', type=int, default=29511)
    p.add_argument('--resume', help='a trained folder to go on from')
    a = p.parse_args()
    began = time.time()
    what = pictures.render(a.cache, os.path.join(a.data, 'photos-cc0', 'train'), a.scenes, a.patterns, a.seed, a.workers)
    r = random.Random(a.seed)
    if a.resume:
        merges = bpe.load(a.resume, clipmodel.CONFIG['context']).merges
    else:
        merges = bpe.learn([captions.caption(r, r.choice(captions.ATTRIBUTES)) for _ in range(40000)], clipmodel.CONFIG['vocab'])
    print('pictures and tokenizer ready after %.1f min' % ((time.time() - began) / 60), flush=True)
    mp.spawn(worker, (a, what, merges), a.workers)
    print('done after %.1f min' % ((time.time() - began) / 60))


if __name__ == '__main__':
    main()
