"""The column names that fill roles, in one table, and how names are compared: without case, blanks, hyphens and underscores."""

from __future__ import annotations

import re
from functools import lru_cache

PRED = ("pred", "preds", "prediction", "predictions", "predicted", "y_pred", "yhat", "y_hat")
PRED_WEAK = ("output", "outputs", "forecast", "mean", "predict", "fit", "fitted")
TARGET = (
    "target",
    "targets",
    "y",
    "y_true",
    "y_test",
    "true",
    "truth",
    "actual",
    "observed",
    "observation",
    "ground_truth",
    "gt",
    "oracle_value",
)
LEVEL = ("output_type_id", "quantile", "quantile_level", "tau", "level")
"""Names of the level of a quantile, in tables with a row per level."""
ROW_KIND = ("output_type",)
"""Names of what a row of a long table of forecasts is: a quantile, a sample, a mean."""
LONG_VALUE = ("value", *PRED, *PRED_WEAK)
"""Names of the predicted number beside a level."""
LABEL = (
    "label",
    "labels",
    "label_ids",
    "target",
    "targets",
    "y",
    "y_true",
    "y_test",
    "true_label",
    "true_class",
    "actual_label",
    "gold",
    "truth",
    "ground_truth",
    "gt",
    "true",
    "actual",
    "actual_class",
)
LABEL_WEAK = ("class", "category")
"""Names of labels in TARGET only: beside scores, such a column may hold the predicted class."""
IDENTITY = ("identity", "identities", "pid", "pids", "person_id", "speaker_id", "subject_id", "class_id", "class_ids")
"""Names of whom or what a vector shows, as data sets of faces, persons and voices have them: no ids of the rows."""
PRED_LABEL = (
    "y_pred",
    "pred",
    "prediction",
    "predicted",
    "predicted_label",
    "pred_label",
    "predicted_class",
    "pred_class",
    "class",
    "classes",
    "argmax",
    "predictions",
    "preds",
    "y_hat",
    "yhat",
    "predict",
    "scored_labels",
)
SCORE = (
    "p",
    "prob",
    "proba",
    "probability",
    "score",
    "y_prob",
    "y_proba",
    "y_score",
    "confidence",
    "conf",
    "pred_prob",
    "scored_probabilities",
    "logit",
)
"""Names of one score per row: that of class 1."""
SCORES = ("logits", "probs", "probabilities", "scores", "score", "preds")
"""Names of arrays and list columns with a score per class."""
MASK = ("mask", "masks", "label", "labels", "target", "targets", "y_true", "truth", "gt", "ground_truth")
PIXEL_SCORE = (
    *dict.fromkeys((*SCORE, *SCORES, "pred", "preds", "prediction", "predictions", "y_pred", "output", "outputs")),
    *("pred_mask", "pred_masks", "mask_pred", "masks_pred"),
)
RUNS = ("encoded_pixels", "rle", "rle_mask")
"""Names of masks as runs of pixels in text."""
OBJECTS = ("segmentation", *RUNS)
"""Names of masks of objects, which become one image."""
LOWER = ("lower", "lo", "yhat_lower", "low", "lower_bound", "lwr")
UPPER = ("upper", "hi", "yhat_upper", "high", "upper_bound", "upr")
IMAGE_ID = (
    "image_id",
    "image",
    "img_id",
    "img",
    "filename",
    "file_name",
    "image_name",
    "image_path",
    "frame",
)
UNIT = (
    *IMAGE_ID,
    "patient",
    "patient_id",
    "subject",
    "subject_id",
    "series",
    "series_id",
    "unique_id",
    "video",
    "video_id",
)
"""What rows belong to that vary together: the boxes of an image, the slices of a patient."""
BOX_CLASS = (
    "label",
    "class",
    "cls",
    "class_id",
    "category_id",
    "class_name",
    "category_name",
    "category",
    "name",
    "label_name",
    "labels",
    "label_id",
    "object_class",
)
BOX_SCORE = ("score", "conf", "confidence", "prob", "scores")
CROWD = ("crowd", "is_group_of", "group_of")
DIFFICULT = ("is_difficult",)
SAME = ("same", "issame", "is_same", "match", "is_match", "genuine")
YES = ("yes", "y", "true", "t", "same", "match", "matched", "matching", "genuine", "mated", "positive", "pos")
NO = (
    *("no", "n", "false", "f", "different", "diff", "notsame", "mismatch", "mismatched", "nonmatch", "nomatch", "notmatch"),
    *("nonmatching", "impostor", "imposter", "nonmated", "negative", "neg"),
)
"""Words for whether two are of one class, as names are compared."""
DISTANCE = ("distance", "d", "dist")
EMBEDDING = ("embedding", "embeddings", "emb", "embs", "vector", "vectors", "features", "feature", "feat", "feats")
BATCH = ("batch", "batch_id")
FIRST_ID = (
    "a",
    "a_id",
    "id_a",
    "id1",
    "id_1",
    "first",
    "left",
    "name1",
    "file1",
    "image1",
    "img1",
    "path1",
    "source",
    "probe",
    "query",
)
SECOND_ID = (
    "b",
    "b_id",
    "id_b",
    "id2",
    "id_2",
    "second",
    "right",
    "name2",
    "file2",
    "image2",
    "img2",
    "path2",
    "gallery",
    "reference",
)
ANCHOR_ID = ("anchor", "anchor_id", "anc", "query", "a")
POSITIVE_ID = ("positive", "positive_id", "pos", "p")
NEGATIVE_ID = ("negative", "negative_id", "neg", "n")
"""Names of the columns of ids in a list of pairs or triplets."""

