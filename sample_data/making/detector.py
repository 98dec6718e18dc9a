"""A tiny detector of small and large coins, whose raw outputs fill the roles of Faster R-CNN, SSD and YOLO v1.

It looks at a patch as 8x8 grey values: softmax regression predicts the class (background, small, large), ridge regression the box.
Each half of the photograph is scored by a detector that learned on the other half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from skimage.transform import resize
from sklearn.linear_model import LogisticRegression, Ridge

from making.coins import Coins, pairwise_iou
from making.write import Array, npz, softmax

SIDE, LARGE = 48, 1600
SSD_WEIGHTS = np.array([10.0, 10.0, 5.0, 5.0])
GRID = 7


def anchors(width: int, height: int, step: int, side: int = SIDE) -> Array:
    """Square anchors inside the image, row by row."""
    y, x = np.mgrid[side / 2 : height - side / 2 + 1 : step, side / 2 : width - side / 2 + 1 : step]
    return squares(x.ravel(), y.ravel(), side)


def squares(x: Array, y: Array, side: int) -> Array:
    return np.stack([x - side / 2, y - side / 2, x + side / 2, y + side / 2], -1).astype(np.float64)


def encode(box: Array, anchor: Array) -> Array:
    """tx = (x - xa)/wa, ty = (y - ya)/ha, tw = log(w/wa), th = log(h/ha), with x, y the centres."""
    size, size_a = box[:, 2:] - box[:, :2], anchor[:, 2:] - anchor[:, :2]
    shift = (box[:, 2:] + box[:, :2] - anchor[:, 2:] - anchor[:, :2]) / 2
    return np.concatenate([shift / size_a, np.log(size / size_a)], -1)


def decode(deltas: Array, anchor: Array) -> Array:
    """The boxes that `encode` would encode as these."""
    size = anchor[:, 2:] - anchor[:, :2]
    centre, half = (anchor[:, :2] + anchor[:, 2:]) / 2 + deltas[:, :2] * size, np.exp(deltas[:, 2:]) * size / 2
    return np.concatenate([centre - half, centre + half], -1)


def assign(anchor: Array, truth: Array) -> Array:
    """The coin of each anchor by an overlap of at least one half, and of each coin's best anchor; -1 for none."""
    overlap = pairwise_iou(anchor, truth)
    match = np.where(overlap.max(1) >= 0.5, overlap.argmax(1), -1)
    match[overlap.argmax(0)] = np.arange(len(truth))
    return match


@dataclass(frozen=True)
class Scene:
    """One half of the photograph, its coins' boxes and their classes (1 small, 2 large)."""

    image: Array
    box: Array
    label: Array

    def look(self, at: Array) -> Array:
        """The patches under the boxes as rows of 64 grey values in 0…1; beyond the border its last pixels repeat."""
        pad = SIDE
        wide = np.pad(self.image / 255, pad, mode="edge")
        corners = np.rint(at).astype(int) + pad
        return np.stack([resize(wide[y1:y2, x1:x2], (8, 8), anti_aliasing=True).ravel() for x1, y1, x2, y2 in corners])


class Detector:
    """Fitted on one scene."""

    def __init__(self, scene: Scene) -> None:
        at = anchors(scene.image.shape[1], scene.image.shape[0], 6)
        match = assign(at, scene.box)
        hit = match >= 0
        x, label = scene.look(at), np.where(hit, scene.label[match], 0)
        self._class = LogisticRegression(C=1.0, max_iter=1000).fit(x, label)
        targets = encode(scene.box[match[hit]], at[hit])
        self._box = [Ridge(1.0).fit(x[hit][label[hit] == k], targets[label[hit] == k]) for k in (1, 2)]

    def logits(self, scene: Scene, at: Array) -> Array:
        """(n,3) for background, small, large."""
        return np.round(self._class.decision_function(scene.look(at)), 4)

    def deltas(self, scene: Scene, at: Array) -> Array:
        """(n,2,4), one encoded box per class of coin."""
        return np.round(np.stack([m.predict(scene.look(at)) for m in self._box], 1), 4)

    def likeliest(self, scene: Scene, at: Array) -> Array:
        """(n,4), the encoded box of the likelier of the two classes."""
        return self.deltas(scene, at)[np.arange(len(at)), self.logits(scene, at)[:, 1:].argmax(-1)]


def composites(coins: Coins, seed: int) -> None:
    """The three pairs of files."""
    scenes = []
    for half in (0, 1):
        here = np.flatnonzero(coins.image == half)
        areas = np.array([_area(coins, int(i)) for i in here])
        scenes.append(Scene(coins.half(half), coins.truth[here], 1 + (areas > LARGE).astype(np.int64)))
    detectors = [Detector(scenes[1]), Detector(scenes[0])]
    _faster_rcnn(scenes, detectors, np.random.default_rng(seed))
    _ssd(scenes, detectors)
    _yolo(scenes, detectors)


