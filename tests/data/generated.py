"""Test images by integer arithmetic alone: the twin of tests/support/generated.hpp, bit for bit."""
import numpy as np


def noise(width, height, seed):
    """White noise, 0..65535: the high halves of a linear congruential generator."""
    state = (seed * 2654435761 + 1) & 0xFFFFFFFF
    out = np.empty(width * height, np.uint16)
    for i in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 16
    return out.reshape(height, width)


def box_blur(image, radius):
    """Mean of the (2 radius + 1)^2 neighbours inside the image, rounded down."""
    height, width = image.shape
    total = np.zeros((height + 1, width + 1), np.uint64)
    total[1:, 1:] = image.astype(np.uint64).cumsum(0).cumsum(1)
    y0, y1 = (np.clip(np.arange(height) + d, 0, height) for d in (-radius, radius + 1))
    x0, x1 = (np.clip(np.arange(width) + d, 0, width) for d in (-radius, radius + 1))
    sums = total[np.ix_(y1, x1)] - total[np.ix_(y0, x1)] - total[np.ix_(y1, x0)] + total[np.ix_(y0, x0)]
    counts = np.outer(y1 - y0, x1 - x0).astype(np.uint64)
    return (sums // counts).astype(np.uint16)


def texture(width, height, seed, radius=2):
    """Smooth texture: noise, blurred, stretched to 0..65535 by integer arithmetic."""
    image = box_blur(noise(width, height, seed), radius).astype(np.uint64)
    low, high = int(image.min()), int(image.max())
    if high > low:
        image = (image - low) * 65535 // (high - low)
    return image.astype(np.uint16)
