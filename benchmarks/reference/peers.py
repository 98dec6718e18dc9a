"""The same losses as torch, Keras and scikit-learn compute them in float64, where they are installed: rows to values.

A peer takes the role arrays and gives values, or (values, gradient of the prediction).
"""

from __future__ import annotations

import os

import numpy as np


def peers() -> dict[str, dict[str, object]]:
    """By recipe (and reading, after a space) the functions of the libraries that are installed."""
    found: dict[str, dict[str, object]] = {}
    for library, make in (("torch", _torch), ("keras", _keras), ("sklearn", _sklearn)):
        try:
            table = make()
        except (ImportError, RuntimeError):  # not installed, or not compatible with its own dependencies
            continue
        for recipe, fn in table.items():
            found.setdefault(recipe, {})[library] = fn
    return found


MASKS = ("scores", "mask")


def _by_image(fn, scores, mask):
    """The mean of each image's pixels and classes, each class a binary mask."""
    classes = scores.shape[1] // mask.shape[1]
    own = [mask == c for c in range(classes)] if classes > 1 else [mask]
    return sum(fn(z, t.double(), reduction="none") for z, t in zip(scores.chunk(classes, 1), own, strict=True)).mean(1) / classes


def _torch():
    import torch
    from torch.nn import functional as f

    torch.set_num_threads(1)

    def of(fn, *roles, by=None):
        def run(arrays):
            tensors = {k: torch.tensor(v) for k, v in arrays.items()}
            leaf = tensors[by or roles[0]].requires_grad_(True)
            values = fn(*(tensors[r] for r in roles))
            values.sum().backward()
            return values.detach().numpy(), leaf.grad.numpy()

        return run

    def pair(fn, **kw):
        return of(lambda a, b: fn(a, b, reduction="none", **kw), "pred", "target")

    table = {
        "regress/mae": pair(f.l1_loss),
        "regress/mse": pair(f.mse_loss),
        "regress/huber": pair(f.huber_loss),
        "regress/huber:delta=0.75": pair(f.huber_loss, delta=0.75),
        "regress/smooth_l1": pair(f.smooth_l1_loss),
        "regress/smooth_l1:beta=0.11": pair(f.smooth_l1_loss, beta=0.11),
        "regress/poisson_nll:log_input=true": pair(f.poisson_nll_loss),
        "regress/poisson_nll:eps=1e-8": pair(f.poisson_nll_loss, log_input=False, eps=1e-8),
        "regress/gaussian_nll:full=true,eps=1e-6": of(
            lambda m, t, v: f.gaussian_nll_loss(m, t, v, full=True, eps=1e-6, reduction="none"), "pred", "target", "var"
        ),
        "regress/cosine": of(lambda a, b: 1 - f.cosine_similarity(a, b, dim=1), "pred", "target"),
        "classify/bce logits": of(
            lambda z, t: f.binary_cross_entropy_with_logits(z, t.double(), reduction="none"), "scores", "label"
        ),
        "classify/bce given": of(lambda z, t: f.binary_cross_entropy(z, t.double(), reduction="none"), "scores", "label"),
        "classify/ce logits": of(lambda z, t: f.cross_entropy(z, t, reduction="none"), "scores", "label"),
        "classify/ce:label_smoothing=0.1 logits": of(
            lambda z, t: f.cross_entropy(z, t, reduction="none", label_smoothing=0.1), "scores", "label"
        ),
        "classify/nll given": of(lambda z, t: f.nll_loss(z, t, reduction="none"), "scores", "label"),
        "classify/kl given": of(lambda p, t: f.kl_div(p.log(), t, reduction="none").sum(1), "scores", "label"),
        "classify/kl logits": of(lambda z, t: f.kl_div(z.log_softmax(1), t, reduction="none").sum(1), "scores", "label"),
        "classify/multi_margin raw": of(lambda z, t: f.multi_margin_loss(z, t, reduction="none"), "scores", "label"),
        "classify/multi_margin:p=2 raw": of(lambda z, t: f.multi_margin_loss(z, t, p=2, reduction="none"), "scores", "label"),
        "classify/multilabel_soft_margin raw": of(
            lambda z, t: f.multilabel_soft_margin_loss(z, t.double(), reduction="none"), "scores", "label"
        ),
        "classify/soft_margin raw": of(lambda z, t: f.soft_margin_loss(z, 2.0 * t - 1.0, reduction="none"), "scores", "label"),
    }
    for width in (1, 3):
        shown = f"{width} class{'es' if width > 1 else ''}"
        table[f"segment/bce logits, {shown}"] = of(lambda z, t: _by_image(f.binary_cross_entropy_with_logits, z, t), *MASKS)
    table["segment/bce given, 1 class"] = of(lambda z, t: _by_image(f.binary_cross_entropy, z, t), *MASKS)
    table["segment/ce logits, 3 classes"] = of(
        lambda z, t: f.cross_entropy(z.unflatten(1, (3, -1)), t, reduction="none").mean(1), *MASKS
    )
    for kind, recipe in (("", "triplet"), (":margin=1,swap=true", "triplet:margin=1,swap=true")):
        margin = {"margin": 1.0, "swap": True} if kind else {"margin": 0.2}
        table[f"embed/{recipe}"] = of(
            lambda a, p, n, kw=margin: f.triplet_margin_loss(a, p, n, eps=0.0, reduction="none", **kw),
            *("anchor", "positive", "negative"),
        )
    try:
        from torchvision import ops
    except (ImportError, RuntimeError):
        return table
    for short, fn in (
        ("giou", ops.generalized_box_iou_loss),
        ("diou", ops.distance_box_iou_loss),
        ("ciou", ops.complete_box_iou_loss),
    ):
        table[f"detect/{short}"] = of(lambda a, b, fn=fn: fn(a, b, eps=0.0), "pred", "target")
    table["classify/focal logits"] = of(lambda z, t: ops.sigmoid_focal_loss(z, t.double(), alpha=-1, gamma=2), "scores", "label")
    return table


