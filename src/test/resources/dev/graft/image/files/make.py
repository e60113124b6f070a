"""Makes the images of this folder, and their pixels by Pillow: python make.py (Pillow 13.0.0, numpy)."""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

WIDTH, HEIGHT = 19, 14
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
rgb = np.stack([x * 13, y * 18, 255 - x * 7 - y * 6], 2).astype(np.uint8)
rgb[4:9, 5:9] = (230, 40, 20)
alpha = ((x * 29 + y * 17) % 256).astype(np.uint8)
alpha[0], alpha[1] = 0, 255
picture = Image.fromarray(rgb)
gray = picture.convert("L")
wide = rgb.astype(np.uint16) * 256 + 255 - rgb  # 16 bits, low byte not zero


def png(name, bits, color, rows, interlaced=0):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, bits, color, 0, 0, interlaced)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    pathlib.Path(name).write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def png16(name, values):
    """Writes 16-bit color, which Pillow cannot."""
    color = {1: 0, 2: 4, 3: 2}[values.shape[2] if values.ndim == 3 else 1]
    png(name, 16, color, b"".join(b"\0" + row.astype(">u2").tobytes() for row in values))


picture.save("rgb.png")
png16("rgb-16-bit.png", wide)
gray.save("gray.png")
png16("gray-16-bit.png", wide[..., 0])
gray.convert("1").save("black-and-white.png")
picture.quantize(16).save("palette.png", bits=4)
picture.quantize(16).save("palette-with-transparency.png", bits=4, transparency=bytes(range(0, 256, 16)))
Image.fromarray(np.dstack([rgb, alpha])).save("alpha.png")
Image.merge("LA", (gray, Image.fromarray(alpha))).save("gray-alpha.png")
picture.save("transparent-color.png", transparency=(230, 40, 20))
picture.save("plain.jpg", quality=90)
picture.save("no-subsampling.jpg", quality=90, subsampling=0)
picture.save("progressive.jpg", quality=90, progressive=True)
gray.save("gray.jpg", quality=90)
cmyk = Image.merge("CMYK", [Image.fromarray(255 - rgb[..., i]) for i in range(3)] + [Image.fromarray((x * 4).astype(np.uint8))])
cmyk.save("cmyk.jpg", quality=90)
# Pillow writes no YCCK; the same data read as YCCK have other colors, but are a valid YCCK file.
data = bytearray(pathlib.Path("cmyk.jpg").read_bytes())
adobe = data.index(b"\xff\xee\x00\x0eAdobe")
data[adobe + 15] = 2
pathlib.Path("ycck.jpg").write_bytes(data)
picture.quantize(32).save("palette.gif")
picture.quantize(32).save("animation.gif", save_all=True, append_images=[gray.quantize(32)])
picture.quantize(16).save("transparent.gif", transparency=3)
picture.save("rgb.bmp")
picture.quantize(16).save("palette.bmp")
gray.save("gray.bmp")



