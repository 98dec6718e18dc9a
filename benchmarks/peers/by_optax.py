"""Losses by optax, compiled by jax."""

from __future__ import annotations

import jax
import optax
from _pieces import main


def mean_of(loss):
    """The compiled mean of a loss, as the sum and the number of its rows."""
    mean = jax.jit(lambda *arrays: loss(*arrays).mean())
    return lambda *arrays: (float(mean(*arrays)) * len(arrays[0]), len(arrays[0]))


if __name__ == "__main__":
    main(
        {
            "mse": mean_of(optax.squared_error),
            "bce": mean_of(optax.sigmoid_binary_cross_entropy),
            "focal": mean_of(lambda z, y: optax.sigmoid_focal_loss(z, y.astype(z.dtype), gamma=2.0)),
            "ce": mean_of(optax.softmax_cross_entropy_with_integer_labels),
        }
    )
