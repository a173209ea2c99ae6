#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Pillow 13 resizes tall pictures to other pixels than all versions before it.
#
# Image.resize() ran its horizontal pass first in every version up to 12.3.0. 13.0.0 chooses the order by the shape where
# both sides shrink, and each pass rounds to 8 bits and clips the filter's overshoot, so that the order is seen in the
# result. Nothing in the call changes and pictures that are wide or moderately tall keep their bytes. A tall one
# (240 x 640, a telephone held upright) differs by several levels, which is what CLIP's preprocessing (transformers'
# PIL backend, open_clip, OpenAI's code) then feeds the model: embeddings made by one version are not those of the other.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

cat > "$tmp/resize.py" << 'END'
import hashlib, PIL
from PIL import Image

def resized(width, height):
    pixels = bytes((x * x * 7 + y * y * 13 + x * y * 3 + c * 91) % 251
                   for y in range(height) for x in range(width) for c in range(3))
    picture = Image.frombytes("RGB", (width, height), pixels).resize((224, 224), Image.Resampling.BICUBIC)
    return hashlib.sha256(picture.tobytes()).hexdigest()[:12]

print(PIL.__version__, resized(640, 480), resized(240, 640))
END

python_with pillow==12.3.0
expect 'version, 640x480 and 240x640 to 224x224' "$(python "$tmp/resize.py")" '12.3.0 881fc1251ee4 e059d7c5ff84'
python_with pillow==13.0.0
expect 'version, 640x480 and 240x640 to 224x224' "$(python "$tmp/resize.py")" '13.0.0 881fc1251ee4 c9502ad95a44'