def profile(space, tags, kind=b"mntr", connection=b"XYZ "):
    """An ICC profile of version 2.4 with only the required tags; Pillow itself can make only sRGB."""
    text = b"made by make.py\0"
    tags = {
        "desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        "cprt": b"text" + bytes(4) + b"None\0",
        "wtpt": xyz(0.9642, 1.0, 0.8249),
        **tags,
    }
    table, data, start = struct.pack(">I", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name.encode() + struct.pack(">II", start + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    white = struct.pack(">iii", 63190, 65536, 54061)
    head = struct.pack(">I4sI4s4s4s12s4s", 0, b"none", 0x02400000, kind, space, connection, bytes(12), b"acsp")
    head += bytes(28) + white + bytes(48)
    return struct.pack(">I", 128 + len(table + data)) + head[4:] + table + data


def xyz(*values):
    return b"XYZ " + bytes(4) + struct.pack(">iii", *(round(v * 65536) for v in values))


def gamma(value):
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(value * 256))


def rgb_profile(power, red, green, blue):
    curves = {name: gamma(power) for name in ("rTRC", "gTRC", "bTRC")}
    return profile(b"RGB ", {"rXYZ": xyz(*red), "gXYZ": xyz(*green), "bXYZ": xyz(*blue), **curves})


def cmyk_profile():
    """Lab values at the 16 corners of the inks: a press with weak inks on yellowish paper."""
    lab = []
    for corner in range(16):
        c, m, y_, k = (corner >> 3 & 1, corner >> 2 & 1, corner >> 1 & 1, corner & 1)
        light = max(8, 96 - 34 * c - 42 * m - 6 * y_ - 74 * k)
        fade = 0.2 if k else 1
        lab += [light * 255 // 100, round(128 + fade * (-30 * c + 62 * m - 4 * y_)), round(130 + fade * (-40 * c - 4 * m + 75 * y_))]
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    lut += bytes(range(256)) * 4 + bytes(lab) + bytes(range(256)) * 3
    return profile(b"CMYK", {"A2B0": lut}, b"prtr", b"Lab ")


adobe_rgb = rgb_profile(2.19921875, (0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
display_p3 = rgb_profile(2.2, (0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
gray_18 = profile(b"GRAY", {"kTRC": gamma(1.8)})
# Also the target profile of Graft, so that black is the same in both: src/main/resources/dev/graft/image/srgb.icc
srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

picture.save("adobe-rgb.jpg", quality=90, icc_profile=adobe_rgb)
picture.save("display-p3.jpg", quality=90, icc_profile=display_p3)
picture.save("display-p3.png", icc_profile=display_p3)
# More pixels than are converted at once.
picture.resize((190, 280), Image.Resampling.NEAREST).save("display-p3-large.png", icc_profile=display_p3, optimize=True)
picture.save("srgb-profile.png", icc_profile=srgb)
picture.save("broken-profile.png", icc_profile=adobe_rgb[:300])
picture.save("gray-profile-on-color.jpg", quality=90, icc_profile=gray_18)
gray.save("gray-profile.jpg", quality=90, icc_profile=gray_18)
gray.save("gray-profile.png", icc_profile=gray_18)
cmyk.save("cmyk-profile.jpg", quality=90, icc_profile=cmyk_profile())


def turned(number):
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


for number in range(1, 9):
    picture.save(f"orientation-{number}.jpg", quality=90, exif=turned(number))
picture.save("turned.png", exif=turned(6))
picture.save("turned.tiff", exif=turned(5))
picture.save("turned.webp", lossless=True, exif=turned(8))

rgba = Image.fromarray(np.dstack([rgb, alpha]))
# Pillow writes no interlaced PNG.
passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
rows = b"".join(b"\0" + row.tobytes() for top, left, down, right in passes for row in rgb[top::down, left::right])
png("interlaced.png", 8, 2, rows, 1)
png16("gray-alpha-16-bit.png", np.dstack([wide[..., 0], alpha.astype(np.uint16) * 257]))

small = picture.quantize(16).crop((0, 0, 9, 6))
data = io.BytesIO()
small.save(data, "GIF")
data = bytearray(data.getvalue())
data[6:10] = struct.pack("<HH", WIDTH, HEIGHT)  # the screen is larger than the frame,
frame = data.index(b",\0\0\0\0\x09\0\x06\0")
data[frame + 1 : frame + 5] = struct.pack("<HH", 4, 3)  # which lies somewhere on it
pathlib.Path("frame.gif").write_bytes(data)

picture.save("rgb.tiff")
picture.save("lzw.tiff", compression="tiff_lzw")
picture.save("deflate.tiff", compression="tiff_adobe_deflate")
picture.save("packbits.tiff", compression="packbits")
picture.save("jpeg.tiff", compression="jpeg", quality=90)
rgba.save("alpha.tiff", compression="tiff_lzw")
gray.save("gray.tiff")
Image.fromarray(wide[..., 0]).save("gray-16-bit.tiff")
gray.convert("1").save("fax.tiff", compression="group4")
gray.convert("1").save("black-and-white.tiff")
picture.quantize(16).save("palette.tiff")
cmyk.save("cmyk.tiff")
cmyk.save("cmyk-profile.tiff", icc_profile=cmyk_profile())
picture.save("adobe-rgb.tiff", icc_profile=adobe_rgb)
gray.save("gray-profile.tiff", icc_profile=gray_18)

smooth = Image.fromarray(np.stack([60 + x * 9, 40 + y * 12, 220 - x * 4 - y * 5], 2).astype(np.uint8))
smooth.save("lossy.webp", quality=95)
Image.new("RGB", (WIDTH, HEIGHT), (230, 40, 20)).save("flat.webp", quality=90)
picture.save("lossless.webp", lossless=True)
rgba.save("alpha.webp", lossless=True, exact=True)
Image.merge("RGBA", (*smooth.split(), Image.fromarray(alpha))).save("lossy-alpha.webp", quality=95)
picture.save("adobe-rgb.webp", lossless=True, icc_profile=adobe_rgb)

KINDS = (".png", ".jpg", ".gif", ".bmp", ".tiff", ".webp")
seen_folder = pathlib.Path("seen-by-pillow")
seen_folder.mkdir(exist_ok=True)


def to_srgb(image):
    """Converts by the profile, if there is one that Pillow can use."""
    data = image.info.get("icc_profile")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(data or b""))
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        colors = image.convert("RGB") if alpha else image
        result = ImageCms.profileToProfile(colors, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return result if data != srgb else image
    except (ImageCms.PyCMSError, OSError):
        return image


for file in sorted(pathlib.Path(".").glob("*.*")):
    if file.suffix not in KINDS:
        continue
    with Image.open(file) as opened:
        if opened.mode == "I;16":  # Pillow would clip at 255
            opened = Image.fromarray((np.asarray(opened) >> 8).astype(np.uint8))
        seen = to_srgb(ImageOps.exif_transpose(opened)).convert("RGBA")
    white = Image.new("RGB", seen.size, "white")
    white.paste(seen, mask=seen.getchannel("A"))
    white.save(seen_folder / (file.name + ".png"), optimize=True)

large = Image.fromarray(np.random.default_rng(1).integers(0, 256, (37, 50, 3)).astype(np.uint8))
pathlib.Path("reduced").mkdir(exist_ok=True)
large.save("reduced/1.png")
for factor in (2, 3, 5, 7, 18):
    large.reduce(factor).save(f"reduced/{factor}.png", optimize=True)

# Valid images that are much larger than their files.
pathlib.Path("one-color").mkdir(exist_ok=True)
Image.new("RGB", (2000, 2000), (230, 40, 20)).save("one-color/lossless.webp", lossless=True)
Image.new("1", (2480, 3508), 1).save("one-color/fax.tiff", compression="group4", tiffinfo={278: 3508})  # A4, one strip
Image.new("1", (2000, 2000), 1).save("one-color/black-and-white.png", optimize=True)
Image.new("P", (1200, 1200)).save("one-color/palette.gif")
