"""The photograph of 24 coins: careful boxes and masks, a quick detector's boxes, and a pixel classifier's scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage as ndi
from scipy.optimize import linear_sum_assignment
from skimage import data, feature, filters, measure, morphology, segmentation
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from making.write import Array, csv, npy, shares

CUT = 151  # the gap between the second and the third row of coins; each half of the photograph is one image
GAPS = (85, 150, 225)
IMAGES = ("top", "bottom")
RIM = 4


@dataclass(frozen=True)
class Coins:
    """The photograph and its coins in reading order; boxes are xyxy in the frame of the coin's own half."""

    photo: Array
    regions: Array
    ids: tuple[str, ...]
    image: Array
    truth: Array
    found: Array
    score: Array

    def half(self, image: int) -> Array:
        return self.photo[:CUT] if image == 0 else self.photo[CUT:]


def find_coins() -> Coins:
    """Truth by a watershed between markers, predictions by a strict local threshold that loses the shaded sides."""
    photo = data.coins()
    markers = np.where(photo < 30, 1, np.where(photo > 150, 2, 0))
    filled = ndi.binary_fill_holes(segmentation.watershed(filters.sobel(photo), markers) == 2)
    regions = measure.label(morphology.remove_small_objects(filled, max_size=200))
    props = sorted(measure.regionprops(regions), key=lambda r: (np.searchsorted(GAPS, r.centroid[0]), r.centroid[1]))
    truth = np.array([(r.bbox[1], r.bbox[0], r.bbox[3], r.bbox[2]) for r in props], np.float64)
    row = np.searchsorted(GAPS, [r.centroid[0] for r in props])
    assert np.bincount(row).tolist() == [6, 6, 6, 6], "the tray has four rows of six coins"

    found, score = _quick(photo)
    overlap = pairwise_iou(truth, found)
    _, match = linear_sum_assignment(-overlap)
    assert len(found) == len(truth), "the quick detector found too many or too few"
    assert overlap[np.arange(len(truth)), match].min() > 0.5, "a coin has no prediction"
    down = np.array([0, CUT, 0, CUT]) * (row >= 2)[:, None]
    inside = np.clip(np.round(found[match] - down, 2), 0, None)  # one box leans over the cut
    ids = tuple(f"{'abcd'[r]}{i % 6 + 1}" for i, r in enumerate(row))
    return Coins(photo, regions, ids, (row >= 2).astype(int), truth - down, inside, score[match])


def _quick(photo: Array) -> tuple[Array, Array]:
    """Boxes of the ellipses with the same second moments as the bright blobs, and scores."""
    smooth = filters.gaussian(photo, 2, preserve_range=True)
    margin = smooth - filters.threshold_local(smooth, 101, offset=-30)
    blobs = measure.label(morphology.remove_small_objects(margin > 0, max_size=150))
    boxes, scores = [], []
    for blob in measure.regionprops(blobs):
        y, x = blob.coords.T
        cx, cy, rx, ry = x.mean() + 0.5, y.mean() + 0.5, 2 * x.std(), 2 * y.std()
        boxes.append((cx - rx, cy - ry, cx + rx, cy + ry))
        scores.append(1 / (1 + np.exp(-margin[y, x].mean() / 15)))
    return np.array(boxes), np.round(scores, 4)


def boxes(coins: Coins) -> None:
    """One row per coin in both files, in reading order."""
    images = [IMAGES[i] for i in coins.image]
    labels = [i[0] for i in coins.ids]
    found = zip(coins.ids, images, coins.found, coins.score, labels, strict=True)
    truth = zip(coins.ids, images, coins.truth, labels, strict=True)
    csv("boxes.csv", ("id", "image_id", "x1", "y1", "x2", "y2", "score", "label"), ((i, m, *b, s, k) for i, m, b, s, k in found))
    csv("gt.csv", ("id", "image_id", "x1", "y1", "x2", "y2", "label"), ((i, m, *b, k) for i, m, b, k in truth))
    npy("boxes.npy", coins.found)
    npy("gt.npy", coins.truth)


def masks(coins: Coins) -> None:
    """Crops around every other coin; each half of the photograph is scored by a model that learned on the other half."""
    classes = _classes(coins)
    scores = _pixel_scores(coins, classes)
    p3 = np.stack([_crop(scores, coins, i) for i in range(0, 24, 2)])
    mask3 = np.stack([_crop(classes, coins, i) for i in range(0, 24, 2)])
    p, mask = 1 - p3[..., 0], (mask3 > 0).astype(np.uint8)
    npy("coins_probs.npy", p)
    npy("coins_masks.npy", mask)
    npy("coins3_probs.npy", np.moveaxis(p3[:4], -1, 1))
    npy("coins3_masks.npy", mask3[:4])

    edge = (slice(4), slice(24, 40), slice(2, 18))  # a window over the left rim of each of the first four coins
    small, truth = p[edge], mask[edge]
    assert all(0 < t.mean() < 1 for t in truth), "a window shows no rim"
    places = [(coins.ids[2 * n], r, c, (n, r, c)) for n, r, c in np.ndindex(small.shape)]
    csv("coins_pixels_pred.csv", ("image", "row", "col", "p"), ((i, r, c, small[at]) for i, r, c, at in places))
    csv("coins_pixels_target.csv", ("image", "row", "col", "mask"), ((i, r, c, truth[at]) for i, r, c, at in places))
    npy("coins_pixels_pred.npy", small)
    npy("coins_pixels_target.npy", truth)


def _classes(coins: Coins) -> Array:
    """0 background, 1 rim (the outer pixels of a coin), 2 inside."""
    coin = coins.regions > 0
    return coin.astype(np.uint8) + morphology.erosion(coin, morphology.disk(RIM)).astype(np.uint8)


def _pixel_scores(coins: Coins, classes: Array) -> Array:
    """(H,W,3) probabilities of softmax regression on intensity, edges and texture at several scales."""
    x = feature.multiscale_basic_features(coins.photo, sigma_min=1, sigma_max=8)
    p = np.empty((*coins.photo.shape, 3))
    for learn, score in ((slice(CUT, None), slice(CUT)), (slice(CUT), slice(CUT, None))):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=300))
        model.fit(x[learn].reshape(-1, x.shape[-1])[::3], classes[learn].ravel()[::3])
        p[score] = model.predict_proba(x[score].reshape(-1, x.shape[-1])).reshape(p[score].shape)
    return shares(p)


def _crop(image: Array, coins: Coins, i: int, size: int = 64) -> Array:
    """The square around coin `i`, moved inward at the border of the photograph."""
    x1, y1, x2, y2 = coins.truth[i] + np.array([0, CUT, 0, CUT]) * coins.image[i]
    top = int(np.clip((y1 + y2 - size) // 2, 0, image.shape[0] - size))
    left = int(np.clip((x1 + x2 - size) // 2, 0, image.shape[1] - size))
    return image[top : top + size, left : left + size]


def pairwise_iou(a: Array, b: Array) -> Array:
    """(len(a), len(b)) overlaps of xyxy boxes."""
    low, high = np.maximum(a[:, None, :2], b[:, :2]), np.minimum(a[:, None, 2:], b[:, 2:])
    both = np.clip(high - low, 0, None).prod(-1)
    return both / ((a[:, 2:] - a[:, :2]).prod(-1)[:, None] + (b[:, 2:] - b[:, :2]).prod(-1) - both)
