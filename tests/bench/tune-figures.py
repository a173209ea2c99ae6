#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `cliptag tune` is worth with the built-in model: faults applied to photos, tuned on one half, tested on the other.

    tune-figures.py PHOTOS        (a folder of folders; with `. build/pipelines/env.sh`; python3-numpy, python3-pil)

The photos are parted by name. Each is rendered clear and with each fault of engine/training/faults.py, at strengths that
the model's training never saw. `cliptag tune` learns from the first half, all of it, and 16 examples of each class; both
results and the model's own prompts are measured on the second half.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../engine/training"))
import faults  # noqa: E402
import scenes  # noqa: E402

LEFT_OUT = ("upside down",)  # the model has no prompt for it
MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../engine/camera-health")


def render(photos, folder, seed):
    """A folder a class; the pictures made of one photo share its name."""
    random = np.random.default_rng(seed)
    for number, path in enumerate(photos):
        photo = np.asarray(Image.open(path).convert("RGB"))
        side = min(photo.shape[:2])
        top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
        photo = photo[top:top + side, left:left + side]
        clear = scenes.reduce_to(photo)
        pictures = {"clear": faults.finish(random, photo.astype(np.float32))}
        for name in faults.FAULTS:
            if name not in LEFT_OUT:
                pictures[name] = faults.apply(random, name, photo, faults.strength(random, True), clear)
        for name, picture in pictures.items():
            if picture is None:
                continue
            os.makedirs(os.path.join(folder, name), exist_ok=True)
            Image.fromarray(picture).save(os.path.join(folder, name, "%04d.png" % number))


def cliptag(*arguments):
    done = subprocess.run(["cliptag", *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_prompts(labels, path):
    """The model's own prompts of these labels: a probe can only learn what it has seen."""
    with open(os.path.join(MODEL, "prompts.json")) as file:
        prompts = json.load(file)
    prompts["prompts"] = [prompt for prompt in prompts["prompts"] if prompt["label"] in labels]
    with open(path, "w") as file:
        json.dump(prompts, file)


def figures(data, *prompts):
    group = next(line for line in cliptag("eval", "--data", data, *prompts) if line["type"] == "result")
    return group["top1"], group["ece"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("photos")
    parser.add_argument("--limit", type=int, default=80, help="photos of each half (default 80)")
    options = parser.parse_args()
    photos = sorted(os.path.join(folder, name) for folder, _, names in os.walk(options.photos) for name in names)
    halves = photos[0::2], photos[1::2]
    with tempfile.TemporaryDirectory(prefix="cliptag-tune-") as folder:
        tune, few, test = (os.path.join(folder, name) for name in ("tune", "few", "test"))
        for part, to, limit, seed in ((halves[0], tune, options.limit, 1), (halves[0], few, 16, 2),
                                      (halves[1], test, options.limit, 3)):
            render([part[i * len(part) // limit] for i in range(min(limit, len(part)))], to, seed)
        seen = os.path.join(folder, "seen.json")
        write_prompts(os.listdir(test), seen)
        print("%-44s top-1 %5.1f %%  ECE %4.1f %%" % ("the model's own prompts", *(100 * x for x in figures(test))))
        print("%-44s top-1 %5.1f %%  ECE %4.1f %%"
              % ("those of the labels that are there", *(100 * x for x in figures(test, "--prompts-file", seen))))
        for name, data, more in (("tuned on %d photos a class" % options.limit, tune, ()),
                                 ("texts alone, tuned on the same", tune, ("--method", "text")),
                                 ("a probe of 16 photos a class", few, ("--method", "probe", "--prompts-file", seen))):
            output = os.path.join(folder, "prompts.json")
            said = cliptag("tune", "--data", data, "-o", output, *more)[0]
            found = figures(test, "--prompts-file", output)
            print("%-44s top-1 %5.1f %%  ECE %4.1f %%   (%s; expected %.1f %%, %.1f %%)" % (
                name, *(100 * x for x in found), said["kind"], 100 * said["tuned"]["top1"], 100 * said["tuned"]["ece"]))


if __name__ == "__main__":
    main()
