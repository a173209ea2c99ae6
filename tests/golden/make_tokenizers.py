#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/tokenizers: folders with tokens beside the vocabulary in every form that transformers has saved
them in, and the ids that transformers 5's own classes give for a few texts. Needs requirements-5.txt; no torch.

The vocabulary has all bytes and a few merges. Texts avoid what CLIPTokenizer knowingly does otherwise than OpenAI's
tokenizer (HTML entities, final sigma), which is what the engine goes by there.
"""

import json
import shutil
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, normalizers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer, PreTrainedTokenizerFast

HERE = Path(__file__).resolve().parent / "tokenizers"
START, END = "<|startoftext|>", "<|endoftext|>"
MERGES = ["t h", "th e</w>", "c a", "ca t</w>", "v a", "va n</w>", "y o", "r k</w>", "yo rk</w>", "n e", "ne w</w>",
          "d o", "do g</w>"]

TEXTS = [
    "the cat", "the <cat> sat", "the<cat>sat", "THE <CAT> SAT", "<Dog><dog> <DOG>", "new york", "New  York",
    "NEW \t\nYORK!", "a newyork", "the van", "vans", "van.", "x_van", "van_x", "2van", "van\u00e9", "van\u0301", "(van)",
    "van\u200dx", "van van", "<a><b>", "<a><b><c>", "<a> <b>", "<a", "<a><", "the  <l>  the", "the  <r>  the",
    "the<l><r>the", "<sw>", "x<sw>", "<sw>x", "<sw> <sw>", "<sw><sw>", f"a {END} b", f"a{END}b", f"!{END}!",
    "a <|ENDOFTEXT|> b", f"{START} {END}", "<|endoftext", "cafe\u0301", "caf\u00e9", "CAFE\u0301", "the \U0001f600 cat",
    "hello!", "! !!", "\u00df\u1e9e", "", " ", "the cat's dog", "<pad> the", "[MASK]", "\u24d0van \u00bdvan",
]


def vocabulary(extra=()):
    letters = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]]
    letters += [chr(256 + n) for n in range(256 - len(letters))]
    tokens = letters + [t + "</w>" for t in letters] + ["".join(m.split()) for m in MERGES] + [START, END, *extra]
    assert len(set(tokens)) == len(tokens)
    return {token: i for i, token in enumerate(tokens)}


def write(path, data):
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def pair(folder, vocab=None):
    write(folder / "vocab.json", vocab or vocabulary())
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES]) + "\n", encoding="utf-8")


def new():
    vocab = vocabulary()
    return CLIPTokenizer(vocab=vocab, merges=[tuple(m.split()) for m in MERGES])


def with_added():
    tokenizer = new()
    tokenizer.add_tokens([
        AddedToken("<cat>"), AddedToken("New York"), AddedToken("van", single_word=True), AddedToken("caf\u00e9"),
        AddedToken("<a>"), AddedToken("<a><b>", normalized=False), AddedToken("<a><b><c"),
        AddedToken("<l>", lstrip=True), AddedToken("<r>", rstrip=True),
        AddedToken("<sw>", single_word=True, lstrip=True, rstrip=True, normalized=False),
    ])
    tokenizer.add_special_tokens({"extra_special_tokens": [AddedToken("<Dog>", special=True, normalized=False)]})
    return tokenizer


def save(tokenizer, folder):
    tokenizer.save_pretrained(folder)


def saved(folder):
    save(with_added(), folder)


def json_alone(folder):
    save(with_added(), folder)
    (folder / "tokenizer_config.json").unlink()


def decoder(folder):
    """vocab.json and merges.txt with tokenizer_config.json's added_tokens_decoder, as transformers 4 saved it."""
    pair(folder)
    n = len(vocabulary())
    plain = dict(lstrip=False, rstrip=False, single_word=False, normalized=True, special=False)
    tokens = {
        str(n - 2): dict(plain, content=START, special=True),
        str(n - 1): dict(plain, content=END, special=True),
        str(n): dict(plain, content="<Dog>", normalized=False, special=True),
        str(n + 1): dict(plain, content="<cat>"),
        str(n + 2): dict(plain, content="van", single_word=True),
    }
    write(folder / "tokenizer_config.json", dict(
        added_tokens_decoder=tokens, bos_token=START, eos_token=END, unk_token=END, pad_token=END,
        additional_special_tokens=["<Dog>"], tokenizer_class="CLIPTokenizer", model_max_length=77))
    # not looked at beside that
    write(folder / "added_tokens.json", {"<sw>": n + 3})