OF_A_RUN = ("fold", "split", "epoch", "step", "iteration", "timestamp", "seed", "sample_weight")
"""Names of the part of a run that a row belongs to."""
ABOUT = (
    *OF_A_RUN,
    "sample",
    "frame",
    "time",
    "weight",
    "weights",
    "correct",
    "loss",
    "error",
    "margin",
    "entropy",
    "uncertainty",
)
"""Names of what is noted beside predictions: never a score without --col."""

SCALES = ("log", "ln", "log1p", "log10", "log2", "sqrt", "scaled", "standardized", "zscore", "normalized", "normalised")
"""Words in the name of a column that say that its numbers are of another scale."""
SUMS = frozenset(
    {
        "total",
        "totals",
        "grandtotal",
        "sum",
        "all",
        "overall",
        "σ",
        "summe",
        "gesamt",
        "gesamtsumme",
        "insgesamt",
        "somme",
        "totaux",
        "totale",
        "suma",
        "soma",
        "somma",
    }
)
MEANS = frozenset(
    {
        "mean",
        "average",
        "avg",
        "overall",
        "all",
        "ø",
        "mittelwert",
        "mittel",
        "durchschnitt",
        "moyenne",
        "media",
        "média",
        "promedio",
        "gemiddelde",
    }
)
"""Names of a row with the sums, or with the means, of the others, as names are compared."""
COMPONENTS = (
    "trend",
    "additive_terms",
    "multiplicative_terms",
    "daily",
    "weekly",
    "yearly",
    "holidays",
    "cap",
    "floor",
    "se",
    "mean_se",
    "std",
)
"""Names of what forecasting libraries write beside forecasts: their parts and their spread."""

TIMES = frozenset({"ds", "date", "datetime", "time", "timestamp", "day", "month", "period"})
"""Names of the time of a row, of which a table of forecasts has one."""

_INDEX = re.compile(r"unnamed:.*|index(level)?\d*|level\d+|index|idx|row|rowid|no|#|")
_ID = re.compile(r"id|ids|uid|uuid|key|keys")
_ID_END = re.compile(r".*([_\s-]id|[a-z]id|[a-z0-9](Id|ID|No)|[_\s-](ID|Id|No|no))")


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """A name as names are compared; `.pred` of R's packages is `pred`."""
    return re.sub(r"^\.|[\s_\-]+", "", name).casefold()


def is_index(name: str, folded: str | None = None) -> bool:
    """Whether a column of this name counts the rows: what a data frame writes for its index, `row`, `#` and the like.

    folded: the name as names are compared, where that is at hand.
    """
    return _INDEX.fullmatch(fold(name) if folded is None else folded) is not None


def totals(cell: str) -> tuple[bool, bool]:
    """Whether a row of this name may have the sums, and the means, of the others: `Grand total:`, `Average`."""
    name = fold(cell).rstrip(":")
    return name in SUMS, name in MEANS


def is_id(name: str, folded: str | None = None) -> bool:
    """Whether a column of this name identifies the rows: `id`, `uuid`, `customer_id`, `ImageId`, `PassengerNo`.

    folded: the name as names are compared, where that is at hand.
    """
    return _ID.fullmatch(fold(name) if folded is None else folded) is not None or _ID_END.fullmatch(name.strip()) is not None


def is_time(name: str) -> bool:
    """Whether a column of this name has the time of a row: `ds`, `date`, `timestamp`."""
    return fold(name) in TIMES
