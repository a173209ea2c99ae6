#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares transformers' two CLIP tokenizers, and OpenAI's own algorithm less ftfy, with the ids that OpenAI's
tokenizer gives, over the strings of tokenizer-golden/published.json with the real vocabulary; then all three with
each other over a few strings chosen to part them. Prints, writes nothing: the README has the findings.

usage: tokenizer_facts.py DATA_DIR     (the folder that holds clip-bpe/ and tokenizer-golden/)
"""

import gzip
import html
import json
import sys
import tempfile
from pathlib import Path

import regex
from transformers import CLIPTokenizer, CLIPTokenizerFast
from transformers.models.clip.tokenization_clip import bytes_to_unicode

CONTEXT = 77
MERGES = 49152 - 256 - 2

# What separates the three, each on its own.
PROBES = [
    "cafe\u0301",           # decomposed: NFC or not
    "caf\u00e9",
    "fish &amp; chips",     # HTML entity
    "fish &amp;amp; chips",
    "it\u2019s",            # curly quote
    "\ufb01sh",             # ligature
    "\uff21\uff22",         # full width
    "so\u00adft",           # soft hyphen, Cf
    "zero\u200bwidth",      # zero width space, Cf
    "a\u0001b",             # C0 control
    "a\u001cb",             # C0 control that Python calls whitespace
    "a\u0085b",             # NEL
    "a\u00a0b\u3000c",      # no-break and ideographic space
    "a\u180eb",             # Mongolian vowel separator: once whitespace, now Cf
    "red\u4e2dblue",        # CJK inside a word
    "IT'S",                 # upper-case contraction
    "it'\u017f",            # long s folds to s under IGNORECASE
    "\u0130",               # dotted capital I: lower case is two code points
    "\u03a3\u0391\u03a3",   # final sigma depends on its neighbours
    "\u212a",               # Kelvin sign
    "\u1e9e",               # capital sharp s
    "\u00bd \u2167 \u00b2", # numbers that are not digits: one token each
    "<|ENDOFTEXT|>",
    "a<|endoftext|>b",
    "!!! ... ?!",
    "\ue000 \U0010ffff",    # private use, noncharacter
    "\u0378",               # unassigned
]


def real_tokenizers(bpe_path, folder):
    lines = gzip.open(bpe_path, "rt", encoding="utf-8").read().split("\n")
    merges = lines[1 : MERGES + 1]
    tokens = list(bytes_to_unicode().values())
    tokens += [t + "</w>" for t in tokens]
    tokens += ["".join(m.split()) for m in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocab, merges_txt = Path(folder, "vocab.json"), Path(folder, "merges.txt")
    vocab.write_text(json.dumps({t: i for i, t in enumerate(tokens)}, ensure_ascii=False), encoding="utf-8")
    merges_txt.write_text("\n".join([lines[0], *merges]) + "\n", encoding="utf-8")
    return CLIPTokenizer(str(vocab), str(merges_txt)), CLIPTokenizerFast(str(vocab), str(merges_txt))


def openai_less_ftfy(slow, text, context):
    """openai/CLIP clip/simple_tokenizer.py and clip.tokenize(truncate=True), without the call of ftfy.fix_text."""
    text = html.unescape(html.unescape(text)).strip()
    text = regex.sub(r"\s+", " ", text).strip().lower()
    ids = [slow.bos_token_id]
    for word in regex.findall(slow.pat, text):
        letters = "".join(slow.byte_encoder[b] for b in word.encode("utf-8"))
        ids += [slow.encoder[t] for t in slow.bpe(letters).split(" ")]
    return ids[: context - 1] + [slow.eos_token_id]


def main():
    data = Path(sys.argv[1])
    cases = json.loads((data / "tokenizer-golden/published.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        slow, fast = real_tokenizers(data / "clip-bpe/bpe_simple_vocab_16e6.txt.gz", folder)

        def run(text, context=CONTEXT):
            options = {"truncation": True, "max_length": context}
            return {
                "slow": slow(text, **options)["input_ids"],
                "fast": fast(text, **options)["input_ids"],
                "less-ftfy": openai_less_ftfy(slow, text, context),
            }

        def show(name, ids):
            print(f"   {name:10}", " ".join(slow.decoder[i] for i in ids[1:-1]))

        differing = {"slow": [], "fast": [], "less-ftfy": []}
        for number, case in enumerate(cases):
            want = case["openai_ids"]  # one is longer than the context: it was published untruncated
            got = {name: ids for name, ids in run(case["text"], max(CONTEXT, len(want))).items() if ids != want}
            if got:
                print(f"case {number} {case['text']!r}")
                show("openai", want)
            for name, ids in got.items():
                differing[name].append(number)
                show(name, ids)
        for name, numbers in differing.items():
            print(f"{name}: {len(numbers)} of {len(cases)} differ from openai_ids: {numbers}")

        print("\nprobes")
        for text in PROBES:
            got = run(text)
            same = len({tuple(ids) for ids in got.values()}) == 1
            print(ascii(text), "all agree" if same else "")
            for name, ids in list(got.items())[: 1 if same else 3]:
                show("all" if same else name, ids)


if __name__ == "__main__":
    main()
