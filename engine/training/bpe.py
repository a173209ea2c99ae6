# SPDX-License-Identifier: MIT
"""CLIP's tokenizer, learnt small: byte-level BPE, '</w>' at word ends, lower case."""

import collections
import json
import os
import re

# CLIP's pattern; [^\W\d_] is a letter and \d a digit for re
PATTERN = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.I)


def byte_symbols():
    bs = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    cs, n = bs[:], 0
    for b in range(256):
        if b not in bs:
            bs.append(b)
            cs.append(256 + n)
            n += 1
    return dict(zip(bs, map(chr, cs)))


BYTES = byte_symbols()


def words(text):
    text = ' '.join(text.split()).strip().lower()
    return [''.join(BYTES[b] for b in w.encode()) for w in PATTERN.findall(text)]


def learn(captions, vocab):
    counts = collections.Counter(w for c in captions for w in words(c))
    table = {w: list(w[:-1]) + [w[-1] + '</w>'] for w in counts}
    merges = []
    for _ in range(vocab - 514):
        pairs = collections.Counter()
        for w, parts in table.items():
            for p in zip(parts, parts[1:]):
                pairs[p] += counts[w]
        if not pairs:
            break
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges.append(best)
        for w, parts in table.items():
            if best[0] in parts:
                table[w] = merge(parts, best)
    return merges


def merge(parts, pair):
    out, i = [], 0
    while i < len(parts):
        if i + 1 < len(parts) and (parts[i], parts[i + 1]) == pair:
            out.append(parts[i] + parts[i + 1])
            i += 2
        else:
            out.append(parts[i])
            i += 1
    return out


class Tokenizer:
    def __init__(self, merges, context):
        self.merges, self.context = list(merges), context
        symbols = list(BYTES.values())
        vocab = symbols + [s + '</w>' for s in symbols] + [a + b for a, b in self.merges] + ['<|startoftext|>', '<|endoftext|>']
        self.ids = {s: i for i, s in enumerate(vocab)}
        self.ranks = {m: i for i, m in enumerate(self.merges)}
        self.cache = {}

    def word(self, w, rng=None, drop=0.0):
        if rng is None and w in self.cache:
            return self.cache[w]
        parts = list(w[:-1]) + [w[-1] + '</w>']
        while len(parts) > 1:
            pairs = [p for p in zip(parts, parts[1:]) if p in self.ranks and (rng is None or rng.random() >= drop)]
            if not pairs:
                break
            parts = merge(parts, min(pairs, key=self.ranks.get))
        ids = [self.ids[p] for p in parts]
        if rng is None:
            self.cache[w] = ids
        return ids

    def __call__(self, text, rng=None):
        """With rng, BPE dropout on one word in ten: unknown words come in pieces too."""
        ids = [self.ids['<|startoftext|>']]
        for w in words(text):
            ids += self.word(w, rng, .15) if rng is not None and rng.random() < .1 else self.word(w)
        return ids[:self.context - 1] + [self.ids['<|endoftext|>']]

    def batch(self, texts, rng=None):
        """ids padded to the longest [n][t], and where each one ends [n]."""
        rows = [self(t, rng) for t in texts]
        t = max(map(len, rows))
        return [r + [r[-1]] * (t - len(r)) for r in rows], [len(r) - 1 for r in rows]

    def save(self, folder):
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'merges.txt'), 'w', encoding='utf-8') as f:
            f.write('#version: 0.2\n' + ''.join('%s %s\n' % m for m in self.merges))
        with open(os.path.join(folder, 'vocab.json'), 'w', encoding='utf-8') as f:
            json.dump(self.ids, f, ensure_ascii=False)
        end = '<|endoftext|>'
        special = {'bos_token': '<|startoftext|>', 'eos_token': end, 'unk_token': end, 'pad_token': end}
        with open(os.path.join(folder, 'special_tokens_map.json'), 'w', encoding='utf-8') as f:
            json.dump(special, f, indent=1)
        with open(os.path.join(folder, 'tokenizer_config.json'), 'w', encoding='utf-8') as f:
            json.dump(dict(special, tokenizer_class='CLIPTokenizer', model_max_length=self.context, do_lower_case=True), f, indent=1)


def load(folder, context):
    with open(os.path.join(folder, 'merges.txt'), encoding='utf-8') as f:
        lines = f.read().split('\n')[1:]
    return Tokenizer([tuple(l.split(' ')) for l in lines if l], context)
