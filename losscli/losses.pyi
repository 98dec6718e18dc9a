# mypy: disable-error-code="overload-overlap"
"""Every loss as a function of arrays, with its types. Written by `python -m tests.support.readme`; not to be edited."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypedDict, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Unpack

Values: TypeAlias = NDArray[np.float64]
"""The loss of each sample."""
Vector: TypeAlias = ArrayLike
"""Numbers, or a file of them: "@weights.csv". A matrix may be an array too."""
BoxFormat: TypeAlias = Literal["xyxy", "xywh", "cxcywh"]

class _Shared:
    """A name of several families: the shapes of the arrays decide which is meant; UsageError where they fit several."""

    def __call__(self, *arrays: ArrayLike, **parameters: Any) -> Any: ...

class _Options(TypedDict, total=False):
    convention: str
    nonfinite: Literal["error", "drop", "keep"]

class _Weights(TypedDict, total=False):
    weights: ArrayLike

class _Scores(TypedDict, total=False):
    from_logits: bool
    multilabel: bool

class _Classes(TypedDict, total=False):
    class_names: Sequence[str]

class _Images(TypedDict, total=False):
    ignore_mask: ArrayLike
    mask_values: Sequence[float]
    num_classes: int
    channels: Literal["first", "last"]
    rows_are_images: bool

class _Ignored(TypedDict, total=False):
    ignore_index: int | Sequence[int]

class _Boxes(TypedDict, total=False):
    box_format: BoxFormat
    pred_box_format: BoxFormat
    target_box_format: BoxFormat
    degenerate: Literal["error", "keep"]
    mixed_scale: Literal["error", "keep"]

class _BoxesOptions(_Boxes, _Options): ...

class _BoxesWeightsOptions(_Boxes, _Weights, _Options): ...

class _ClassesBoxesWeightsOptions(_Classes, _Boxes, _Weights, _Options): ...

class _ClassesWeightsOptions(_Classes, _Weights, _Options): ...

class _ScoresClassesBoxesOptions(_Scores, _Classes, _Boxes, _Options): ...

class _ScoresClassesBoxesWeightsOptions(_Scores, _Classes, _Boxes, _Weights, _Options): ...

class _ScoresClassesOptions(_Scores, _Classes, _Options): ...

class _ScoresClassesWeightsOptions(_Scores, _Classes, _Weights, _Options): ...

class _ScoresIgnoredImagesOptions(_Scores, _Ignored, _Images, _Options): ...

class _ScoresIgnoredImagesWeightsOptions(_Scores, _Ignored, _Images, _Weights, _Options): ...

class _ScoresImagesOptions(_Scores, _Images, _Options): ...

class _ScoresImagesWeightsOptions(_Scores, _Images, _Weights, _Options): ...

class _ScoresWeightsOptions(_Scores, _Weights, _Options): ...

class _WeightsOptions(_Weights, _Options): ...

class _Classify:
    """The losses of classify."""

    def asl(self, scores: ArrayLike, label: ArrayLike, *, gamma_neg: float = 4.0, gamma_pos: float = 1.0, clip: float = 0.05,
        eps: float = 0.0, classes: Literal["sum", "mean"] = "sum", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Multi-label binary cross-entropy that down-weights easy negatives and ignores the easiest ones."""
    asymmetric = asl
    asymmetric_multilabel = asl
    def asl_single(self, scores: ArrayLike, label: ArrayLike, *, gamma_neg: float = 4.0, gamma_pos: float = 1.0,
        label_smoothing: float = 0.0, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Single-label asymmetric loss: cross-entropy with one focusing exponent for the true class and one for the others."""
    asymmetric_single = asl_single
    def bce(self, scores: ArrayLike, label: ArrayLike, *, pos_weight: float | Vector = 1.0, label_smoothing: float = 0.0,
        spread: Literal["half", "classes"] = "half", eps: float = 0.0, floor: float | None = None,
        bounds_on: Literal["all", "probabilities"] = "all", classes: Literal["mean", "sum"] = "mean",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Negative log-likelihood of a binary label; each column is an independent binary problem."""
    binary_crossentropy = bce
    binary_cross_entropy = bce
    logistic = bce
    bce_with_logits = bce
    sigmoid_ce = bce
    def weighted_bce(self, scores: ArrayLike, label: ArrayLike, *, alpha: Literal["auto"] | float = "auto",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Binary cross-entropy with a weight on positives, by default the ratio of negatives to positives."""
    wce = weighted_bce
    weighted_cross_entropy = weighted_bce
    def balanced_bce(self, scores: ArrayLike, label: ArrayLike, *, alpha: float = 0.25,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Binary cross-entropy with weight alpha on positives and 1 - alpha on negatives."""
    alpha_balanced_ce = balanced_bce
    balanced_ce = balanced_bce
    balanced_cross_entropy = balanced_bce
    def brier(self, scores: ArrayLike, label: ArrayLike, *, half: bool = False,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Squared difference between predicted probabilities and outcome, summed over the classes."""
    brier_score = brier
    quadratic_score = brier
    def d2_log_loss(self, scores: ArrayLike, label: ArrayLike, *, form: Literal["score", "loss"] = "score", eps: float = 0.0,
        empty: Literal["error", "nan"] = "error", **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Relative reduction in log loss compared with always predicting the class frequencies."""
    def d2_brier(self, scores: ArrayLike, label: ArrayLike, *, form: Literal["score", "loss"] = "score",
        empty: Literal["error", "nan"] = "error", **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Relative reduction in Brier score compared with always predicting the class frequencies."""
    def ce(self, scores: ArrayLike, label: ArrayLike, *, weights: Vector | None = None,
        norm: Literal["weights", "count", "all"] = "weights", weights_on: Literal["classes", "label"] = "classes",
        label_smoothing: float = 0.0, ignore_index: int | None = None, renormalize: bool = False, eps: float = 0.0,
        bounds_on: Literal["all", "probabilities"] = "all", **options: Unpack[_ScoresClassesOptions]) -> Values:
        """Negative log-probability of the true class."""
    cross_entropy = ce
    softmax_ce = ce
    softmax_loss = ce
    softmax_cross_entropy = ce
    categorical_crossentropy = ce
    sparse_categorical_crossentropy = ce
    log_loss = ce
    def nll(self, scores: ArrayLike, label: ArrayLike, *, weights: Vector | None = None,
        norm: Literal["weights", "count"] = "weights", ignore_index: int | None = None,
        **options: Unpack[_ScoresClassesOptions]) -> Values:
        """Negative log-probability of the true class, read from log-probabilities."""
    negative_log_likelihood = nll
    def focal(self, scores: ArrayLike, label: ArrayLike, *, gamma: float = 2.0, alpha: float | Vector | None = None,
        alpha_on: Literal["positives", "rest", "all"] = "positives", mode: Literal["auto", "softmax", "ovr"] = "auto",
        normalizer: Literal["samples", "positives"] = "samples", floor: float | None = None, eps: float = 0.0,
        classes: Literal["sum", "mean"] = "sum", renormalize: bool = False,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy with easy rows down-weighted by (1 - p_t)^gamma."""
    sigmoid_focal = focal
    focal_softmax = focal
    def class_balanced(self, scores: ArrayLike, label: ArrayLike, *, counts: Literal["auto"] | Vector = "auto", beta: float = 0.999,
        form: Literal["softmax", "sigmoid", "focal"] = "softmax", gamma: float = 2.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy or focal loss weighted by the inverse effective number of samples of the true class."""
    effective_number = class_balanced
    def logit_adjusted(self, scores: ArrayLike, label: ArrayLike, *, counts: Literal["auto"] | Vector = "auto", tau: float = 1.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy of logits shifted by the log class priors, which gives rare classes a larger margin."""
    def balanced_softmax(self, scores: ArrayLike, label: ArrayLike, *, counts: Literal["auto"] | Vector = "auto",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy of a softmax with each class weighted by its number of rows."""
    def ldam(self, scores: ArrayLike, label: ArrayLike, *, counts: Literal["auto"] | Vector = "auto", max_m: float = 0.5,
        s: float = 30.0, weights: Vector | None = None, norm: Literal["weights", "count"] = "weights",
        **options: Unpack[_ScoresClassesOptions]) -> Values:
        """Cross-entropy of scaled scores after subtracting a margin, larger for rarer classes, from the true class's score."""
    def kl(self, scores: ArrayLike, label: ArrayLike, *, log_scores: bool = False, log_target: bool = False,
        classes: Literal["sum", "mean"] = "sum", eps: float = 0.0, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Kullback-Leibler divergence of the prediction from the target distribution, in nats."""
    kl_divergence = kl
    kullback_leibler = kl
    kl_div = kl
    def js(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Jensen-Shannon divergence of prediction and target, symmetric and at most log 2."""
    jensen_shannon = js
    js_divergence = js
    def distillation(self, scores: ArrayLike, label: ArrayLike, *, temperature: float = 4.0,
        classes: Literal["sum", "mean"] = "sum", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """KL divergence of a student's temperature-softened distribution from its teacher's, times T²."""
    knowledge_distillation = distillation
    kd = distillation
    def poly1(self, scores: ArrayLike, label: ArrayLike, *, epsilon: float = 2.0, gamma: float = 0.0, alpha: float | None = None,
        mode: Literal["auto", "softmax", "ovr"] = "auto", classes: Literal["sum", "mean"] = "sum",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy plus epsilon times (1 - p_t), its first polynomial term."""
    poly_loss = poly1
    poly1_ce = poly1
    def focal_star(self, scores: ArrayLike, label: ArrayLike, *, gamma: float = 2.0, beta: float = 1.0, alpha: float | None = None,
        classes: Literal["sum", "mean"] = "sum", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Scaled and shifted logistic loss that down-weights easy rows similarly to focal loss."""
    def reduced_focal(self, scores: ArrayLike, label: ArrayLike, *, gamma: float = 2.0, threshold: float = 0.5,
        alpha: float | None = None, classes: Literal["sum", "mean"] = "sum",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Focal loss that keeps the full cross-entropy of hard rows (p_t below a threshold) and down-weights only easy ones."""
    def ghm_c(self, scores: ArrayLike, label: ArrayLike, *, bins: int = 10, density: Literal["auto"] | Vector = "auto",
        absent: Literal["count", "skip"] = "count", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Binary cross-entropy with entries weighted inversely to the density of their gradient norm."""
    ghm = ghm_c
    def topk_ce(self, scores: ArrayLike, label: ArrayLike, *, k: float = 10.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Mean cross-entropy of the hardest k per cent of the rows."""
    ohem_ce = topk_ce
    def hinge(self, scores: ArrayLike, label: ArrayLike, *, margin: float = 1.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Hinge loss: how far a score falls short of the margin on the side of its label."""
    def squared_hinge(self, scores: ArrayLike, label: ArrayLike, *, margin: float = 1.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Squared hinge loss: the square of the shortfall from the margin."""
    l2_svm = squared_hinge
    def perceptron(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Perceptron loss: how far a score lies on the wrong side of zero, without a margin."""
    def crammer_singer(self, scores: ArrayLike, label: ArrayLike, *, margin: float = 1.0, zero_in_max: bool = False,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Multiclass hinge loss: how far the true class's score falls short of a margin over the highest wrong score."""
    multiclass_hinge = crammer_singer
    categorical_hinge = crammer_singer
    def svm(self, scores: ArrayLike, label: ArrayLike, *, lambda_: float = 1.0, coef: Vector,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Objective of a linear support vector machine: mean hinge loss plus an L2 penalty on its weights."""
    svm_objective = svm
    def multi_margin(self, scores: ArrayLike, label: ArrayLike, *, p: int = 1, margin: float = 1.0, weights: Vector | None = None,
        weights_on: Literal["shortfalls", "loss"] = "shortfalls", norm: Literal["count", "weights"] = "count",
        **options: Unpack[_ScoresClassesOptions]) -> Values:
        """Multiclass margin loss: shortfalls of the true class's score from a margin over each other class, summed."""
    weston_watkins = multi_margin
    def multilabel_margin(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Multi-label margin loss: shortfalls of every true label's score from a margin of 1 over every other, summed."""
    def bpr(self, scores: ArrayLike, label: ArrayLike, *, pairs: Literal["mean", "sum"] = "mean",
        empty: Literal["skip", "perfect", "nan"] = "skip", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Bayesian personalized ranking: logistic loss of the score difference of each positive and negative item."""
    bayesian_personalized_ranking = bpr
    def soft_margin(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Logistic loss of a raw score: negative log-likelihood of the label under its sigmoid."""
    logistic_margin = soft_margin
    def exponential(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Exponential loss of the margin, the objective of AdaBoost."""
    adaboost = exponential
    def modified_huber(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Squared hinge loss that becomes linear far on the wrong side."""
    def multilabel_soft_margin(self, scores: ArrayLike, label: ArrayLike,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Binary cross-entropy of raw scores, averaged over a row's labels."""
    def zlpr(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Multi-label cross-entropy that ranks positives above, and negatives below, a score of zero."""
    multilabel_categorical_crossentropy = zlpr
    def two_way(self, scores: ArrayLike, label: ArrayLike, *, t_pos: float = 4.0, t_neg: float = 1.0, batch: int | None = None,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Soft ranking loss of positives over negatives, across the classes of each row and the rows of each class."""
    two_way_multilabel = two_way
    @overload
    def hamming(self, scores: ArrayLike, label: ArrayLike, *, threshold: float = 0.5,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        ...
    @overload
    def hamming(self, pred_label: ArrayLike, label: ArrayLike, *, threshold: float = 0.5,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Hamming loss: the fraction of a row's labels that are predicted incorrectly."""
    def gce(self, scores: ArrayLike, label: ArrayLike, *, q: float = 0.7,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Generalised cross-entropy: interpolates between cross-entropy and absolute error, and is bounded."""
    generalized_ce = gce
    generalized_cross_entropy = gce
    def sce(self, scores: ArrayLike, label: ArrayLike, *, alpha: float = 1.0, beta: float = 1.0, A: float = -4.0, eps: float = 0.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Symmetric cross-entropy: cross-entropy plus reverse cross-entropy (label and prediction swapped)."""
    symmetric_ce = sce
    symmetric_cross_entropy = sce
    def nce(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Normalised cross-entropy: cross-entropy divided by its sum over all possible labels, at most 1."""
    normalized_ce = nce
    normalized_cross_entropy = nce
    def apl(self, scores: ArrayLike, label: ArrayLike, *, alpha: float = 1.0, beta: float = 1.0,
        active: Literal["nce", "nfl"] = "nce", passive: Literal["rce", "mae"] = "rce", gamma: float = 0.5, A: float = -4.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Active-passive loss: a normalised loss that raises the true class plus a passive one that lowers the others."""
    active_passive = apl
    def qfl(self, scores: ArrayLike, label: ArrayLike, *, beta: float = 2.0, classes: Literal["sum", "mean"] = "sum",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Quality focal loss: focal loss for soft targets in 0…1, such as the IoU of a detected box."""
    quality_focal = qfl
    def vfl(self, scores: ArrayLike, label: ArrayLike, *, alpha: float = 0.75, gamma: float = 2.0,
        classes: Literal["sum", "mean"] = "sum", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Varifocal loss: cross-entropy against a quality in 0…1, weighting positives by it and negatives as in focal loss."""
    varifocal = vfl
    def gaussian_focal(self, scores: ArrayLike, label: ArrayLike, *, alpha: float = 2.0, gamma: float = 4.0, eps: float = 0.0,
        normalizer: Literal["positives", "samples"] = "positives", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Focal loss on a heat map with peaks of 1 and reduced weights around them."""
    heatmap_focal = gaussian_focal
    cornernet_focal = gaussian_focal
    def dfl(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Distribution focal loss: cross-entropy with the two bins next to a real-valued position."""
    distribution_focal = dfl
    def listnet(self, scores: ArrayLike, label: ArrayLike, *, gains: Literal["softmax", "raw"] = "softmax",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """ListNet: cross-entropy between the softmax of the relevances and the softmax of the scores."""
    ranking_softmax = listnet
    @overload
    def weighted_kappa(self, scores: ArrayLike, label: ArrayLike, *, weighting: Literal["quadratic", "linear"] = "quadratic",
        form: Literal["score", "loss", "log"] = "score", eps: float = 0.0, empty: Literal["error", "nan"] = "error",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        ...
    @overload
    def weighted_kappa(self, pred_label: ArrayLike, label: ArrayLike, *, weighting: Literal["quadratic", "linear"] = "quadratic",
        form: Literal["score", "loss", "log"] = "score", eps: float = 0.0, empty: Literal["error", "nan"] = "error",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Weighted kappa: agreement of predicted and true grades beyond chance, with larger errors weighted more."""
    quadratic_kappa = weighted_kappa
    def seesaw(self, scores: ArrayLike, label: ArrayLike, *, counts: Literal["auto"] | Vector = "auto", p: float = 0.8,
        q: float = 2.0, eps: float = 0.0, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Seesaw loss: cross-entropy that penalises rarer wrong classes less and higher-scoring wrong classes more."""
    def bi_tempered(self, scores: ArrayLike, label: ArrayLike, *, t1: float = 0.8, t2: float = 1.2, iters: int | None = None,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Bi-tempered logistic loss: a bounded logarithm with a heavy-tailed softmax, robust to outliers and wrong labels."""
    bi_tempered_logistic = bi_tempered
    def sparsemax(self, scores: ArrayLike, label: ArrayLike, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Loss of sparsemax, a softmax alternative with exact zeros; rows classified with a margin of 1 have zero loss."""
    @overload
    def zero_one(self, scores: ArrayLike, label: ArrayLike, *, tolerance: float | None = None,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        ...
    @overload
    def zero_one(self, pred_label: ArrayLike, label: ArrayLike, *, tolerance: float | None = None,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """1 if the predicted class is wrong, else 0; the mean is the error rate, the sum the number of errors."""
    misclassification = zero_one
    error_rate = zero_one

classify: _Classify

class _Regress:
    """The losses of regress."""

    @overload
    def mae(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def mae(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Mean absolute error."""
    l1 = mae
    mean_absolute_error = mae
    absolute_error = mae
    @overload
    def huber(self, pred: float, target: float, *, delta: float = 1.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def huber(self, pred: ArrayLike, target: ArrayLike, *, delta: float = 1.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Squared error for small differences, absolute error for large ones (scaled and shifted to join smoothly)."""
    @overload
    def smooth_l1(self, pred: float, target: float, *, beta: float = 1.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def smooth_l1(self, pred: ArrayLike, target: ArrayLike, *, beta: float = 1.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Absolute error made quadratic near zero."""
    @overload
    def zero_one(self, pred: float, target: float, *, tolerance: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def zero_one(self, pred: ArrayLike, target: ArrayLike, *, tolerance: float, **options: Unpack[_WeightsOptions]) -> Values:
        """Fraction of outputs that differ from the target by the tolerance or more."""
    tolerance_error = zero_one
    @overload
    def cosine(self, pred: float, target: float, *, form: Literal["one_minus", "negative"] = "one_minus", eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def cosine(self, pred: ArrayLike, target: ArrayLike, *, form: Literal["one_minus", "negative"] = "one_minus", eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """1 minus (or the negative of) the cosine similarity of predicted and target vectors."""
    cosine_distance = cosine
    cosine_similarity = cosine
    @overload
    def tweedie(self, pred: float, target: float, *, power: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def tweedie(self, pred: ArrayLike, target: ArrayLike, *, power: float = 0.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Tweedie deviance of a predicted mean, for a variance proportional to a power of the mean."""
    tweedie_deviance = tweedie
    @overload
    def poisson_deviance(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def poisson_deviance(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Poisson deviance: twice the log-likelihood ratio of the saturated model to the predicted rate."""
    @overload
    def gamma_deviance(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def gamma_deviance(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Gamma deviance of a predicted mean from a positive target, which depends only on their ratio."""
    @overload
    def epsilon_insensitive(self, pred: float, target: float, *, epsilon: float = 0.1, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def epsilon_insensitive(self, pred: ArrayLike, target: ArrayLike, *, epsilon: float = 0.1,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Epsilon-insensitive loss: the absolute error beyond a tolerance."""
    @overload
    def squared_epsilon_insensitive(self, pred: float, target: float, *, epsilon: float = 0.1,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def squared_epsilon_insensitive(self, pred: ArrayLike, target: ArrayLike, *, epsilon: float = 0.1,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Squared epsilon-insensitive loss: the square of the absolute error beyond a tolerance."""
    @overload
    def ghm_r(self, pred: float, target: float, *, mu: float = 0.02, bins: int = 10, norm: Literal["bins", "nonempty"] = "bins",
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def ghm_r(self, pred: ArrayLike, target: ArrayLike, *, mu: float = 0.02, bins: int = 10,
        norm: Literal["bins", "nonempty"] = "bins", **options: Unpack[_WeightsOptions]) -> Values:
        """Smooth absolute error with samples weighted inversely to the density of their gradient norm."""
    @overload
    def mse(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def mse(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Mean squared error."""
    l2 = mse
    mean_squared_error = mse
    squared_error = mse
    @overload
    def half_mse(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def half_mse(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Half the mean squared error, whose gradient is the difference itself."""
    half_squared_error = half_mse
    @overload
    def rmse(self, pred: float, target: float, *, outputs: Literal["pooled", "mean"] = "pooled",
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def rmse(self, pred: ArrayLike, target: ArrayLike, *, outputs: Literal["pooled", "mean"] = "pooled",
        **options: Unpack[_WeightsOptions]) -> float:
        """Root mean squared error over all rows, in the unit of the targets."""
    root_mean_squared_error = rmse
    @overload
    def msle(self, pred: float, target: float, *, eps: float | None = None, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def msle(self, pred: ArrayLike, target: ArrayLike, *, eps: float | None = None, **options: Unpack[_WeightsOptions]) -> Values:
        """Mean squared difference of log(1 + prediction) and log(1 + target)."""
    mean_squared_log_error = msle
    mean_squared_logarithmic_error = msle
    @overload
    def rmsle(self, pred: float, target: float, *, outputs: Literal["pooled", "mean"] = "pooled",
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def rmsle(self, pred: ArrayLike, target: ArrayLike, *, outputs: Literal["pooled", "mean"] = "pooled",
        **options: Unpack[_WeightsOptions]) -> float:
        """Root mean squared difference of log(1 + prediction) and log(1 + target)."""
    root_mean_squared_log_error = rmsle
    @overload
    def silog(self, pred: float, target: float, *, lambda_: float = 0.5, root: bool = False,
        pool: Literal["batch", "image"] = "batch", eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def silog(self, pred: ArrayLike, target: ArrayLike, *, lambda_: float = 0.5, root: bool = False,
        pool: Literal["batch", "image"] = "batch", eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> Values | float:
        """Scale-invariant log error: mean squared log ratio minus lambda times the squared mean log ratio."""
    scale_invariant_log = silog
    @overload
    def poisson_nll(self, pred: float, target: float, *, log_input: bool = False,
        full: Literal["false", "stirling", "exact"] = "false", eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def poisson_nll(self, pred: ArrayLike, target: ArrayLike, *, log_input: bool = False,
        full: Literal["false", "stirling", "exact"] = "false", eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Negative log-likelihood of a count under a Poisson distribution with the predicted rate."""
    poisson = poisson_nll
    @overload
    def gaussian_nll(self, pred: float, var: float, target: float, *, full: bool = False, eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def gaussian_nll(self, pred: ArrayLike, var: ArrayLike, target: ArrayLike, *, full: bool = False, eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Negative log-likelihood of the target under a normal distribution with predicted mean and variance."""
    @overload
    def laplace_nll(self, pred: float, scale: float, target: float, *, eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def laplace_nll(self, pred: ArrayLike, scale: ArrayLike, target: ArrayLike, *, eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Negative log-likelihood of the target under a Laplace distribution with predicted median and scale."""
    @overload
    def median_ae(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def median_ae(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> float:
        """Median absolute error."""
    median_absolute_error = median_ae
    @overload
    def max_error(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def max_error(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> float:
        """Maximum absolute error over all rows and outputs."""
    linf = max_error
    @overload
    def pinball(self, pred: float, target: float, *, tau: float | Vector = 0.5, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def pinball(self, pred: ArrayLike, target: ArrayLike, *, tau: float | Vector = 0.5,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Pinball (quantile) loss: asymmetrically weighted absolute error, minimised by a quantile."""
    quantile = pinball
    @overload
    def quantile_huber(self, pred: float, target: float, *, tau: float | Vector = 0.5, delta: float = 1.0,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def quantile_huber(self, pred: ArrayLike, target: ArrayLike, *, tau: float | Vector = 0.5, delta: float = 1.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Quantile Huber loss: pinball loss made quadratic near zero."""
    @overload
    def interval_score(self, lower: float, upper: float, target: float, *, alpha: float = 0.1,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def interval_score(self, lower: ArrayLike, upper: ArrayLike, target: ArrayLike, *, alpha: float = 0.1,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Interval (Winkler) score: the interval's width plus a penalty for targets outside it."""
    winkler = interval_score
    @overload
    def crps(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def crps(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Continuous ranked probability score of an ensemble: integrated squared difference of its CDF and the target's."""
    energy_score = crps
    @overload
    def r2(self, pred: float, target: float, *, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def r2(self, pred: ArrayLike, target: ArrayLike, *, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", **options: Unpack[_WeightsOptions]) -> float:
        """Coefficient of determination: the fraction of the targets' variance explained by the predictions."""
    r2_score = r2
    coefficient_of_determination = r2
    @overload
    def d2(self, pred: float, target: float, *, power: float = 0.0, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def d2(self, pred: ArrayLike, target: ArrayLike, *, power: float = 0.0, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", **options: Unpack[_WeightsOptions]) -> float:
        """Fraction of the Tweedie deviance of a constant prediction that the predictions explain."""
    d2_tweedie = d2
    @overload
    def d2_pinball(self, pred: float, target: float, *, tau: float = 0.5, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", quantile: Literal["linear", "inverted_cdf"] = "linear",
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def d2_pinball(self, pred: ArrayLike, target: ArrayLike, *, tau: float = 0.5, form: Literal["score", "loss"] = "score",
        constant: Literal["exact", "zero"] = "exact", quantile: Literal["linear", "inverted_cdf"] = "linear",
        **options: Unpack[_WeightsOptions]) -> float:
        """Fraction of the pinball loss of a constant quantile that the predicted quantiles explain."""
    d2_absolute_error = d2_pinball
    @overload
    def mape(self, pred: float, target: float, *, eps: float = 0.0, percent: bool = False,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def mape(self, pred: ArrayLike, target: ArrayLike, *, eps: float = 0.0, percent: bool = False,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Mean absolute percentage error: absolute error relative to the target."""
    mean_absolute_percentage_error = mape
    @overload
    def smape(self, pred: float, target: float, *, eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def smape(self, pred: ArrayLike, target: ArrayLike, *, eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Symmetric mean absolute percentage error: absolute error relative to the mean of |prediction| and |target|."""
    symmetric_mean_absolute_percentage_error = smape
    @overload
    def wmape(self, pred: float, target: float, *, eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def wmape(self, pred: ArrayLike, target: ArrayLike, *, eps: float = 0.0, **options: Unpack[_WeightsOptions]) -> float:
        """Weighted absolute percentage error: sum of absolute errors divided by sum of absolute targets."""
    wape = wmape
    weighted_mean_absolute_percentage_error = wmape
    @overload
    def log_cosh(self, pred: float, target: float, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def log_cosh(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_WeightsOptions]) -> Values:
        """Log-cosh loss: about half the squared error for small differences and the absolute error for large ones."""
    logcosh = log_cosh
    @overload
    def charbonnier(self, pred: float, target: float, *, c: float = 1.0, form: Literal["barron", "root"] = "barron",
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def charbonnier(self, pred: ArrayLike, target: ArrayLike, *, c: float = 1.0, form: Literal["barron", "root"] = "barron",
        **options: Unpack[_WeightsOptions]) -> Values:
        """Charbonnier (pseudo-Huber) loss: quadratic near zero and linear for large differences, smooth everywhere."""
    pseudo_huber = charbonnier
    @overload
    def cauchy(self, pred: float, target: float, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def cauchy(self, pred: ArrayLike, target: ArrayLike, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Cauchy (Lorentzian) loss: logarithmic growth for large differences."""
    lorentzian = cauchy
    @overload
    def geman_mcclure(self, pred: float, target: float, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def geman_mcclure(self, pred: ArrayLike, target: ArrayLike, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Geman-McClure loss: a bounded robust loss with a maximum of 2."""
    @overload
    def welsch(self, pred: float, target: float, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def welsch(self, pred: ArrayLike, target: ArrayLike, *, c: float = 1.0, **options: Unpack[_WeightsOptions]) -> Values:
        """Welsch loss: an inverted Gaussian; errors beyond a few c all cost 1."""
    leclerc = welsch
    @overload
    def barron(self, pred: float, target: float, *, alpha: Literal["-inf"] | float = 1.0, c: float = 1.0,
        **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def barron(self, pred: ArrayLike, target: ArrayLike, *, alpha: Literal["-inf"] | float = 1.0, c: float = 1.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Barron's general robust loss, whose shape parameter alpha sets the influence of outliers."""
    general_robust = barron
    @overload
    def balanced_l1(self, pred: float, target: float, *, alpha: float = 0.5, gamma: float = 1.5, beta: float = 1.0,
        reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def balanced_l1(self, pred: ArrayLike, target: ArrayLike, *, alpha: float = 0.5, gamma: float = 1.5, beta: float = 1.0,
        reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> Values:
        """Balanced L1 loss: absolute error with a gradient that grows logarithmically up to gamma."""
    @overload
    def wing(self, pred: float, target: float, *, width: float = 10.0, curvature: float = 2.0,
        reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def wing(self, pred: ArrayLike, target: ArrayLike, *, width: float = 10.0, curvature: float = 2.0,
        reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> Values:
        """Wing loss: logarithmic for small differences and linear for large ones, which emphasises small errors."""
    @overload
    def adaptive_wing(self, pred: float, target: float, *, omega: float = 14.0, theta: float = 0.5, epsilon: float = 1.0,
        alpha: float = 2.1, reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> float:
        ...
    @overload
    def adaptive_wing(self, pred: ArrayLike, target: ArrayLike, *, omega: float = 14.0, theta: float = 0.5, epsilon: float = 1.0,
        alpha: float = 2.1, reduce: Literal["mean", "sum"] = "mean", **options: Unpack[_WeightsOptions]) -> Values:
        """Adaptive wing loss for heat maps: its exponent depends on the target, with small gradients on the background."""
    awing = adaptive_wing

regress: _Regress

class _Detect:
    """The losses of detect."""

    def l1(self, pred: ArrayLike, target: ArrayLike, *, reduce: Literal["sum", "mean"] = "sum",
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Absolute differences between the corner coordinates of two boxes, summed over the four coordinates."""
    mae = l1
    def l2(self, pred: ArrayLike, target: ArrayLike, *, reduce: Literal["sum", "mean"] = "sum",
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Squared differences between the corner coordinates of two boxes, summed over the four coordinates."""
    mse = l2
    def smooth_l1(self, pred: ArrayLike, target: ArrayLike, *, beta: float = 1.0, reduce: Literal["sum", "mean"] = "sum",
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Smooth L1 of the corner coordinates of two boxes: quadratic for differences below beta, absolute above."""
    def huber(self, pred: ArrayLike, target: ArrayLike, *, delta: float = 1.0, reduce: Literal["sum", "mean"] = "sum",
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Huber loss of the corner coordinates of two boxes: half the square up to delta, linear above."""
    def fast_rcnn_loc(self, deltas: ArrayLike, target: ArrayLike, anchor: ArrayLike, *, beta: float = 1.0, weights: Vector = ...,
        **options: Unpack[_BoxesOptions]) -> Values:
        """Smooth L1 between predicted box deltas and the true box encoded against its anchor."""
    box_reg_loc = fast_rcnn_loc
    def bounded_iou(self, pred: ArrayLike, target: ArrayLike, *, beta: float = 0.2, eps: float = 0.0,
        reduce: Literal["sum", "mean"] = "sum", **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Smooth L1 of the smallest IoU loss that each centre and size error implies by itself (bounded IoU)."""
    def mpdiou(self, pred: ArrayLike, target: ArrayLike, *, image: Literal["hull"] | Vector,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss plus the squared distances between the upper left and the lower right corners, relative to the image size."""
    minimum_point_distance_iou = mpdiou
    def nwd(self, pred: ArrayLike, target: ArrayLike, *, c: float = 12.8, **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """1 minus the normalised Wasserstein distance (NWD) of two boxes modelled as Gaussians."""
    normalized_wasserstein = nwd
    def wiou(self, pred: ArrayLike, target: ArrayLike, *, form: Literal["v1", "v2", "v3"] = "v1", gamma: float = 0.5,
        alpha: float = 1.9, delta: float = 3.0, mean: Literal["auto"] | float = "auto",
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss times a centre-distance factor, in v2 and v3 also times a focusing weight from the box's relative IoU loss."""
    wise_iou = wiou
    def centernet(self,
        heat: ArrayLike, size: ArrayLike, offset: ArrayLike, target_heat: ArrayLike, target_size: ArrayLike, target_offset: ArrayLike,
        *, alpha: float = 2.0, gamma: float = 4.0, lambda_size: float = 0.1, lambda_offset: float = 1.0,
        pool: Literal["image", "batch"] = "image", **options: Unpack[_ScoresWeightsOptions]) -> Values | float:
        """Focal loss of the centre heat maps plus absolute errors of size and offset at the true centres, per centre."""
    objects_as_points = centernet
    def iou(self, pred: ArrayLike, target: ArrayLike, *, form: Literal["linear", "log", "square"] = "linear",
        clip: float | None = None, empty: Literal["error", "perfect", "one", "skip", "nan"] = "error", offset: int = 0,
        eps: float = 0.0, eps_form: Literal["add", "floor"] = "add", height_eps: float = 0.0,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """1 minus the intersection over union (IoU) of two boxes."""
    jaccard = iou
    unitbox = iou
    def giou(self, pred: ArrayLike, target: ArrayLike, *, eps: float = 0.0, eps_form: Literal["add", "floor"] = "add",
        height_eps: float = 0.0, **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """1 minus the generalised IoU (GIoU): the IoU loss plus the share of the enclosing box that neither box covers."""
    generalized_iou = giou
    def diou(self, pred: ArrayLike, target: ArrayLike, *, eps: float = 0.0, height_eps: float = 0.0,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss plus the squared distance between the centres, divided by the squared diagonal of the enclosing box."""
    distance_iou = diou
    def ciou(self, pred: ArrayLike, target: ArrayLike, *, gate: float | None = None, alpha_grad: bool = False, eps: float = 0.0,
        aspect_eps: float = 0.0, height_eps: float = 0.0, **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Distance IoU loss (diou) plus a penalty on the difference between the aspect ratios."""
    complete_iou = ciou
    @overload
    def detr(self, scores: ArrayLike, pred_boxes: ArrayLike, target_box: ArrayLike, label: ArrayLike, match: ArrayLike, *,
        no_object: float = 0.1, box: float = 5.0, giou: float = 2.0, cost_class: float = 1.0, cost_box: float = 5.0,
        cost_giou: float = 2.0, **options: Unpack[_ScoresClassesBoxesWeightsOptions]) -> float:
        ...
    @overload
    def detr(self, scores: ArrayLike, pred_boxes: ArrayLike, target_box: ArrayLike, label: ArrayLike, *, no_object: float = 0.1,
        box: float = 5.0, giou: float = 2.0, cost_class: float = 1.0, cost_box: float = 5.0, cost_giou: float = 2.0,
        **options: Unpack[_ScoresClassesBoxesWeightsOptions]) -> float:
        """Cross-entropy of the class of every query plus L1 and GIoU losses of the boxes of matched queries."""
    detr_set = detr
    def faster_rcnn(self, scores: ArrayLike, deltas: ArrayLike, label: ArrayLike, target_deltas: ArrayLike, *, beta: float = 1.0,
        lambda_: float = 1.0, stage: Literal["roi", "rpn"] = "roi", normalizer: Literal["sampled", "paper"] = "sampled",
        n_cls: float | None = None, n_reg: float | None = None, **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy of the class of every region plus smooth L1 on the box deltas of regions with an object."""
    fast_rcnn = faster_rcnn
    frcnn_multitask = faster_rcnn
    def fcos(self, scores: ArrayLike, deltas: ArrayLike, central: ArrayLike, label: ArrayLike, target_deltas: ArrayLike, *,
        gamma: float = 2.0, alpha: float | None = 0.25, box: Literal["iou", "giou"] = "iou", lambda_: float = 1.0,
        clip: float | None = None, box_weight: Literal["one", "centerness"] = "one",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Focal loss of the classes at every location plus box and centredness losses at locations inside an object."""
    def vfnet(self, scores: ArrayLike, deltas: ArrayLike, initial: ArrayLike, label: ArrayLike, target_deltas: ArrayLike, *,
        alpha: float = 0.75, gamma: float = 2.0, lambda_initial: float = 1.5, lambda_: float = 2.0,
        box_weight: Literal["refined", "own"] = "refined", **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Varifocal loss of the classes at every location plus IoU-weighted GIoU losses of the initial and refined boxes."""
    varifocalnet = vfnet
    def gfl(self, scores: ArrayLike, dist: ArrayLike, label: ArrayLike, target_deltas: ArrayLike, *, beta: float = 2.0,
        lambda_: float = 2.0, lambda_dfl: float = 0.25, cut: float | None = None, box_weight: Literal["one", "score"] = "one",
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Quality focal loss of the classes at every location plus GIoU and distribution focal losses of the boxes at objects."""
    generalized_focal = gfl
    def yolo_v8(self, scores: ArrayLike, dist: ArrayLike, quality: ArrayLike, target_deltas: ArrayLike, *, box: float = 7.5,
        cls: float = 0.5, dfl: float = 1.5, cut: float | None = None, alpha_grad: bool = False, eps: float = 0.0,
        **options: Unpack[_ScoresWeightsOptions]) -> Values:
        """Cross-entropy of the class scores with target scores plus CIoU and distribution focal losses of the boxes at objects."""
    yolov8 = yolo_v8
    def mask_rcnn(self,
        scores: ArrayLike, deltas: ArrayLike, mask: ArrayLike, label: ArrayLike, target_deltas: ArrayLike, target_mask: ArrayLike,
        *, beta: float = 1.0, lambda_: float = 1.0, mask_weight: float = 1.0,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> float:
        """Faster R-CNN's head loss plus the binary cross-entropy of each object's mask in the channel of its class."""
    def retinanet(self,
        scores: ArrayLike, deltas: ArrayLike, anchors: ArrayLike, target_box: ArrayLike, label: ArrayLike, match: ArrayLike, *,
        gamma: float = 2.0, alpha: float | None = 0.25, beta: float = 0.1111111111111111, lambda_: float = 1.0,
        weights: Vector = ..., pool: Literal["image", "batch"] = "image",
        **options: Unpack[_ScoresClassesBoxesOptions]) -> Values | float:
        """Focal loss of the classes of every anchor plus smooth L1 on the boxes of matched anchors, per matched anchor."""
    def ssd(self,
        scores: ArrayLike, deltas: ArrayLike, anchors: ArrayLike, target_box: ArrayLike, label: ArrayLike, match: ArrayLike, *,
        neg_pos: float = 3.0, alpha: float = 1.0, beta: float = 1.0, weights: Vector = ...,
        **options: Unpack[_ScoresClassesBoxesOptions]) -> float:
        """Cross-entropy of matched anchors and of the hardest unmatched ones plus smooth L1 on the boxes of matched anchors."""
    multibox = ssd
    ssd_multibox = ssd
    def yolo_v1(self, grid: ArrayLike, obj: ArrayLike, target_box: ArrayLike, target_class: ArrayLike, *, coord: float = 5.0,
        noobj: float = 0.5, conf_target: Literal["iou", "one"] = "iou", **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Squared errors of position, square root of size, confidence and class on a grid of cells, summed per image."""
    yolo = yolo_v1
    yolov1 = yolo_v1
    def focal(self, scores: ArrayLike, label: ArrayLike, *, gamma: float = 2.0, alpha: float | Vector | None = None,
        alpha_on: Literal["positives", "rest", "all"] = "positives", mode: Literal["auto", "softmax", "ovr"] = "auto",
        normalizer: Literal["samples", "positives"] = "samples", floor: float | None = None, eps: float = 0.0,
        classes: Literal["sum", "mean"] = "sum", renormalize: bool = False,
        **options: Unpack[_ScoresClassesWeightsOptions]) -> Values:
        """Cross-entropy of the classes of boxes or anchors, weighted by (1 - p_t)^gamma so that easy rows count less."""
    sigmoid_focal = focal
    focal_softmax = focal
    def eiou(self, pred: ArrayLike, target: ArrayLike, **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss plus the squared differences of centre, width and height, each relative to the enclosing box."""
    efficient_iou = eiou
    def focal_eiou(self, pred: ArrayLike, target: ArrayLike, *, gamma: float = 0.5, weight_grad: bool = False,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Efficient IoU loss (eiou) multiplied by a power of IoU, so that boxes that overlap well weigh more."""
    focal_efficient_iou = focal_eiou
    def alpha_iou(self, pred: ArrayLike, target: ArrayLike, *, alpha: float = 3.0,
        base: Literal["iou", "giou", "diou", "ciou"] = "iou", **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """An IoU loss with IoU and its penalties raised to a power: alpha > 1 emphasises boxes that are nearly right."""
    def extended_iou(self, pred: ArrayLike, target: ArrayLike, *, smooth_point: float = 0.1, eps: float = 0.0,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss with an intersection that is negative for disjoint boxes, quadratic near zero (mmdetection's EIoULoss)."""
    def siou(self, pred: ArrayLike, target: ArrayLike, *, theta: float = 4.0, paper_sign: bool = True,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss plus a shape cost and a centre-distance cost that depends on the angle between the centres."""
    scylla_iou = siou
    def shape_iou(self, pred: ArrayLike, target: ArrayLike, *, scale: float = 0.0,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """IoU loss plus distance and shape costs whose axis weights follow from the shape of the true box."""
    def inner_iou(self, pred: ArrayLike, target: ArrayLike, *, ratio: float = 1.0,
        base: Literal["iou", "giou", "diou", "ciou", "eiou", "siou"] = "iou", **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """An IoU loss whose IoU is measured on copies of both boxes scaled about their centres by a ratio."""
    def oks(self, keypoints: ArrayLike, target_keypoints: ArrayLike, area: ArrayLike, *,
        sigmas: Literal["coco", "crowdpose"] | Vector = "coco", empty: Literal["skip", "perfect", "one", "nan", "error"] = "skip",
        **options: Unpack[_WeightsOptions]) -> Values:
        """1 minus the object keypoint similarity (OKS), which scales keypoint errors by object size and annotator precision."""
    keypoint_similarity = oks
    def centerness(self, scores: ArrayLike, target_deltas: ArrayLike, **options: Unpack[_ScoresWeightsOptions]) -> Values:
        """Cross-entropy between the predicted centredness of a location and its true centredness in the true box."""
    def probiou(self, pred_obb: ArrayLike, target_obb: ArrayLike, *, form: Literal["hellinger", "bhattacharyya"] = "hellinger",
        angle: Literal["rad", "deg"] = "rad", eps: float = 0.0, **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Hellinger distance between two rotated boxes modelled as Gaussians (1 - ProbIoU)."""

detect: _Detect

class _Segment:
    """The losses of segment."""

    def dice(self, scores: ArrayLike, mask: ArrayLike, *, smooth: float = 0.0, squared: bool = False,
        pool: Literal["image", "batch"] = "image", classes: Literal["mean", "pooled"] = "mean", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        eps: float = 0.0, weights: Vector | None = None, norm: Literal["weights", "count"] = "weights",
        **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values | float:
        """1 minus the Dice coefficient of prediction and mask."""
    soft_dice = dice
    def jaccard(self, scores: ArrayLike, mask: ArrayLike, *, smooth: float = 0.0, squared: bool = False,
        pool: Literal["image", "batch"] = "image", classes: Literal["mean", "pooled"] = "mean", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        eps: float = 0.0, weights: Vector | None = None, norm: Literal["weights", "count"] = "weights",
        **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values | float:
        """1 minus the soft intersection over union (Jaccard index) of prediction and mask."""
    iou = jaccard
    soft_iou = jaccard
    def distance_weighted_ce(self, scores: ArrayLike, mask: ArrayLike, *, w0: float = 10.0, sigma: float = 5.0,
        weights: Vector | None = None, norm: Literal["count", "weights"] = "count", connected: Literal["full", "faces"] = "full",
        spacing: Vector | None = None, **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values:
        """Cross-entropy of pixels, with extra weight on narrow gaps between cells (U-Net)."""
    unet_ce = distance_weighted_ce
    def boundary_dou(self, scores: ArrayLike, mask: ArrayLike, *, low: float = 0.0, high: float = 0.8, smooth: float = 0.0,
        pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Boundary difference over union: mismatch of prediction and mask relative to a partial union, emphasising the border."""
    def nacl(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 0.1, kernel: int = 3, distance: Literal["l1", "l2"] = "l1",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Cross-entropy plus the distance of logits from the class frequencies in each pixel's neighbourhood (NACL)."""
    neighbor_aware_calibration = nacl
    def cldice(self, scores: ArrayLike, mask: ArrayLike, *, iters: int = 3, smooth: float = 0.0, eps: float = 0.0,
        classes: Literal["mean", "pooled"] = "mean", pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """1 minus the centreline Dice (clDice) of prediction and mask, for connectivity of thin structures."""
    soft_cldice = cldice
    def dice_cldice(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 0.5, iters: int = 3, smooth: float = 0.0,
        eps: float = 0.0, classes: Literal["mean", "pooled"] = "mean", pool: Literal["image", "batch"] = "image",
        background: bool = True, empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Weighted sum of the Dice loss and the centreline Dice loss."""
    def log_dice(self, scores: ArrayLike, mask: ArrayLike, *, smooth: float = 0.0, squared: bool = False,
        pool: Literal["image", "batch"] = "image", classes: Literal["mean", "pooled"] = "mean", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "zero",
        eps: float = 0.0, weights: Vector | None = None, norm: Literal["weights", "count"] = "weights",
        **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values | float:
        """Negative logarithm of the Dice coefficient, unbounded where prediction and mask do not overlap."""
    def log_cosh_dice(self, scores: ArrayLike, mask: ArrayLike, *, smooth: float = 0.0, squared: bool = False,
        pool: Literal["image", "batch"] = "image", classes: Literal["mean", "pooled"] = "mean", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        eps: float = 0.0, weights: Vector | None = None, norm: Literal["weights", "count"] = "weights",
        **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values | float:
        """Log-cosh of the Dice loss of an image: quadratic near perfect overlap, nearly linear far from it."""
    def noise_robust_dice(self, scores: ArrayLike, mask: ArrayLike, *, gamma: float = 1.5, squared: bool = True, eps: float = 0.0,
        pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Noise-robust Dice loss: dice with a lower exponent of pixel errors, which reduces the effect of wrong labels."""
    def jml(self, scores: ArrayLike, mask: ArrayLike, *, ratio: Literal["jaccard", "dice"] = "jaccard",
        form: Literal["jml1", "jml2"] = "jml1", smooth: float = 0.0, pool: Literal["image", "batch"] = "image",
        background: bool = True, empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        absent: Literal["count", "zero", "skip"] = "count",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Jaccard metric loss: Jaccard or Dice loss with an intersection that makes it 0 exactly if p = t, for soft masks."""
    jaccard_metric = jml
    def ce(self, scores: ArrayLike, mask: ArrayLike, *, weights: Vector | None = None,
        norm: Literal["weights", "count", "all"] = "weights", weights_on: Literal["classes", "label"] = "classes",
        label_smoothing: float = 0.0, ignore_index: int | None = None, renormalize: bool = False, eps: float = 0.0,
        bounds_on: Literal["all", "probabilities"] = "all", pool: Literal["image", "batch"] = "image",
        **options: Unpack[_ScoresImagesOptions]) -> Values | float:
        """Negative log-probability of each pixel's true class."""
    cross_entropy = ce
    pixel_ce = ce
    softmax_ce = ce
    softmax_loss = ce
    categorical_crossentropy = ce
    def weighted_ce(self, scores: ArrayLike, mask: ArrayLike, *, weights: Vector,
        norm: Literal["weights", "count", "all"] = "weights", weights_on: Literal["classes", "label"] = "classes",
        label_smoothing: float = 0.0, ignore_index: int | None = None, pool: Literal["image", "batch"] = "image",
        **options: Unpack[_ScoresImagesOptions]) -> Values | float:
        """Cross-entropy of pixels with given class weights."""
    weighted_cross_entropy = weighted_ce
    weighted_pixel_ce = weighted_ce
    def bce(self, scores: ArrayLike, mask: ArrayLike, *, pos_weight: float = 1.0, label_smoothing: float = 0.0,
        ignore_index: int | None = None, eps: float = 0.0, floor: float | None = None,
        bounds_on: Literal["all", "probabilities"] = "all", **options: Unpack[_ScoresImagesWeightsOptions]) -> Values:
        """Binary cross-entropy of pixels: foreground against background, or one binary problem per class."""
    binary_crossentropy = bce
    binary_cross_entropy = bce
    pixel_bce = bce
    logistic = bce
    def weighted_bce(self, scores: ArrayLike, mask: ArrayLike, *, alpha: Literal["auto"] | float = "auto",
        ignore_index: int | None = None, **options: Unpack[_ScoresImagesWeightsOptions]) -> Values:
        """Binary cross-entropy of pixels with a weight on the foreground, by default the ratio of negatives to positives."""
    wce = weighted_bce
    def topk_ce(self, scores: ArrayLike, mask: ArrayLike, *, k: float = 10.0, ignore_index: int | None = None,
        pool: Literal["image", "batch"] = "image", **options: Unpack[_ScoresImagesWeightsOptions]) -> Values | float:
        """Mean cross-entropy of the hardest k per cent of an image's pixels."""
    ohem_ce = topk_ce
    def dice_topk(self, scores: ArrayLike, mask: ArrayLike, *, k: float = 10.0, w_dice: float = 1.0, w_ce: float = 1.0,
        smooth: float = 0.0, background: bool = True, empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        absent: Literal["count", "zero", "skip"] = "count", **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Dice loss plus the mean cross-entropy of the worst k per cent of pixels."""
    def exp_log(self, scores: ArrayLike, mask: ArrayLike, *, w_dice: float = 0.8, w_ce: float = 0.2, gamma_dice: float = 0.3,
        gamma_ce: float = 0.3, smooth: float = 0.0, weights: Vector | None = None, background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        power: Literal["class", "mean"] = "class", **options: Unpack[_ScoresIgnoredImagesOptions]) -> Values | float:
        """Exponential logarithmic loss: powers of -ln Dice and of the pixel cross-entropy, added."""
    exponential_logarithmic = exp_log
    def combo(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 0.5, beta: float = 0.5, smooth: float = 0.0,
        classes: Literal["sum", "mean"] = "sum", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Cross-entropy with separate weights of false negatives and false positives, minus the Dice score."""
    def mcc(self, scores: ArrayLike, mask: ArrayLike, *, smooth: float = 0.0, eps: float = 0.0,
        pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """1 minus the Matthews correlation coefficient of prediction and mask."""
    matthews = mcc
    def soft_f1(self, scores: ArrayLike, mask: ArrayLike, *, eps: float = 0.0, pool: Literal["image", "batch"] = "image",
        background: bool = True, empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Mean of two Dice losses: of the foreground and of the background."""
    balanced_f1 = soft_f1
    def sensitivity_specificity(self, scores: ArrayLike, mask: ArrayLike, *, r: float = 0.05, smooth: float = 0.0,
        pool: Literal["image", "batch"] = "image", background: bool = True,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Weighted sum of the mean squared errors inside and outside the region."""
    ss = sensitivity_specificity
    def boundary(self, scores: ArrayLike, mask: ArrayLike, *, spacing: Vector | None = None, background: bool = True,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Boundary loss: mean of predicted probabilities times the signed distance of each pixel from the mask's border."""
    boundary_kervadec = boundary
    surface = boundary
    def hausdorff_dt(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 2.0, spacing: Vector | None = None,
        background: bool = True, **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Hausdorff loss by distance transform: squared errors weighted by distances from the borders of mask and prediction."""
    hausdorff = hausdorff_dt
    def log_hausdorff_dt(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 2.0, spacing: Vector | None = None,
        background: bool = True, power: Literal["class", "mean"] = "class",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Logarithm of 1 plus the Hausdorff loss (distance transform), which limits the effect of distant errors."""
    log_hausdorff = log_hausdorff_dt
    def focal(self, scores: ArrayLike, mask: ArrayLike, *, gamma: float = 2.0, alpha: float | Vector | None = None,
        alpha_on: Literal["positives", "rest", "all"] = "positives", mode: Literal["auto", "softmax", "ovr"] = "auto",
        normalizer: Literal["samples", "positives"] = "samples", classes: Literal["sum", "mean"] = "sum",
        ignore_index: int | None = None, floor: float | None = None, eps: float = 0.0, renormalize: bool = False,
        **options: Unpack[_ScoresImagesWeightsOptions]) -> Values:
        """Cross-entropy of pixels with easy pixels down-weighted by (1 - p_t)^gamma."""
    focal_ce = focal
    pixel_focal = focal
    def gdl(self, scores: ArrayLike, mask: ArrayLike, *, form: Literal["ratio", "mean"] = "ratio",
        weight: Literal["square", "simple", "uniform"] = "square", absent: Literal["skip", "max", "one"] = "skip",
        smooth: float = 0.0, size_eps: float = 0.0, pool: Literal["image", "batch"] = "image", background: bool = True,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Generalized Dice loss: 1 minus one Dice ratio over all classes, with classes weighted inversely to their size."""
    generalized_dice = gdl
    def penalty_gdl(self, scores: ArrayLike, mask: ArrayLike, *, k: float = 2.5,
        weight: Literal["square", "simple", "uniform"] = "square", absent: Literal["skip", "max", "one"] = "skip",
        smooth: float = 0.0, pool: Literal["image", "batch"] = "image", background: bool = True,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Penalised generalized Dice loss, with a gradient that grows with the overlap."""
    penalty_generalized_dice = penalty_gdl
    def hausdorff_er(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 2.0, k: int = 10, background: bool = True,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Hausdorff loss by erosion: squared errors weighted by the number of erosions they survive."""
    def lovasz_hinge(self, scores: ArrayLike, mask: ArrayLike, *, pool: Literal["image", "batch"] = "image",
        ignore_index: int | None = None, **options: Unpack[_ScoresImagesWeightsOptions]) -> Values | float:
        """Lovász hinge: convex surrogate of the Jaccard loss of a binary mask, for raw scores."""
    def lovasz_softmax(self, scores: ArrayLike, mask: ArrayLike, *, pool: Literal["image", "batch"] = "image",
        absent: Literal["skip", "count"] = "skip", ignore_index: int | None = None,
        **options: Unpack[_ScoresImagesWeightsOptions]) -> Values | float:
        """Lovász softmax: surrogate of the mean Jaccard loss over classes, for probabilities."""
    def tversky(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 0.5, beta: float = 0.5,
        alpha_on: Literal["fp", "fn"] = "fp", smooth: float = 0.0, eps: float = 0.0, pool: Literal["image", "batch"] = "image",
        classes: Literal["mean", "pooled"] = "mean", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """1 minus the Tversky index of prediction and mask, with separate weights of false positives and false negatives."""
    def focal_tversky(self, scores: ArrayLike, mask: ArrayLike, *, alpha: float = 0.5, beta: float = 0.5, kappa: float = 0.75,
        smooth: float = 0.0, pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        power: Literal["class", "mean"] = "class", **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """Focal Tversky loss: the Tversky loss raised to a power, which shifts the weight between easy and hard regions."""
    def asymmetric_similarity(self, scores: ArrayLike, mask: ArrayLike, *, beta: float = 1.5, smooth: float = 0.0,
        pool: Literal["image", "batch"] = "image", background: bool = True,
        empty: Literal["perfect", "one", "skip", "nan", "error"] = "perfect", absent: Literal["count", "zero", "skip"] = "count",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values | float:
        """1 minus the soft F-beta score of prediction and mask."""
    f_beta = asymmetric_similarity
    def unified_focal(self, scores: ArrayLike, mask: ArrayLike, *, form: Literal["asymmetric", "symmetric"] = "asymmetric",
        weight: float = 0.5, gamma: float = 0.5, delta: float = 0.7, classes: Literal["sum", "mean"] = "sum", eps: float = 0.0,
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """Unified focal loss: weighted sum of a focal cross-entropy and a focal Tversky loss with shared parameters."""
    def wasserstein_dice(self, scores: ArrayLike, mask: ArrayLike, *, distance: Vector,
        weighting: Literal["default", "gdl"] = "default", smooth: float = 1e-05,
        empty: Literal["perfect", "one", "skip", "nan"] = "perfect",
        **options: Unpack[_ScoresIgnoredImagesWeightsOptions]) -> Values:
        """1 minus a Dice score in which confusions are weighted by given distances between classes."""
    generalized_wasserstein_dice = wasserstein_dice

segment: _Segment

class _Embed:
    """The losses of embed."""

    def norm_softmax(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, s: float = 64.0,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over scaled cosines between an embedding and the class vectors."""
    normface = norm_softmax
    normalized_softmax = norm_softmax
    def cosface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: float = 0.35, s: float = 64.0,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over scaled cosines, with a margin subtracted from the cosine of the own class."""
    am_softmax = cosface
    lmcl = cosface
    def arcface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: float | str = 0.5, s: float = 64.0,
        fallback: Literal["linear", "easy", "none"] = "linear", **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over scaled cosines, with a margin added to the angle to the own class."""
    additive_angular_margin = arcface
    def combined_margin(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m1: float = 1.0,
        m2: float | str = 0.3, m3: float = 0.2, s: float = 64.0, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over scaled cosines with the margins of sphereface, arcface and cosface combined."""
    arcface_combined = combined_margin
    def sphereface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: int = 4,
        s: Literal["norm"] | float = "norm", **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over cosines to unit class vectors, with the angle to the own class multiplied by m."""
    a_softmax = sphereface
    def l_softmax(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: int = 4,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy of a linear classifier, with the angle to the own class multiplied by m."""
    large_margin_softmax = l_softmax
    def subcenter_arcface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: float | str = 0.5,
        s: float = 64.0, fallback: Literal["linear", "easy", "none"] = "linear", k: int = 3,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over cosines to the nearest of several centres per class, with arcface's angular margin."""
    def curricularface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, m: float | str = 0.5,
        s: float = 64.0, t: float = 0.0, fallback: Literal["linear", "easy", "none"] = "linear",
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """ArcFace loss with the logits of hard negative classes reweighted by training progress."""
    curricular = curricularface
    def adaface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, in_batch: ArrayLike | None = None, *,
        m: float = 0.4, h: float = 0.333, s: float = 64.0, mu: float | None = None, sigma: float | None = None,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over cosines, with a margin on the angle for short embeddings and on the cosine for long ones."""
    def magface(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, low: float = 10.0, high: float = 110.0,
        m_low: float | str = 0.45, m_high: float | str = 0.8, lambda_: float = 35.0, s: float = 64.0,
        fallback: Literal["linear", "easy", "none"] = "linear", **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over cosines, with an angular margin that grows with the length, plus a length regulariser."""
    @overload
    def nt_xent(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, temperature: float = 0.07,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        ...
    @overload
    def nt_xent(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, temperature: float = 0.07,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy, by temperature-scaled cosine, of each positive of an anchor against all its negatives."""
    info_nce = nt_xent
    simclr = nt_xent
    def supcon(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, temperature: float = 0.1,
        reduce: Literal["mean", "nonzero"] = "mean", empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy, by temperature-scaled cosine, of all positives of an anchor against the rest of its batch."""
    supervised_contrastive = supcon
    def clip(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, temperature: float = 0.07,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Symmetric softmax cross-entropy of matching the two sides of each pair in a batch by cosine."""
    info_nce_symmetric = clip
    def npairs(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, l2: float = 0.0, normalize: bool = False,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy of picking each anchor's positive among all positives of a batch by inner product."""
    n_pairs = npairs
    multiclass_npair = npairs
    def siglip(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, scale: float = 10.0, bias: float = -10.0,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Binary cross-entropy of every combination of sides in a batch, matching or not, by scaled and shifted cosine."""
    sigmoid_contrastive = siglip
    def angular(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *,
        alpha: float | str = 0.6981317007977318, normalize: bool = True, raw_negatives: bool = False,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Log-sum-exp over negatives of a bound on the angle at which each of them sees a positive pair."""
    @overload
    def center(self, embedding: ArrayLike, label: ArrayLike, centers: ArrayLike, *, half: bool = True,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        ...
    @overload
    def center(self, embedding: ArrayLike, label: ArrayLike, *, half: bool = True,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Half the squared distance of an embedding from the centre of its class."""
    center_loss = center
    def margin_ranking(self, a: ArrayLike, b: ArrayLike, same: ArrayLike, *, margin: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Hinge on the score difference of a pair: how far the higher-ranked item falls short of leading by a margin."""
    pairwise_hinge = margin_ranking
    def hinge_embedding(self, distance: ArrayLike, same: ArrayLike, *, margin: float = 1.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """Distance of positive pairs, and shortfall from a margin of the distance of negative pairs."""
    def cosine_embedding(self, a: ArrayLike, b: ArrayLike, same: ArrayLike, *, margin: float = 0.0, eps: float = 0.0,
        **options: Unpack[_WeightsOptions]) -> Values:
        """1 minus the cosine of positive pairs, and the cosine of negative pairs above a margin."""
    def quadruplet(self, anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, other: ArrayLike, *, margin: float = 1.0,
        margin2: float = 0.5, distance: Literal["squared", "euclidean"] = "squared", normalize: bool = False,
        **options: Unpack[_BoxesWeightsOptions]) -> Values:
        """Triplet loss plus a second hinge on the positive distance minus the distance between rows of two other classes."""
    def circle(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, m: float = 0.4,
        gamma: float = 80.0, pool: Literal["anchor", "batch"] = "anchor", reduce: Literal["mean", "nonzero"] = "mean",
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values | float:
        """Softplus of negative minus positive cosines, each weighted by its distance from its optimum (circle loss)."""
    def multi_similarity(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, alpha: float = 2.0,
        beta: float = 50.0, base: float = 0.5, mining: Literal["all", "multi_similarity"] = "all", epsilon: float = 0.1,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Log-sum-exp of positive cosines below a base and of negative cosines above it, per anchor."""
    ms = multi_similarity
    def tuplet_margin(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *,
        m: float | str = 0.10000736613927509, s: float = 64.0, empty: Literal["error", "perfect"] = "error",
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy of each positive against all negatives by cosine, with slack on the angle of the positive."""
    def intra_pair_variance(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *,
        pos_eps: float = 0.01, neg_eps: float = 0.01, empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Squared deviations of positive cosines below their mean plus those of negative cosines above their mean."""
    def lifted(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, margin: float = 1.0,
        pos_margin: float = 0.0, distance: Literal["euclidean", "squared", "cosine"] = "euclidean", normalize: bool = True,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Squared hinge on the distance of a positive pair plus a log-sum-exp over both ends' distances to all negatives."""
    lifted_structure = lifted
    def generalized_lifted(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, margin: float = 1.0,
        pos_margin: float = 0.0, distance: Literal["euclidean", "squared", "cosine"] = "euclidean", normalize: bool = True,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Hinge on the log-sum-exp of an anchor's positive distances plus that of its negated negative distances."""
    batch_all_lifted = generalized_lifted
    def nca(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, scale: float = 1.0,
        normalize: bool = True, empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Negative log-probability that a row's random neighbour, drawn by softmax of negative squared distance, is of its class."""
    neighbourhood_components = nca
    def ranked_list(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, margin: float = 0.4,
        alpha: float = 1.2, t_p: float = 0.0, t_n: float = 10.0, lambda_: float = 0.5, eps: float = 0.0, normalize: bool = True,
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Weighted mean excess of positives beyond a radius around the anchor and of negatives inside a larger radius."""
    rll = ranked_list
    @overload
    def contrastive(self, a: ArrayLike, b: ArrayLike, same: ArrayLike, *, form: Literal["hadsell", "eq3", "linear"] = "hadsell",
        margin: float = 1.0, pos_margin: float = 0.0, half: bool = True, pairs: Literal["all", "hard", "multi_similarity"] = "all",
        epsilon: float = 0.1, normalize: bool = False, reduce: Literal["mean", "sum", "nonzero", "nonzero_split"] = "mean",
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        ...
    @overload
    def contrastive(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *,
        form: Literal["hadsell", "eq3", "linear"] = "hadsell", margin: float = 1.0, pos_margin: float = 0.0, half: bool = True,
        pairs: Literal["all", "hard", "multi_similarity"] = "all", epsilon: float = 0.1, normalize: bool = False,
        reduce: Literal["mean", "sum", "nonzero", "nonzero_split"] = "mean", empty: Literal["error", "perfect"] = "error",
        batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Squared distance of positive pairs plus the squared shortfall of negative pairs from a margin."""
    siamese = contrastive
    def proxy_nca(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *,
        form: Literal["original", "all"] = "original", scale: float = 1.0, normalize: bool = True,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Softmax cross-entropy over negative squared distances to class proxies (NCA with proxies)."""
    def proxy_anchor(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, in_batch: ArrayLike | None = None, *,
        m: float = 0.1, alpha: float = 32.0, batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Log-sum-exp, per proxy, of low cosines to rows of its class and of high cosines to all other rows."""
    def soft_triple(self, embedding: ArrayLike, label: ArrayLike, class_weights: ArrayLike, *, k: int = 10, lambda_: float = 20.0,
        gamma: float = 0.1, m: float = 0.01, **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """Cross-entropy over similarities to classes with several centres each, softmax-weighted towards the nearest."""
    def fastap(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, bins: int = 10,
        normalize: bool = True, empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """1 minus the average precision of each row's ranking of the others, approximated by soft histograms of distances."""
    fast_ap = fastap
    def smooth_ap(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, temperature: float = 0.01,
        runs: Literal["auto"] | int | None = "auto", empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        """1 minus the average precision of each row's ranking of its batch by cosine, with ranks smoothed by sigmoids."""
    def histogram(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, bins: int = 100,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Probability that a random negative pair has a higher cosine than a random positive pair, by soft histograms."""
    def vicreg(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, lambda_: float = 25.0, mu: float = 25.0,
        nu: float = 1.0, eps: float = 0.0001, batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Mean squared difference of two views plus penalties on low variance and on covariance of the dimensions."""
    def barlow_twins(self, a: ArrayLike, b: ArrayLike, in_batch: ArrayLike | None = None, *, lambda_: float = 0.005, ddof: int = 0,
        eps: float = 0.0, deviation_eps: float = 0.0, batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Squared deviation of the cross-correlation matrix of two views from the identity."""
    @overload
    def snr_contrastive(self, a: ArrayLike, b: ArrayLike, same: ArrayLike, *, pos_margin: float = 0.0, margin: float = 1.0,
        normalize: bool = False, reduce: Literal["mean", "sum", "nonzero", "nonzero_split"] = "mean",
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> Values:
        ...
    @overload
    def snr_contrastive(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, pos_margin: float = 0.0,
        margin: float = 1.0, normalize: bool = False, reduce: Literal["mean", "sum", "nonzero", "nonzero_split"] = "mean",
        empty: Literal["error", "perfect"] = "error", batch: int | None = None, **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Contrastive loss on the signal-to-noise distance: the variance of the difference over the variance of the anchor."""
    snr = snr_contrastive
    @overload
    def triplet(self, anchor: ArrayLike, positive: ArrayLike, negative: ArrayLike, *, margin: Literal["soft"] | float = 0.2,
        distance: Literal["euclidean", "squared", "manhattan", "cosine"] = "euclidean", eps: float = 0.0, root_eps: float = 0.0,
        swap: bool = False,
        mining: Literal["given", "all", "hard", "semihard", "easy_hard", "easy_semihard", "hard_semihard", "violating", "violating_hard", "violating_semihard", "obeying"] = "given",
        mining_margin: float = 0.2, reduce: Literal["mean", "sum", "nonzero"] = "mean", normalize: bool = False,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesBoxesWeightsOptions]) -> Values:
        ...
    @overload
    def triplet(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *,
        margin: Literal["soft"] | float = 0.2, distance: Literal["euclidean", "squared", "manhattan", "cosine"] = "euclidean",
        eps: float = 0.0, root_eps: float = 0.0, swap: bool = False,
        mining: Literal["given", "all", "hard", "semihard", "easy_hard", "easy_semihard", "hard_semihard", "violating", "violating_hard", "violating_semihard", "obeying"] = "given",
        mining_margin: float = 0.2, reduce: Literal["mean", "sum", "nonzero"] = "mean", normalize: bool = False,
        empty: Literal["error", "perfect"] = "error", batch: int | None = None,
        **options: Unpack[_ClassesBoxesWeightsOptions]) -> float:
        """Hinge on the anchor's distance to a positive minus its distance to a negative, plus a margin."""
    triplet_margin = triplet
    def margin(self, embedding: ArrayLike, label: ArrayLike, in_batch: ArrayLike | None = None, *, margin: float = 0.2,
        beta: float = 1.2,
        mining: Literal["all", "hard", "semihard", "easy_hard", "easy_semihard", "hard_semihard", "violating", "violating_hard", "violating_semihard", "obeying"] = "all",
        mining_margin: float = 0.2, distance: Literal["euclidean", "squared", "manhattan", "cosine"] = "euclidean",
        normalize: bool = True, reduce: Literal["mean", "sum", "nonzero"] = "mean", batch: int | None = None,
        **options: Unpack[_ClassesWeightsOptions]) -> float:
        """Hinges on positive distances above and negative distances below a boundary, with a margin (distance-weighted margin)."""
    distance_margin = margin

embed: _Embed

a_softmax = embed.a_softmax
absolute_error = regress.absolute_error
active_passive = classify.active_passive
adaboost = classify.adaboost
adaface = embed.adaface
adaptive_wing = regress.adaptive_wing
additive_angular_margin = embed.additive_angular_margin
alpha_balanced_ce = classify.alpha_balanced_ce
alpha_iou = detect.alpha_iou
am_softmax = embed.am_softmax
angular = embed.angular
apl = classify.apl
arcface = embed.arcface
arcface_combined = embed.arcface_combined
asl = classify.asl
asl_single = classify.asl_single
asymmetric = classify.asymmetric
asymmetric_multilabel = classify.asymmetric_multilabel
asymmetric_similarity = segment.asymmetric_similarity
asymmetric_single = classify.asymmetric_single
awing = regress.awing
balanced_bce = classify.balanced_bce
balanced_ce = classify.balanced_ce
balanced_cross_entropy = classify.balanced_cross_entropy
balanced_f1 = segment.balanced_f1
balanced_l1 = regress.balanced_l1
balanced_softmax = classify.balanced_softmax
barlow_twins = embed.barlow_twins
barron = regress.barron
batch_all_lifted = embed.batch_all_lifted
bayesian_personalized_ranking = classify.bayesian_personalized_ranking
bce: _Shared
bce_with_logits = classify.bce_with_logits
bi_tempered = classify.bi_tempered
bi_tempered_logistic = classify.bi_tempered_logistic
binary_cross_entropy: _Shared
binary_crossentropy: _Shared
boundary = segment.boundary
boundary_dou = segment.boundary_dou
boundary_kervadec = segment.boundary_kervadec
bounded_iou = detect.bounded_iou
box_reg_loc = detect.box_reg_loc
bpr = classify.bpr
brier = classify.brier
brier_score = classify.brier_score
categorical_crossentropy: _Shared
categorical_hinge = classify.categorical_hinge
cauchy = regress.cauchy
ce: _Shared
center = embed.center
center_loss = embed.center_loss
centerness = detect.centerness
centernet = detect.centernet
charbonnier = regress.charbonnier
ciou = detect.ciou
circle = embed.circle
class_balanced = classify.class_balanced
cldice = segment.cldice
clip = embed.clip
coefficient_of_determination = regress.coefficient_of_determination
combined_margin = embed.combined_margin
combo = segment.combo
complete_iou = detect.complete_iou
contrastive = embed.contrastive
cornernet_focal = classify.cornernet_focal
cosface = embed.cosface
cosine = regress.cosine
cosine_distance = regress.cosine_distance
cosine_embedding = embed.cosine_embedding
cosine_similarity = regress.cosine_similarity
crammer_singer = classify.crammer_singer
cross_entropy: _Shared
crps = regress.crps
curricular = embed.curricular
curricularface = embed.curricularface
d2 = regress.d2
d2_absolute_error = regress.d2_absolute_error
d2_brier = classify.d2_brier
d2_log_loss = classify.d2_log_loss
d2_pinball = regress.d2_pinball
d2_tweedie = regress.d2_tweedie
detr = detect.detr
detr_set = detect.detr_set
dfl = classify.dfl
dice = segment.dice
dice_cldice = segment.dice_cldice
dice_topk = segment.dice_topk
diou = detect.diou
distance_iou = detect.distance_iou
distance_margin = embed.distance_margin
distance_weighted_ce = segment.distance_weighted_ce
distillation = classify.distillation
distribution_focal = classify.distribution_focal
effective_number = classify.effective_number
efficient_iou = detect.efficient_iou
eiou = detect.eiou
energy_score = regress.energy_score
epsilon_insensitive = regress.epsilon_insensitive
error_rate = classify.error_rate
exp_log = segment.exp_log
exponential = classify.exponential
exponential_logarithmic = segment.exponential_logarithmic
extended_iou = detect.extended_iou
f_beta = segment.f_beta
fast_ap = embed.fast_ap
fast_rcnn = detect.fast_rcnn
fast_rcnn_loc = detect.fast_rcnn_loc
fastap = embed.fastap
faster_rcnn = detect.faster_rcnn
fcos = detect.fcos
focal: _Shared
focal_ce = segment.focal_ce
focal_efficient_iou = detect.focal_efficient_iou
focal_eiou = detect.focal_eiou
focal_softmax: _Shared
focal_star = classify.focal_star
focal_tversky = segment.focal_tversky
frcnn_multitask = detect.frcnn_multitask
gamma_deviance = regress.gamma_deviance
gaussian_focal = classify.gaussian_focal
gaussian_nll = regress.gaussian_nll
gce = classify.gce
gdl = segment.gdl
geman_mcclure = regress.geman_mcclure
general_robust = regress.general_robust
generalized_ce = classify.generalized_ce
generalized_cross_entropy = classify.generalized_cross_entropy
generalized_dice = segment.generalized_dice
generalized_focal = detect.generalized_focal
generalized_iou = detect.generalized_iou
generalized_lifted = embed.generalized_lifted
generalized_wasserstein_dice = segment.generalized_wasserstein_dice
gfl = detect.gfl
ghm = classify.ghm
ghm_c = classify.ghm_c
ghm_r = regress.ghm_r
giou = detect.giou
half_mse = regress.half_mse
half_squared_error = regress.half_squared_error
hamming = classify.hamming
hausdorff = segment.hausdorff
hausdorff_dt = segment.hausdorff_dt
hausdorff_er = segment.hausdorff_er
heatmap_focal = classify.heatmap_focal
hinge = classify.hinge
hinge_embedding = embed.hinge_embedding
histogram = embed.histogram
huber: _Shared
info_nce = embed.info_nce
info_nce_symmetric = embed.info_nce_symmetric
inner_iou = detect.inner_iou
interval_score = regress.interval_score
intra_pair_variance = embed.intra_pair_variance
iou: _Shared
jaccard: _Shared
jaccard_metric = segment.jaccard_metric
jensen_shannon = classify.jensen_shannon
jml = segment.jml
js = classify.js
js_divergence = classify.js_divergence
kd = classify.kd
keypoint_similarity = detect.keypoint_similarity
kl = classify.kl
kl_div = classify.kl_div
kl_divergence = classify.kl_divergence
knowledge_distillation = classify.knowledge_distillation
kullback_leibler = classify.kullback_leibler
l1: _Shared
l2: _Shared
l2_svm = classify.l2_svm
l_softmax = embed.l_softmax
laplace_nll = regress.laplace_nll
large_margin_softmax = embed.large_margin_softmax
ldam = classify.ldam
leclerc = regress.leclerc
lifted = embed.lifted
lifted_structure = embed.lifted_structure
linf = regress.linf
listnet = classify.listnet
lmcl = embed.lmcl
log_cosh = regress.log_cosh
log_cosh_dice = segment.log_cosh_dice
log_dice = segment.log_dice
log_hausdorff = segment.log_hausdorff
log_hausdorff_dt = segment.log_hausdorff_dt
log_loss = classify.log_loss
logcosh = regress.logcosh
logistic: _Shared
logistic_margin = classify.logistic_margin
logit_adjusted = classify.logit_adjusted
lorentzian = regress.lorentzian
lovasz_hinge = segment.lovasz_hinge
lovasz_softmax = segment.lovasz_softmax
mae: _Shared
magface = embed.magface
mape = regress.mape
margin = embed.margin
margin_ranking = embed.margin_ranking
mask_rcnn = detect.mask_rcnn
matthews = segment.matthews
max_error = regress.max_error
mcc = segment.mcc
mean_absolute_error = regress.mean_absolute_error
mean_absolute_percentage_error = regress.mean_absolute_percentage_error
mean_squared_error = regress.mean_squared_error
mean_squared_log_error = regress.mean_squared_log_error
mean_squared_logarithmic_error = regress.mean_squared_logarithmic_error
median_absolute_error = regress.median_absolute_error
median_ae = regress.median_ae
minimum_point_distance_iou = detect.minimum_point_distance_iou
misclassification = classify.misclassification
modified_huber = classify.modified_huber
mpdiou = detect.mpdiou
ms = embed.ms
mse: _Shared
msle = regress.msle
multi_margin = classify.multi_margin
multi_similarity = embed.multi_similarity
multibox = detect.multibox
multiclass_hinge = classify.multiclass_hinge
multiclass_npair = embed.multiclass_npair
multilabel_categorical_crossentropy = classify.multilabel_categorical_crossentropy
multilabel_margin = classify.multilabel_margin
multilabel_soft_margin = classify.multilabel_soft_margin
n_pairs = embed.n_pairs
nacl = segment.nacl
nca = embed.nca
nce = classify.nce
negative_log_likelihood = classify.negative_log_likelihood
neighbor_aware_calibration = segment.neighbor_aware_calibration
neighbourhood_components = embed.neighbourhood_components
nll = classify.nll
noise_robust_dice = segment.noise_robust_dice
norm_softmax = embed.norm_softmax
normalized_ce = classify.normalized_ce
normalized_cross_entropy = classify.normalized_cross_entropy
normalized_softmax = embed.normalized_softmax
normalized_wasserstein = detect.normalized_wasserstein
normface = embed.normface
npairs = embed.npairs
nt_xent = embed.nt_xent
nwd = detect.nwd
objects_as_points = detect.objects_as_points
ohem_ce: _Shared
oks = detect.oks
pairwise_hinge = embed.pairwise_hinge
penalty_gdl = segment.penalty_gdl
penalty_generalized_dice = segment.penalty_generalized_dice
perceptron = classify.perceptron
pinball = regress.pinball
pixel_bce = segment.pixel_bce
pixel_ce = segment.pixel_ce
pixel_focal = segment.pixel_focal
poisson = regress.poisson
poisson_deviance = regress.poisson_deviance
poisson_nll = regress.poisson_nll
poly1 = classify.poly1
poly1_ce = classify.poly1_ce
poly_loss = classify.poly_loss
probiou = detect.probiou
proxy_anchor = embed.proxy_anchor
proxy_nca = embed.proxy_nca
pseudo_huber = regress.pseudo_huber
qfl = classify.qfl
quadratic_kappa = classify.quadratic_kappa
quadratic_score = classify.quadratic_score
quadruplet = embed.quadruplet
quality_focal = classify.quality_focal
quantile = regress.quantile
quantile_huber = regress.quantile_huber
r2 = regress.r2
r2_score = regress.r2_score
ranked_list = embed.ranked_list
ranking_softmax = classify.ranking_softmax
reduced_focal = classify.reduced_focal
retinanet = detect.retinanet
rll = embed.rll
rmse = regress.rmse
rmsle = regress.rmsle
root_mean_squared_error = regress.root_mean_squared_error
root_mean_squared_log_error = regress.root_mean_squared_log_error
scale_invariant_log = regress.scale_invariant_log
sce = classify.sce
scylla_iou = detect.scylla_iou
seesaw = classify.seesaw
sensitivity_specificity = segment.sensitivity_specificity
shape_iou = detect.shape_iou
siamese = embed.siamese
siglip = embed.siglip
sigmoid_ce = classify.sigmoid_ce
sigmoid_contrastive = embed.sigmoid_contrastive
sigmoid_focal: _Shared
silog = regress.silog
simclr = embed.simclr
siou = detect.siou
smape = regress.smape
smooth_ap = embed.smooth_ap
smooth_l1: _Shared
snr = embed.snr
snr_contrastive = embed.snr_contrastive
soft_cldice = segment.soft_cldice
soft_dice = segment.soft_dice
soft_f1 = segment.soft_f1
soft_iou = segment.soft_iou
soft_margin = classify.soft_margin
soft_triple = embed.soft_triple
softmax_ce: _Shared
softmax_cross_entropy = classify.softmax_cross_entropy
softmax_loss: _Shared
sparse_categorical_crossentropy = classify.sparse_categorical_crossentropy
sparsemax = classify.sparsemax
sphereface = embed.sphereface
squared_epsilon_insensitive = regress.squared_epsilon_insensitive
squared_error = regress.squared_error
squared_hinge = classify.squared_hinge
ss = segment.ss
ssd = detect.ssd
ssd_multibox = detect.ssd_multibox
subcenter_arcface = embed.subcenter_arcface
supcon = embed.supcon
supervised_contrastive = embed.supervised_contrastive
surface = segment.surface
svm = classify.svm
svm_objective = classify.svm_objective
symmetric_ce = classify.symmetric_ce
symmetric_cross_entropy = classify.symmetric_cross_entropy
symmetric_mean_absolute_percentage_error = regress.symmetric_mean_absolute_percentage_error
tolerance_error = regress.tolerance_error
topk_ce: _Shared
triplet = embed.triplet
triplet_margin = embed.triplet_margin
tuplet_margin = embed.tuplet_margin
tversky = segment.tversky
tweedie = regress.tweedie
tweedie_deviance = regress.tweedie_deviance
two_way = classify.two_way
two_way_multilabel = classify.two_way_multilabel
unet_ce = segment.unet_ce
unified_focal = segment.unified_focal
unitbox = detect.unitbox
varifocal = classify.varifocal
varifocalnet = detect.varifocalnet
vfl = classify.vfl
vfnet = detect.vfnet
vicreg = embed.vicreg
wape = regress.wape
wasserstein_dice = segment.wasserstein_dice
wce: _Shared
weighted_bce: _Shared
weighted_ce = segment.weighted_ce
weighted_cross_entropy: _Shared
weighted_kappa = classify.weighted_kappa
weighted_mean_absolute_percentage_error = regress.weighted_mean_absolute_percentage_error
weighted_pixel_ce = segment.weighted_pixel_ce
welsch = regress.welsch
weston_watkins = classify.weston_watkins
wing = regress.wing
winkler = regress.winkler
wiou = detect.wiou
wise_iou = detect.wise_iou
wmape = regress.wmape
yolo = detect.yolo
yolo_v1 = detect.yolo_v1
yolo_v8 = detect.yolo_v8
yolov1 = detect.yolov1
yolov8 = detect.yolov8
zero_one: _Shared
zlpr = classify.zlpr
