"""Writes image.png, and operations.png with the results of torchvision's operations, one below the other, in the order of operations.csv."""
import csv
import numpy
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.autoaugment import RandAugment, _apply_op

SIDE = 17
photo = Image.open("../resampling/picture.png").convert("RGB").resize((SIDE, SIDE), Image.BICUBIC)
image = Image.fromarray((40 + numpy.asarray(photo) * 0.6).astype(numpy.uint8))  # without black or white
image.save("image.png")
results, rows = [], []
for name, (magnitudes, signed) in RandAugment()._augmentation_space(31, (SIDE, SIDE)).items():
    for magnitude in ((9, -9, 30, -30) if signed else (9, 30) if magnitudes.ndim else (9,)):
        value = float(magnitudes[abs(magnitude)]) * (1 if magnitude > 0 else -1) if magnitudes.ndim else 0.0
        rows.append([name, magnitude])
        results.append(_apply_op(image, name, value, InterpolationMode.NEAREST, None))
Image.fromarray(numpy.concatenate([numpy.asarray(each) for each in results])).save("operations.png", optimize=True)
csv.writer(open("operations.csv", "w"), lineterminator="\n").writerows(rows)