def _area(coins: Coins, i: int) -> int:
    x1, y1, x2, y2 = coins.truth[i].astype(int)
    shift = coins.photo.shape[0] - coins.half(1).shape[0] if coins.image[i] else 0
    return int(np.count_nonzero(coins.regions[y1 + shift : y2 + shift, x1:x2]))


def _faster_rcnn(scenes: list[Scene], detectors: list[Detector], rng: np.random.Generator) -> None:
    """32 regions per image, a quarter of them coins, as the RoI head samples them; one box per class."""
    parts = []
    for scene, detector in zip(scenes, detectors, strict=True):
        at = anchors(scene.image.shape[1], scene.image.shape[0], 8)
        match = assign(at, scene.box)
        hits, misses = np.flatnonzero(match >= 0), np.flatnonzero(match < 0)
        pick = np.sort(np.concatenate([rng.choice(hits, 8, replace=False), rng.choice(misses, 24, replace=False)]))
        at, match, hit = at[pick], match[pick], match[pick] >= 0
        boxes = np.concatenate([np.zeros((len(at), 1, 4)), detector.deltas(scene, at)], 1).reshape(len(at), 12)
        targets = np.where(hit[:, None], encode(scene.box[match], at), 0)
        parts.append((detector.logits(scene, at), boxes, np.where(hit, scene.label[match], 0), targets))
    scores, boxes, label, targets = (np.concatenate(p) for p in zip(*parts, strict=True))
    npz("faster_rcnn_pred.npz", {"scores": scores, "deltas": boxes})
    npz("faster_rcnn_target.npz", {"label": label, "deltas": targets})


def _ssd(scenes: list[Scene], detectors: list[Detector]) -> None:
    """Two images that share their anchors; the deltas carry SSD's weights 10, 10, 5, 5."""
    at = anchors(scenes[0].image.shape[1], min(s.image.shape[0] for s in scenes), 16)
    pairs = list(zip(scenes, detectors, strict=True))
    scores = np.stack([d.logits(s, at) for s, d in pairs])
    deltas = np.stack([d.likeliest(s, at) for s, d in pairs]) * SSD_WEIGHTS
    npz("ssd_pred.npz", {"scores": scores, "deltas": np.round(deltas, 4), "anchor": at})
    truth = {"box": np.stack([s.box for s in scenes]), "label": np.stack([s.label for s in scenes])}
    npz("ssd_target.npz", {**truth, "match": np.stack([assign(at, s.box) for s in scenes])})


def _yolo(scenes: list[Scene], detectors: list[Detector]) -> None:
    """A 7x7 grid, two boxes per cell (a second look from patches of 40 and 56 pixels), two classes."""
    grid = np.zeros((len(scenes), GRID, GRID, 12))
    obj = np.zeros((len(scenes), GRID, GRID), np.uint8)
    box, kind = np.zeros((*obj.shape, 4)), np.zeros((*obj.shape, 2), np.uint8)
    for n, (scene, detector) in enumerate(zip(scenes, detectors, strict=True)):
        height, width = scene.image.shape
        full, cell = np.array([width, height]), np.array([width, height]) / GRID
        row, col = (a.ravel() for a in np.mgrid[:GRID, :GRID])
        corner = np.stack([col, row], -1) * cell
        for b, side in enumerate((40, 56)):
            x, y = np.moveaxis(corner + cell / 2, -1, 0)
            at = squares(x, y, side)
            near = decode(detector.likeliest(scene, at), at)
            last = decode(detector.likeliest(scene, near), near)
            p = softmax(detector.logits(scene, near))
            place = ((last[:, :2] + last[:, 2:]) / 2 - corner) / cell
            out = np.concatenate([place, (last[:, 2:] - last[:, :2]) / full, 1 - p[:, :1]], -1)
            grid[n, ..., 5 * b : 5 * b + 5] = out.reshape(GRID, GRID, 5)
            if b == 0:
                grid[n, ..., 10:] = (p[:, 1:] / p[:, 1:].sum(-1, keepdims=True)).reshape(GRID, GRID, 2)
        centre = (scene.box[:, :2] + scene.box[:, 2:]) / 2
        c, r = np.floor(centre / cell).astype(int).T
        obj[n, r, c] = 1
        assert obj[n].sum() == len(centre), "two coins share a cell"
        box[n, r, c] = np.concatenate([centre / cell - np.stack([c, r], -1), (scene.box[:, 2:] - scene.box[:, :2]) / full], -1)
        kind[n, r, c, scene.label - 1] = 1
    npz("yolo_pred.npz", {"grid": np.round(grid, 4)})
    npz("yolo_target.npz", {"obj": obj, "box": box, "class": kind})
