#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes stills/: small pictures in every form that cliptag embed takes, and what Pillow reads of each. Run it as
make_golden.py is run (README.md); a second run gives the same bytes.

stills.json lists for each file its size, depth, the SHA-256 of its R, G, B samples row by row as they are stored (16-bit
ones little-endian) and the orientation that EXIF states. Files that Pillow reads at less than their depth, or turns
while reading, are compared with what went into them.
"""

import hashlib
import json
import shutil
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

from make_golden import lcg_image

HERE = Path(__file__).resolve().parent / "stills"
ORIENTATION = 0x112
entries = {}


def note(name, pixels, orientation=1):
    """pixels: [h][w][3], 8 or 16 bits."""
    pixels = np.ascontiguousarray(pixels)
    entries[name] = {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "depth": pixels.dtype.itemsize * 8,
        "orientation": orientation,
        "sha256": hashlib.sha256(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()).hexdigest(),
    }


def save(name, image, **options):
    """As Pillow writes and reads it."""
    image.save(HERE / name, **options)
    with Image.open(HERE / name) as again:
        note(name, np.asarray(again.convert("RGB")))


def jpegs():
    image = lcg_image(37, 29, 1)
    for quality, subsampling in ((30, "4:2:0"), (90, "4:2:0"), (90, "4:2:2"), (90, "4:4:4")):
        name = f"q{quality}-{subsampling.replace(':', '')}.jpg"
        save(name, image, quality=quality, subsampling=subsampling)
    save("progressive.jpg", image, quality=80, progressive=True)
    save("grey.jpg", image.convert("L"), quality=80)
    ink = np.dstack([np.asarray(image), np.asarray(image)[:, :, 1] // 2])
    save("cmyk.jpg", Image.fromarray(ink, "CMYK"), quality=90)


def png16(name, colour_type, samples):
    """Pillow neither writes nor, but for its upper byte, reads these. samples: [h][w][channels], 16 bits."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    (HERE / name).write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    note(name, samples[:, :, :3] if colour_type & 2 else np.repeat(samples[:, :, :1], 3, axis=2))


def deep():
    bytes_ = np.asarray(lcg_image(24, 14, 2)).astype(np.uint16).reshape(14, 12, 6)
    samples = bytes_[:, :, 0:4] * 256 + bytes_[:, :, 2:6]
    png16("rgb16.png", 2, samples[:, :, :3])
    png16("rgba16.png", 6, samples)
    png16("grey16.png", 0, samples[:, :, :1])
    png16("greya16.png", 4, samples[:, :, :2])


def others():
    image = lcg_image(23, 17, 3)
    alpha = np.asarray(lcg_image(23, 17, 4))[:, :, :1].copy()
    alpha[:6] = 0
    rgba = Image.fromarray(np.dstack([np.asarray(image), alpha]))
    palette = image.quantize(16)
    grey = image.convert("L")
    bits = image.convert("1")

    save("rgba.png", rgba)
    save("greya.png", rgba.convert("LA"))
    save("palette.png", palette, bits=4, transparency=3)
    save("palette-many.png", palette, bits=4, transparency=bytes(range(0, 256, 16)))
    save("grey-key.png", grey, transparency=int(np.asarray(grey)[0, 0]))
    save("rgb-key.png", image, transparency=image.getpixel((0, 0)))
    save("bits.png", bits)
    save("key.gif", palette, transparency=5)
    save("interlaced.gif", palette, interlace=1)
    frames = [lcg_image(15, 11, seed).quantize(8) for seed in (5, 6, 7)]
    save("moving.gif", frames[0], save_all=True, append_images=frames[1:], duration=40)
    save("lossy.webp", image, quality=80)
    save("rgba.webp", rgba, lossless=True, exact=True)
    frames = [Image.fromarray(np.roll(np.asarray(rgba), i, axis=0)) for i in range(3)]
    save("moving.webp", frames[0], save_all=True, append_images=frames[1:], duration=40, lossless=True)
    save("moving.png", image, save_all=True, append_images=[lcg_image(23, 17, 8)])
    save("rgb.tif", image, compression="tiff_lzw")
    save("rgba.tif", rgba, compression="tiff_deflate")
    save("palette.tif", palette)
    save("bits.tif", bits, compression="group4")
    save("jpeg.tif", image, compression="jpeg", quality=95)
    save("rgb.bmp", image)
    save("rgba.bmp", rgba)
    save("palette.bmp", palette)
    save("rgba.tga", rgba)
    save("palette.tga", palette)
    save("run-lengths.tga", bits.convert("L"), compression="tga_rle")
    save("rgb.ppm", image)
    save("grey.pgm", grey)
    save("bits.pbm", bits)
    square = Image.fromarray(np.asarray(rgba.resize((32, 32), Image.NEAREST)))
    save("png.ico", square, sizes=[(16, 16), (32, 32)])
    save("dib.ico", square, sizes=[(16, 16), (32, 32)], bitmap_format="bmp")


def small_frame():
    """Frames that do not cover their screen, with a transparent entry and without."""
    for name in ("key.gif", "interlaced.gif"):
        data = bytearray((HERE / name).read_bytes())
        at = data.index(b"," + struct.pack("<HHHH", 0, 0, 23, 17))
        data[6:10] = struct.pack("<HH", 30, 21)
        data[at + 1 : at + 5] = struct.pack("<HH", 4, 3)
        (HERE / f"small-{name}").write_bytes(data)
        with Image.open(HERE / f"small-{name}") as again:
            note(f"small-{name}", np.asarray(again.convert("RGB")))


def xpm():
    """Pillow reads these, but does not write them."""
    rows = ["ab.a", ".bba", "a..b"]
    colours = {"a": (0xFF, 0x80, 0x10), "b": (0x10, 0x20, 0xF0), ".": (0xA0, 0xB0, 0xC0)}
    lines = ["4 3 3 1"] + [f"{letter} c #{r:02X}{g:02X}{b:02X}" for letter, (r, g, b) in colours.items()] + rows
    text = ",\n".join(f'"{line}"' for line in lines)
    (HERE / "colours.xpm").write_text(f"/* XPM */\nstatic char *xpm[] = {{\n{text}}};\n", encoding="ascii")
    note("colours.xpm", np.array([[colours[letter] for letter in row] for row in rows], np.uint8))


def turned():
    """A picture without symmetry, stored so that each orientation makes it upright."""
    upright = np.empty((24, 40, 3), np.uint8)
    upright[:12, :20], upright[:12, 20:], upright[12:, :20], upright[12:, 20:] = (
        (250, 20, 20), (20, 240, 30), (30, 40, 230), (240, 230, 40))
    store = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    for orientation, turn in store.items():
        stored = np.ascontiguousarray(turn(upright))
        image = Image.fromarray(stored)
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        for kind, options in (("jpg", {"quality": 95, "subsampling": 0}), ("png", {}), ("webp", {"lossless": True}),
                              ("tif", {"compression": "tiff_lzw"})):
            name = f"turned-{orientation}.{kind}"
            image.save(HERE / name, exif=exif, **options)
            with Image.open(HERE / name) as again:
                note(name, stored if kind == "tif" else np.asarray(again.convert("RGB")), orientation)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    for make in (jpegs, deep, others, small_frame, xpm, turned):
        make()
    text = json.dumps({"pillow": PIL.__version__, "files": entries}, indent=1)
    (HERE / "stills.json").write_text(text + "\n", encoding="utf-8")
    print(f"{len(entries)} files, {sum(f.stat().st_size for f in HERE.iterdir())} bytes")
