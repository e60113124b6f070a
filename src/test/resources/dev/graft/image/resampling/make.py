"""Makes the images of this folder: python make.py (Pillow 13.0.0, numpy)."""

import numpy as np
from PIL import Image

photo = Image.open("picture.png").convert("RGB")
photo.crop((180, 92, 212, 124)).save("photo-32x32.png", optimize=True)
photo.crop((133, 100, 233, 137)).save("photo-100x37.png", optimize=True)
# Black and white noise: the cubic overshoots everywhere, so clipping counts.
noise = np.random.default_rng(1).integers(0, 2, (9, 13, 3), dtype=np.uint8) * 255
Image.fromarray(noise).save("noise-13x9.png", optimize=True)
noise = np.random.default_rng(2).integers(0, 256, (48, 64, 3), dtype=np.uint8)
Image.fromarray(noise).save("noise-64x48.png", optimize=True)

for source, width, height in [
    ("photo-32x32", 96, 96),
    ("photo-100x37", 224, 224),
    ("noise-13x9", 31, 17),
    ("noise-64x48", 13, 7),
    ("noise-64x48", 5, 61),
    ("noise-64x48", 64, 20),
]:
    picture = Image.open(source + ".png")
    resized = picture.resize((width, height), Image.Resampling.BICUBIC)
    resized.save(f"{source}-bicubic-{width}x{height}.png", optimize=True)