def legacy(folder):
    """vocab.json and merges.txt, added_tokens.json and special_tokens_map.json, as transformers before 4.34 saved it."""
    pair(folder)
    n = len(vocabulary())
    write(folder / "added_tokens.json", {"<cat>": n, "<Dog>": n + 1, "New York": n + 2})
    named = dict(single_word=False, lstrip=False, rstrip=False, normalized=True)
    write(folder / "special_tokens_map.json", dict(
        bos_token=dict(named, content=START), eos_token=dict(named, content=END), unk_token=END, pad_token="<Dog>"))
    write(folder / "tokenizer_config.json", dict(tokenizer_class="CLIPTokenizer", model_max_length=77))


def pad_is_a_piece(folder):
    pair(folder)
    write(folder / "tokenizer_config.json", dict(tokenizer_class="CLIPTokenizer", bos_token=START, eos_token=END,
                                                 unk_token=END, pad_token="!", mask_token="<pad>"))


def other_ends(folder):
    """Start and end by other names."""
    pair(folder, vocabulary(("<s>", "</s>")))
    write(folder / "tokenizer_config.json", dict(tokenizer_class="CLIPTokenizer", bos_token="<s>", eos_token="</s>",
                                                 unk_token="</s>", pad_token="</s>"))


def newer_json(folder):
    """An older pair beside tokenizer.json: without its added tokens, and with another vocabulary."""
    save(with_added(), folder)
    vocab = vocabulary()
    vocab["a"], vocab["b"] = vocab["b"], vocab["a"]
    pair(folder, vocab)


def odd_steps(folder):
    """Another normalizer and pre-tokenizer, which CLIPTokenizer replaces by its own."""
    save(with_added(), folder)
    backend = Tokenizer.from_file(str(folder / "tokenizer.json"))
    backend.normalizer = normalizers.NFD()
    backend.pre_tokenizer = ByteLevel(add_prefix_space=True)
    backend.save(str(folder / "tokenizer.json"))


def generic(folder):
    """A class that goes by tokenizer.json alone, with CLIP's steps in it."""
    save(with_added(), folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    write(path, dict(config, tokenizer_class="PreTrainedTokenizerFast"))


CASES = {"saved": saved, "json-alone": json_alone, "decoder": decoder, "legacy": legacy, "pad-is-a-piece": pad_is_a_piece,
         "other-ends": other_ends, "newer-json": newer_json, "odd-steps": odd_steps, "generic": generic}


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    for name, make in CASES.items():
        folder = HERE / name
        folder.mkdir(parents=True)
        make(folder)
        for path in folder.glob("*.json"):
            write(path, json.loads(path.read_text(encoding="utf-8")))
        before = {path: path.read_bytes() for path in folder.iterdir()}
        kind = PreTrainedTokenizerFast if name == "generic" else CLIPTokenizer
        tokenizer = kind.from_pretrained(folder)
        expected = dict(vocab_size=len(tokenizer), warns=name == "odd-steps",
                        texts=[dict(text=text, ids=tokenizer(text)["input_ids"]) for text in TEXTS])
        assert before == {path: path.read_bytes() for path in folder.iterdir()}
        write(folder / "expected.json", expected)
        print(name, len(tokenizer), [path.name for path in before])


if __name__ == "__main__":
    main()
