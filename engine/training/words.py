# SPDX-License-Identifier: MIT
"""words.txt: all words of the training captions, as CLIP's tokenizer splits texts: python words.py FOLDER"""

import os
import re
import sys

import captions


def words():
    texts = captions.NOUNS + captions.PREFIX + captions.DEGREES + captions.END + ['a', 'an']
    texts += captions.ADJ_FRAMES + captions.WITH_FRAMES + captions.NAME_FRAMES
    for kinds in captions.WORDS.values():
        for kind in kinds:
            texts += kind
    found = set()
    for text in texts:
        found.update(re.findall(r"[a-z]+", re.sub(r'\{\w+\}', ' ', text.lower())))
    return sorted(found)


def save(folder):
    with open(os.path.join(folder, 'words.txt'), 'w', encoding='utf-8') as f:
        f.writelines(word + '\n' for word in words())


if __name__ == '__main__':
    save(sys.argv[1])