def _keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    keras.backend.set_floatx("float64")
    losses = keras.losses

    def pair(fn, **kw):
        def run(arrays):
            pred, target = arrays["pred"], arrays["target"]
            one = (lambda x: x[:, None]) if pred.ndim == 1 else (lambda x: x)
            return np.asarray(keras.ops.convert_to_numpy(fn(one(target), one(pred), **kw)), float)

        return run

    def scored(fn, **kw):
        def run(arrays):
            z, t = arrays["scores"], arrays["label"]
            if z.ndim == 1:
                z, t = z[:, None], t[:, None].astype(float)
            return np.asarray(keras.ops.convert_to_numpy(fn(t, z, **kw)), float)

        return run

    def masked(fn, **kw):
        def run(arrays):
            return np.asarray(
                keras.ops.convert_to_numpy(fn(arrays["mask"].astype(float), arrays["scores"], axis=(1,), **kw)), float
            )

        return run

    return {
        "segment/dice:classes=pooled,eps=1e-7 given, 1 class": masked(losses.dice),
        "regress/mae": pair(losses.mean_absolute_error),
        "regress/mse": pair(losses.mean_squared_error),
        "regress/huber": pair(losses.huber),
        "regress/log_cosh": pair(losses.log_cosh),
        "regress/mape:eps=1e-7,percent=true": pair(losses.mean_absolute_percentage_error),
        "regress/msle:eps=1e-7": pair(losses.mean_squared_logarithmic_error),
        "classify/bce logits": scored(losses.binary_crossentropy, from_logits=True),
        "classify/bce given": scored(losses.binary_crossentropy),
        "classify/ce logits": scored(losses.sparse_categorical_crossentropy, from_logits=True),
        "classify/ce given": scored(losses.sparse_categorical_crossentropy),
        "classify/focal logits": scored(losses.binary_focal_crossentropy, from_logits=True),
        "classify/hinge raw": scored(losses.hinge),
        "classify/squared_hinge raw": scored(losses.squared_hinge),
        "classify/kl given": scored(losses.kl_divergence),
    }


def _sklearn():
    from sklearn._loss import loss as half
    from sklearn.metrics import _regression as metrics

    def deviance(power):
        def run(arrays):
            y, f = arrays["target"], arrays["pred"]
            return np.array(
                [metrics._mean_tweedie_deviance(a, b, None, power) for a, b in zip(y[:, None], f[:, None], strict=True)]
            )

        return run

    def raw(loss, by="pred", against="target"):
        def run(arrays):
            y, z = (np.ascontiguousarray(arrays[k], dtype=float) for k in (against, by))
            value, slope = loss.loss_gradient(y, z)
            return np.asarray(value), np.asarray(slope)

        return run

    return {
        **{f"regress/tweedie:power={p}": deviance(float(p)) for p in ("0", "-1", "1", "1.5", "1.9", "2", "2.5", "3", "5")},
        "regress/poisson_deviance": deviance(1.0),
        "regress/gamma_deviance": deviance(2.0),
        "regress/half_mse": raw(half.HalfSquaredError()),
        "regress/poisson_nll:log_input=true": raw(half.HalfPoissonLoss()),
        "classify/bce logits": raw(half.HalfBinomialLoss(), "scores", "label"),
        "classify/ce logits": raw(half.HalfMultinomialLoss(n_classes=3), "scores", "label"),
        "classify/exponential raw": raw(half.ExponentialLoss(), "scores", "label"),
    }
