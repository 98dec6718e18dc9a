"""Regression losses of one output, by name: formulas of (parameters, roles)."""

from __future__ import annotations

from benchmarks.reference.jets import (
    absolute,
    exp,
    expm1,
    log,
    log1p,
    log_factorial,
    maximum,
    power,
    sinh,
    sqrt,
    total,
    where,
    xlogy,
)


def _u(f, y):
    return absolute(f - y)


def mae(p, pred, target):
    return _u(pred, target)


def mse(p, pred, target):
    u = pred - target
    return u * u


def half_mse(p, pred, target):
    u = pred - target
    return u * u / 2


def huber(p, pred, target):
    u = _u(pred, target)
    return where(u <= p.delta, lambda: u * u / 2, lambda: p.delta * (u - p.delta / 2))


def smooth_l1(p, pred, target):
    u = _u(pred, target)
    return where(u < p.beta, lambda: u * u / (2 * p.beta), lambda: u - p.beta / 2)


def log_cosh(p, pred, target):
    u = _u(pred, target)

    def near():
        s = sinh(u / 2)
        return log1p(2 * s * s)

    return where(u < 1, near, lambda: u + log1p(exp(-2 * u)) - log(u * 0.0 + 2))


def _v(p, pred, target):
    return (pred - target) / p.c


def charbonnier(p, pred, target):
    v = _v(p, pred, target)
    return v * v / (sqrt(v * v + 1) + 1)


def cauchy(p, pred, target):
    v = _v(p, pred, target)
    return log1p(v * v / 2)


def geman_mcclure(p, pred, target):
    v = _v(p, pred, target)
    return 2 * v * v / (v * v + 4)


def welsch(p, pred, target):
    v = _v(p, pred, target)
    return -expm1(-(v * v) / 2)


def barron(p, pred, target):
    if p.alpha == "-inf":
        return welsch(p, pred, target)
    if float(p.alpha.v) == 2.0:
        v = _v(p, pred, target)
        return v * v / 2
    if float(p.alpha.v) == 0.0:
        return cauchy(p, pred, target)
    v, b = _v(p, pred, target), absolute(p.alpha - 2)
    return b / p.alpha * expm1(p.alpha / 2 * log1p(v * v / b))


def pinball(p, pred, target):
    r = target - pred
    return where(r >= 0, lambda: p.tau * r, lambda: (p.tau - 1) * r)


def quantile_huber(p, pred, target):
    r, u = target - pred, _u(pred, target)
    h = where(u <= p.delta, lambda: u * u / 2, lambda: p.delta * (u - p.delta / 2))
    return where(r < 0, lambda: (1 - p.tau) * h, lambda: p.tau * h)


def interval_score(p, lower, upper, target):
    below = where(target < lower, lambda: lower - target, lambda: lower * 0.0)
    above = where(target > upper, lambda: target - upper, lambda: upper * 0.0)
    return upper - lower + 2 / p.alpha * (below + above)


def epsilon_insensitive(p, pred, target):
    u = _u(pred, target)
    return where(u > p.epsilon, lambda: u - p.epsilon, lambda: u * 0.0)


def squared_epsilon_insensitive(p, pred, target):
    e = epsilon_insensitive(p, pred, target)
    return e * e


def mape(p, pred, target):
    scale = 100 if p.percent else 1
    base = maximum(absolute(target), p.eps)
    return where((pred - target).is_zero(), lambda: (pred - target) * 0.0, lambda: scale * _u(pred, target) / base)


def smape(p, pred, target):
    base = maximum(absolute(target) + absolute(pred), p.eps)
    return where((pred - target).is_zero(), lambda: (pred - target) * 0.0, lambda: 2 * _u(pred, target) / base)


def msle(p, pred, target):
    if p.eps is not None:
        pred = where(pred < p.eps, lambda: pred * 0.0 + p.eps, lambda: pred)
        target = maximum(target, p.eps)
    g = log1p(pred) - log1p(target)
    return g * g


def poisson_nll(p, pred, target):
    value = exp(pred) - target * pred if p.log_input else pred - xlogy(target, pred + p.eps)
    if p.full == "exact":
        return value + log_factorial(target)
    if p.full == "stirling":
        two_pi = 2 * target.field.pi()

        def constant():
            return target * log(target) - target + log(target * two_pi) / 2

        return value + where(target > 1, constant, lambda: target * 0.0)
    return value


def gaussian_nll(p, pred, var, target):
    u, v = pred - target, where(var < p.eps, lambda: var * 0.0 + p.eps, lambda: var)
    value = log(v) + u * u / v
    if p.full:
        value = value + log(v * 0.0 + 2 * v.field.pi())
    return value / 2


