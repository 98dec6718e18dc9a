"""Losses by torch: its own functional losses, and the common formulas where it has none. Those of rows are means of tensors."""

from __future__ import annotations

import math

import torch
from _pieces import main
from torch.nn import functional

tensor = torch.from_numpy


def mse(p, t):
    return functional.mse_loss(p, t)


def bce(z, y):
    return functional.binary_cross_entropy_with_logits(z, y.float())


def focal(z, y):
    y = y.float()
    ce = functional.binary_cross_entropy_with_logits(z, y, reduction="none")
    p = torch.sigmoid(z)
    missed = p + y - 2 * p * y  # 1 - p_t
    return (ce * missed * missed).mean()


def ce(z, y):
    return functional.cross_entropy(z, y)


def overlap(ax1, ay1, ax2, ay2, bx1, by1, bx2, by2):
    """The shared area and the union."""
    wide = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp_(min=0)
    high = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp_(min=0)
    shared = wide * high
    union = (ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - shared
    return shared, union


def giou(p, t):
    sides = (*p.unbind(1), *t.unbind(1))
    ax1, ay1, ax2, ay2, bx1, by1, bx2, by2 = sides
    shared, union = overlap(*sides)
    hull = (torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)) * (torch.maximum(ay2, by2) - torch.minimum(ay1, by1))
    return (1 - shared / union + (hull - union) / hull).mean()


def ciou(p, t):
    sides = (*p.unbind(1), *t.unbind(1))
    ax1, ay1, ax2, ay2, bx1, by1, bx2, by2 = sides
    shared, union = overlap(*sides)
    iou = shared / union
    far = (ax1 + ax2 - bx1 - bx2).square() / 4 + (ay1 + ay2 - by1 - by2).square() / 4
    wide, high = torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1), torch.maximum(ay2, by2) - torch.minimum(ay1, by1)
    turn = torch.atan((bx2 - bx1) / (by2 - by1)) - torch.atan((ax2 - ax1) / (ay2 - ay1))
    shape = turn.square() * (4 / math.pi**2)
    alpha = (shape / (1 - iou + shape)).detach()  # the paper takes no gradient through it
    return (1 - iou + far / (wide.square() + high.square()) + alpha * shape).mean()


def dice(p, y):
    p, y = p.flatten(1), y.flatten(1)
    both = p.sum(1) + y.sum(1)
    return (1 - 2 * (p * y).sum(1) / both).mean()


def triplet(x):
    a, p, n = x.unbind(1)
    return functional.triplet_margin_loss(a, p, n, margin=0.2)


LOSSES = {f.__name__: f for f in (mse, bce, focal, ce, giou, ciou, dice, triplet)}


def evaluated(loss):
    """The sum of the losses of arrays, and their number."""

    def kernel(*arrays):
        return loss(*map(tensor, arrays)).item() * len(arrays[0]), len(arrays[0])

    return kernel


def classes(y):
    """Masks of the rows of one class, with and without the row itself."""
    same = tensor(y)[:, None] == tensor(y)
    return same, same.clone().fill_diagonal_(False)


def cosines(x, temperature):
    unit = functional.normalize(tensor(x))
    return (unit @ unit.T).div_(temperature)


def nt_xent(x, y):
    same, like = classes(y)
    z = cosines(x, 0.07)
    strangers = z.masked_fill(same, -math.inf).logsumexp(1)
    anchor, positive = like.nonzero(as_tuple=True)
    losses = functional.softplus(strangers[anchor] - z[anchor, positive])
    return losses.sum().item(), len(losses)


def supcon(x, y):
    _, like = classes(y)
    z = cosines(x, 0.1).fill_diagonal_(-math.inf)
    behind = (z.logsumexp(1, keepdim=True) - z).masked_fill_(~like, 0)
    return (behind.sum(1) / like.sum(1)).sum().item(), len(x)


def mined_triplet(x, y):
    same, like = classes(y)
    d = torch.cdist(tensor(x), tensor(x))
    farthest = d.masked_fill(~like, -math.inf).amax(1)
    nearest = d.masked_fill_(same, math.inf).amin(1)
    return functional.relu(farthest - nearest + 0.2).sum().item(), len(x)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    main({name: evaluated(loss) for name, loss in LOSSES.items()} | {f.__name__: f for f in (nt_xent, supcon, mined_triplet)})
