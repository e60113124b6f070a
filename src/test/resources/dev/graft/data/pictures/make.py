"""Makes the pictures of this folder, and what Pillow reads in them: python make.py (Pillow 13.0.0, numpy)."""

import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 19, 14
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
rgb = np.stack([x * 13, y * 18, 255 - x * 7 - y * 6], 2).astype(np.uint8)
rgb[4:9, 5:9] = (230, 40, 20)
alpha = ((x * 29 + y * 17) % 256).astype(np.uint8)
alpha[0], alpha[1] = 0, 255
picture = Image.fromarray(rgb)
grey = picture.convert("L")
wide = rgb.astype(np.uint16) * 256 + 255 - rgb  # 16 bits, low byte not zero


def png16(name, values):
    """Pillow writes no 16-bit colour."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    colour = 2 if values.ndim == 3 else 0
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, colour, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    pathlib.Path(name).write_bytes(b"\x89PNG\r\n\x1a\n" + data)


picture.save("rgb.png")
png16("rgb-16-bit.png", wide)
grey.save("grey.png")
png16("grey-16-bit.png", wide[..., 0])
grey.convert("1").save("black-and-white.png")
picture.quantize(16).save("palette.png", bits=4)
picture.quantize(16).save("palette-with-transparency.png", bits=4, transparency=bytes(range(0, 256, 16)))
Image.fromarray(np.dstack([rgb, alpha])).save("alpha.png")
Image.merge("LA", (grey, Image.fromarray(alpha))).save("grey-alpha.png")
picture.save("transparent-colour.png", transparency=(230, 40, 20))
picture.save("plain.jpg", quality=90)
picture.save("no-subsampling.jpg", quality=90, subsampling=0)
picture.save("progressive.jpg", quality=90, progressive=True)
grey.save("grey.jpg", quality=90)
cmyk = Image.merge("CMYK", [Image.fromarray(255 - rgb[..., i]) for i in range(3)] + [Image.fromarray((x * 4).astype(np.uint8))])
cmyk.save("cmyk.jpg", quality=90)
# Pillow writes no YCCK; the same data read as YCCK are other colours, but they are a YCCK file.
data = bytearray(pathlib.Path("cmyk.jpg").read_bytes())
adobe = data.index(b"\xff\xee\x00\x0eAdobe")
data[adobe + 15] = 2
pathlib.Path("ycck.jpg").write_bytes(data)
picture.quantize(32).save("palette.gif")
picture.quantize(32).save("animation.gif", save_all=True, append_images=[grey.quantize(32)])
picture.quantize(16).save("transparent.gif", transparency=3)
picture.save("rgb.bmp")
picture.quantize(16).save("palette.bmp")
grey.save("grey.bmp")

for file in sorted(pathlib.Path(".").glob("*.*")):
    if file.suffix not in (".png", ".jpg", ".gif", ".bmp"):
        continue
    if file.name == "grey-16-bit.png":  # Pillow would cut off at 255
        seen = Image.fromarray((wide[..., 0] >> 8).astype(np.uint8)).convert("RGB")
    else:
        with Image.open(file) as opened:
            seen = opened.convert("RGBA")
        white = Image.new("RGB", seen.size, "white")
        white.paste(seen, mask=seen.getchannel("A"))
        seen = white
    folder = pathlib.Path("seen-by-pillow")
    folder.mkdir(exist_ok=True)
    seen.save(folder / (file.name + ".png"), optimize=True)