def laplace_nll(p, pred, scale, target):
    b = where(scale < p.eps, lambda: scale * 0.0 + p.eps, lambda: scale)
    return log(2 * b) + _u(pred, target) / b


def tweedie(p, pred, target):
    e = float(p.power.v)
    if e == 0.0:
        return mse(p, pred, target)
    if e == 1.0:
        return poisson_deviance(p, pred, target)
    if e == 2.0:
        return gamma_deviance(p, pred, target)
    a = 2 - p.power
    first = where(target > 0, lambda: power(target, a) / ((1 - p.power) * a), lambda: target * 0.0)
    second = where(target.is_zero(), lambda: target * 0.0, lambda: target * power(pred, 1 - p.power) / (1 - p.power))
    return 2 * (first - second + power(pred, a) / a)


def poisson_deviance(p, pred, target):
    return 2 * (where(target.is_zero(), lambda: target * pred, lambda: target * (log(target) - log(pred))) - target + pred)


def gamma_deviance(p, pred, target):
    return 2 * (log(pred) - log(target) + target / pred - 1)


def balanced_l1(p, pred, target):
    x = _u(pred, target)
    b = expm1(p.gamma / p.alpha)
    return where(
        x < p.beta,
        lambda: p.alpha / b * (b * x + 1) * log1p(b * x / p.beta) - p.alpha * x,
        lambda: p.gamma * x + p.gamma / b - p.alpha * p.beta,
    )


def wing(p, pred, target):
    x = _u(pred, target)
    w, e = p.width, p.curvature
    return where(x < w, lambda: w * log1p(x / e), lambda: x - w + w * log1p(w / e))


def adaptive_wing(p, pred, target):
    x = _u(pred, target)
    e = p.alpha - target
    edge = p.theta / p.epsilon
    top = power(edge, e)
    slope = p.omega * e * power(edge, e - 1) / (p.epsilon * (1 + top))

    def near():
        return where(x.is_zero(), lambda: x, lambda: p.omega * log1p(exp(e * log(x / p.epsilon))))

    return where(x < p.theta, near, lambda: slope * (x - p.theta) + p.omega * log1p(top))


def cosine(p, pred, target):
    along = total([a * b for a, b in zip(pred, target, strict=True)])
    one, two = (sqrt(total([a * a for a in x])) for x in (pred, target))
    one, two = (where(x < p.eps, lambda x=x: x * 0.0 + p.eps, lambda x=x: x) for x in (one, two))
    cos = along / (one * two)
    return -cos if p.form == "negative" else 1 - cos


def crps(p, pred, target):
    m = len(pred)
    near = total([_u(x, target) for x in pred]) / m
    return near - total([_u(a, b) for a in pred for b in pred]) / (2 * m * m)


RECIPES = {
    "huber": ("huber", "huber:delta=0.75"),
    "smooth_l1": ("smooth_l1", "smooth_l1:beta=0.11"),
    "charbonnier": ("charbonnier", "charbonnier:c=0.3"),
    "cauchy": ("cauchy", "cauchy:c=0.3"),
    "geman_mcclure": ("geman_mcclure", "geman_mcclure:c=0.3"),
    "welsch": ("welsch", "welsch:c=0.3"),
    "barron": tuple(f"barron:alpha={a},c=0.7" for a in ("2", "1.5", "1", "0.1", "0", "-0.3", "-2", "-10", "-inf", "1.9999", "3.5")),
    "pinball": ("pinball", "pinball:tau=0.1"),
    "quantile_huber": ("quantile_huber:tau=0.1,delta=0.7",),
    "interval_score": ("interval_score:alpha=0.1",),
    "mape": ("mape", "mape:eps=1e-7,percent=true"),
    "smape": ("smape", "smape:eps=1.17e-6"),
    "msle": ("msle", "msle:eps=1e-7"),
    "poisson_nll": (
        "poisson_nll",
        "poisson_nll:eps=1e-8",
        "poisson_nll:full=stirling",
        "poisson_nll:full=exact",
        "poisson_nll:log_input=true",
        "poisson_nll:log_input=true,full=exact",
    ),
    "gaussian_nll": ("gaussian_nll", "gaussian_nll:full=true,eps=1e-6"),
    "laplace_nll": ("laplace_nll",),
    "tweedie": tuple(f"tweedie:power={x}" for x in ("0", "-1", "-0.3", "1", "1.1", "1.5", "1.9", "2", "2.5", "3", "5")),
    "balanced_l1": ("balanced_l1",),
    "wing": ("wing", "wing:width=5,curvature=0.5"),
    "cosine": ("cosine", "cosine:form=negative,eps=0.001"),
}
"""The recipes to measure; for every other loss, its name."""
