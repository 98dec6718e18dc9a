"""Regression and classification: out-of-fold and held-out predictions of plain scikit-learn models."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import BayesianRidge, LogisticRegression
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from making.write import Array, csv, npy, npz, significant, softmax

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def diabetes(seed: int) -> None:
    """Disease progression: gradient boosting, and Bayesian ridge regression for a predictive variance."""
    data = load_diabetes(scaled=False)
    x, y = data.data, data.target
    folds = KFold(10, shuffle=True, random_state=seed)
    model = GradientBoostingRegressor(n_estimators=120, learning_rate=0.05, max_depth=2, subsample=0.8, random_state=seed)
    pred = significant(cross_val_predict(model, x, y, cv=folds))
    patients = [f"p{i:03d}" for i in range(1, len(y) + 1)]
    sex = [f"code{int(v)}" for v in x[:, data.feature_names.index("sex")]]
    csv("diabetes_pred.csv", ("patient", "pred"), zip(patients, pred, strict=True))
    csv("diabetes_target.csv", ("patient", "target"), zip(patients, y, strict=True))
    csv("diabetes.csv", ("patient", "pred", "target", "sex"), zip(patients, pred, y, sex, strict=True))
    npy("diabetes_pred.npy", pred)
    npy("diabetes_target.npy", y.astype(np.float64))

    mean, std = np.empty_like(y), np.empty_like(y)
    for train, test in folds.split(x):
        ridge = make_pipeline(StandardScaler(), BayesianRidge()).fit(x[train], y[train])
        mean[test], std[test] = ridge.predict(x[test], return_std=True)
    npz("diabetes_var.npz", {"pred": significant(mean), "var": significant(std**2), "target": y.astype(np.float64)})


def cancer(seed: int) -> None:
    """Two classes, one probability: logistic regression on standardised features, malignant = 1."""
    data = load_breast_cancer()
    label = 1 - data.target.astype(np.int64)  # scikit-learn numbers benign 1
    folds = StratifiedKFold(10, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1))
    logits = np.round(cross_val_predict(model, data.data, label, cv=folds, method="decision_function"), 4)
    p = 1 / (1 + np.exp(-logits))
    cases = [f"c{i:03d}" for i in range(1, len(label) + 1)]
    names = ("benign", "malignant")
    csv("cancer_pred.csv", ("case", "p"), zip(cases, p, strict=True))
    csv("cancer_label.csv", ("case", "label", "diagnosis"), ((c, k, names[k]) for c, k in zip(cases, label, strict=True)))
    npy("cancer_pred.npy", p)
    npy("cancer_label.npy", label)


def digits(seed: int) -> None:
    """Ten named classes, 300 held-out digits: softmax regression on the pixels."""
    x, y, train, test = split_digits(seed)
    model = LogisticRegression(C=0.5, max_iter=1000).fit(x[train], y[train])
    logits = np.asarray(np.round(model.decision_function(x[test]), 4), np.float32)
    p = softmax(logits)
    ids = [f"d{i:04d}" for i in test]
    csv("digits_probs.csv", ("id", *DIGITS), ((i, *row) for i, row in zip(ids, p, strict=True)))
    csv("digits_label.csv", ("id", "label"), ((i, DIGITS[k]) for i, k in zip(ids, y[test], strict=True)))
    npy("digits_probs.npy", p)
    npy("digits_logits.npy", logits)
    npy("digits_label.npy", y[test].astype(np.int64))


def iris(seed: int) -> None:
    """Three named classes in one small table: softmax regression, out of fold."""
    data = load_iris()
    folds = StratifiedKFold(10, shuffle=True, random_state=seed)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    p = softmax(np.round(cross_val_predict(model, data.data, data.target, cv=folds, method="decision_function"), 4))
    names = [str(n) for n in data.target_names]
    flowers = [f"f{i:03d}" for i in range(1, len(p) + 1)]
    csv("iris_probs.csv", ("flower", *names), ((f, *row) for f, row in zip(flowers, p, strict=True)))
    csv("iris_label.csv", ("flower", "label"), ((f, names[k]) for f, k in zip(flowers, data.target, strict=True)))


def split_digits(seed: int) -> tuple[Array, Array, Array, Array]:
    """Pixels in 0…1, labels, and the row numbers of the training part and of 300 held-out digits."""
    data = load_digits()
    rows = np.arange(len(data.target))
    train, test = train_test_split(rows, test_size=300, stratify=data.target, random_state=seed)
    return data.data / 16, data.target, np.sort(train), np.sort(test)
