"""Losses against proxies: one or several learned vectors per class instead of the rows of a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np

from losscli.core.errors import DataError, Where
from losscli.families.embed._affinity import Affinity
from losscli.families.embed._batch_softmax import Costs, costs_of
from losscli.families.embed._batches import Column, Found, batched
from losscli.families.embed._reduction import Terms
from losscli.families.embed._vectors import pull_unit, unit
from losscli.families.embed.family import BOTH, FAMILY
from losscli.families.shared.class_scores import at
from losscli.numerics.stable import Bools, Floats, Ints, dot, log_softmax, log_sum_exp, sigmoid, softplus
from losscli.spec.loss import Param, Params

_SPAN = 1 << 20
"""Number of coordinate differences kept in memory at a time."""

_FAR = 1e140
"""Differences of coordinates up to this have sums of squares that are doubles."""

Scale = Annotated[float, Param("factor of the squared distance", gt=0, example="4")]
Normalize = Annotated[bool, Param("normalise embeddings and proxies to unit length first")]
Form = Annotated[
    Literal["original", "all"], Param("denominator over the other proxies, or over all, the own one included (ProxyNCA++)")
]


@FAMILY.loss(
    "proxy_nca",
    cite="Movshovitz-Attias 2017",
    lowest=None,
    domain={"class_weights": "direction"},
    conventions={"pml": {"form": "all"}},
)
def proxy_nca(
    embedding: Floats,
    label: Ints,
    class_weights: Floats,
    *,
    form: Form = "original",
    scale: Scale = 1.0,
    normalize: Normalize = True,
) -> Floats:
    """Softmax cross-entropy over negative squared distances to class proxies (NCA with proxies).

    Formula: L = -log(e^(-scale·d_y²) / Σ_j e^(-scale·d_j²)), d_j the Euclidean distance to proxy j, the sum over j ≠ y (original)
    or over all j (all).
    Gradient: 2·scale·((x - p_y) - Σ_j q_j·(x - p_j)), q the softmax over the denominator; through x/‖x‖ if normalised.
    Edge cases: original is negative where the own proxy is much nearer than the others, and needs two classes.
    Use when: classes are many and batches small: each row is compared with every class, without mining pairs.
    Avoid when: training with form=original, which has no lower bound; form=all includes the own proxy in the sum.
    Related: form=all on unit vectors is norm_softmax with s = 2·scale; nca uses the rows of the batch instead of proxies.
    Equivalents: pytorch-metric-learning ProxyNCALoss(softmax_scale=1): `proxy_nca:form=all`; ProxyNCA++ with its temperature 1/9:
    `proxy_nca:form=all,scale=9`.
    """
    if form == "original" and len(class_weights) < 2:
        raise DataError("form=original needs at least two proxies", Where("--class-weights"), "use form=all")
    return np.concatenate([x for _, _, x in _distances(embedding, label, class_weights, form, scale, normalize)]) + 0.0


@proxy_nca.gradient
def _proxy_nca_slope(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
    parts = []
    for gap, g, _ in _distances(embedding, label, class_weights, p.form, p.scale, p.normalize):
        parts.append(np.einsum("nc,ncd->nd", -2.0 * p.scale * g, gap))
    slope = np.concatenate(parts)
    return pull_unit(embedding, slope) if p.normalize else slope


def _distances(
    embedding: Floats, label: Ints, proxies: Floats, form: str, scale: float, normalize: bool
) -> Iterator[tuple[Floats, Floats, Floats]]:
    """Per chunk of rows: their differences from every proxy, d loss / d(-scale·d²), and the losses."""
    x, p = (unit(embedding), unit(proxies)) if normalize else (embedding, proxies)
    step = max(1, _SPAN // max(1, p.size))
    for start in range(0, len(x), step):
        gap, y = x[start : start + step, None] - p, label[start : start + step, None]
        z, shrink = -scale * dot(gap, gap), np.ones(len(y))
        if not np.isfinite(z).all():  # differences of squares beyond the doubles, measured in a larger unit
            shrink = np.minimum(1.0, _FAR / np.abs(gap).max((1, 2)))
            near = shrink[:, None, None] * gap
            z = -scale * dot(near, near)
        if form == "all":
            log_p = log_softmax(z)
            g = np.exp(log_p)
            loss = -np.take_along_axis(log_p, y, 1)[:, 0]
        else:
            others = z.copy()
            np.put_along_axis(others, y, -np.inf, 1)
            total = log_sum_exp(others)
            g, loss = np.exp(others - total[:, None]), total - np.take_along_axis(z, y, 1)[:, 0]
        np.put_along_axis(g, y, np.take_along_axis(g, y, 1) - 1.0, 1)
        yield gap, g, loss / shrink / shrink


@FAMILY.loss("proxy_anchor", cite="Kim 2020", unit="whole", domain=BOTH, conventions={"pml": {}})
@batched("there are no rows")
def proxy_anchor(
    embedding: Floats,
    label: Ints,
    class_weights: Floats,
    *,
    m: Annotated[float, Param("margin on the cosine", ge=0, example="0.3")] = 0.1,
    alpha: Annotated[float, Param("sharpness", gt=0, example="8")] = 32.0,
) -> Found:
    """Log-sum-exp, per proxy, of low cosines to rows of its class and of high cosines to all other rows.

    Formula: L = (1/|P⁺|)·Σ_{p in P⁺} log(1 + Σ_{x of p} e^(-α(s - m))) + (1/|P|)·Σ_p log(1 + Σ_{x not of p} e^(α(s + m))), s the
    cosine of x and p, P all proxies, P⁺ those with a row in the batch.
    Gradient: of s of a row and its proxy: -α·q⁺/|P⁺|, of another: α·q⁻/|P|, q its share of the sum including the 1.
    Edge cases: a zero vector is refused. Over batches, each proxy of each batch is one term.
    Use when: hard rows should have more weight for their proxy, and rows of a batch should interact through it.
    Avoid when: batches have few rows per class: proxy_nca is simpler and serves as well.
    Related: proxy_nca takes the row as the anchor; multi_similarity has the same two sums over rows.
    Equivalents: pytorch-metric-learning ProxyAnchorLoss: `proxy_anchor`; the authors' code: `proxy_anchor`.
    """
    space = Affinity(class_weights, embedding)

    def costs(rows: slice, s: Floats) -> tuple[Bools, Costs, Costs]:
        mine = np.arange(rows.start, rows.stop)[:, None] == label
        return mine.any(1), costs_of(-alpha * (s - m), mine), costs_of(alpha * (s + m), ~mine)

    def values(rows: slice, s: Floats) -> tuple[Floats, Floats]:
        held, near, far = costs(rows, s)
        return softplus(near.total[held]), softplus(far.total)

    like, unlike = Terms(), Terms()
    for own, others in space.each(values):
        like.add(own)
        unlike.add(others)

    def pull(shares: tuple[float, ...]) -> dict[str, Floats]:
        def slope(rows: slice, s: Floats) -> Floats:
            _, near, far = costs(rows, s)
            pushed = far.shares(shares[1] * alpha * sigmoid(far.total))
            return pushed - near.shares(shares[0] * alpha * sigmoid(near.total))

        return {"embedding": space.gradients(slope)[1]}

    return Found((Column(like, 1.0, "like"), Column(unlike, 1.0, "unlike")), pull)


@FAMILY.loss("soft_triple", cite="Qian 2019", domain=BOTH, conventions={"pml": {}})
def soft_triple(
    embedding: Floats,
    label: Ints,
    class_weights: Floats,
    *,
    k: Annotated[int, Param("centres per class; class c has rows c·k…c·k+k-1 of the class weights", ge=1, example="2")] = 10,
    lambda_: Annotated[float, Param("scale of the similarities", gt=0, example="4")] = 20.0,
    gamma: Annotated[float, Param("temperature of the softmax over the centres of a class", gt=0, example="0.5")] = 0.1,
    m: Annotated[float, Param("margin subtracted from the similarity to the own class", ge=0, example="0.2")] = 0.01,
) -> Floats:
    """Cross-entropy over similarities to classes with several centres each, softmax-weighted towards the nearest.

    Formula: S_c = Σ_k q_ck·cos(x, w_ck), q_ck = softmax over the centres of c of cos/γ; L = -log(e^(λ(S_y - m)) / (e^(λ(S_y - m)) +
    Σ_{c≠y} e^(λ·S_c))).
    Gradient: of S_c: λ·(p_c - [c=y]); of cos(x, w_ck): that times q_ck·(1 + (cos - S_c)/γ); through x/‖x‖.
    Edge cases: a zero vector is refused. The paper's regulariser, which merges superfluous centres, depends only on the centres and
    is not part of a row's loss.
    Use when: classes have several modes, each with a separate centre.
    Avoid when: the centres of a class have merged: k=1 is then sufficient.
    Related: k=1 and m=0 is norm_softmax with s=λ; subcenter_arcface uses only the nearest centre.
    Equivalents: pytorch-metric-learning SoftTripleLoss: `soft_triple`; the authors' code without its regulariser: `soft_triple`.
    """
    parts = [-at(log_p, y) for _, y, log_p, _, _, _ in _classes(embedding, label, class_weights, k, lambda_, gamma, m)]
    return np.concatenate(parts) + 0.0


@soft_triple.gradient
def _soft_triple_slope(embedding: Floats, label: Ints, class_weights: Floats, p: Params) -> Floats:
    centers = unit(class_weights)
    parts = []
    for x, y, log_p, near, q, s in _classes(embedding, label, class_weights, p.k, p.lambda_, p.gamma, p.m):
        g = np.exp(log_p)
        np.put_along_axis(g, y[:, None], np.take_along_axis(g, y[:, None], 1) - 1.0, 1)
        pull = p.lambda_ * g[:, :, None] * q * (1.0 + (near - s[:, :, None]) / p.gamma)
        parts.append(pull_unit(x, np.einsum("nc,cd->nd", pull.reshape(len(x), -1), centers)))
    return np.concatenate(parts)


def _classes(
    embedding: Floats, label: Ints, weights: Floats, k: int, lambda_: float, gamma: float, m: float
) -> Iterator[tuple[Floats, Ints, Floats, Floats, Floats, Floats]]:
    """Per chunk of rows: rows, labels, log p, cosines to centres, their softmaxes within a class, and similarities."""
    centers = unit(weights)
    step = max(1, _SPAN // max(1, len(centers)))
    for start in range(0, len(embedding), step):
        x, y = embedding[start : start + step], label[start : start + step]
        near = np.einsum("nd,cd->nc", unit(x), centers).reshape(len(x), -1, k)
        q = np.exp(log_softmax(near / gamma, 2))
        s = (q * near).sum(2)
        z = lambda_ * s
        z[np.arange(len(x)), y] -= lambda_ * m
        yield x, y, log_softmax(z), near, q, s
