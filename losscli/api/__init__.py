"""The Python interface, with examples.

>>> import losscli
>>> import numpy as np

A report, as the command line makes it. Predictions and targets are paths, arrays, arrays by role, DataFrames or Series:

>>> pred = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
>>> target = np.array([[1.0, 0.0, 3.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
>>> report = losscli.evaluate(pred, target, family="detect", losses=["iou", "giou:eps=1e-7"])
>>> report
<losscli.Report detect: iou = 0.333333, giou:eps=1e-7 = 0.333333; 2 samples>
>>> round(report["giou"].value, 6)
0.333333
>>> report.as_dict()["alignment"]["evaluated"]
2

>>> probs = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
>>> report = losscli.evaluate({"scores": probs}, {"label": [0, 1]}, family="classify", losses="ce", fail_if="ce > 0.5")
>>> report.verdict
'pass'

A DataFrame is a table: its columns fill the roles by name, as those of a CSV file would.

>>> import pandas as pd
>>> table = pd.DataFrame({"pred": [1.0, 2.0, 4.0], "target": [1.0, 2.5, 3.0]})
>>> report = losscli.evaluate(table, family="regress", losses="mae")
>>> report.to_frame().loc["mae", ["value", "max"]].tolist()
[0.5, 1.0]

The loss of each sample:

>>> losscli.per_sample(table, family="regress", losses=["mae", "mse"])
   pred_row  mae   mse
0         1  0.0  0.00
1         2  0.5  0.25
2         3  1.0  1.00

The same per group of samples:

>>> by_site = {"pred": [1.0, 2.0, 4.0], "site": ["a", "b", "b"]}
>>> report = losscli.evaluate(by_site, [0.0, 0.0, 0.0], family="regress", losses="mae", by="site")
>>> [(group.by, group.n, group.losses[0].value) for group in report.groups]
[({'site': 'a'}, 1, 1.0), ({'site': 'b'}, 2, 3.0)]

The gradient of each sample's loss, in the prediction's own layout; a family is named where several have the loss:

>>> losscli.gradient("l1", pred, target)
array([[-1.,  0., -1.,  0.],
       [ 0.,  0.,  0.,  0.]])
>>> losscli.gradient("ce", np.log(probs), [0, 1], family="classify", from_logits=True).round(3)
array([[-0.3,  0.2,  0.1],
       [ 0.1, -0.2,  0.1]])

Every loss as a function of arrays, one value per row:

>>> losscli.losses.iou(pred, target)
array([0.66666667, 0.        ])
>>> losscli.losses.iou(pred, target, form="square")
array([0.88888889, 0.        ])
>>> losscli.losses.classify.focal(probs, [0, 1], gamma=2.0).round(6)
array([0.032101, 0.008926])
>>> losscli.losses.regress.huber(2.5, 0.0)
2.0

Errors are losscli.UsageError (what was asked for) and losscli.DataError (the data):

>>> losscli.evaluate(pred, target, family="detekt", losses="iou")
Traceback (most recent call last):
    ...
losscli.UsageError: unknown family 'detekt', did you mean detect?
the families are classify, regress, detect, segment, embed
"""

from __future__ import annotations

from losscli.api.evaluation import evaluate, gradient
from losscli.api.page import explain
from losscli.api.report import Report
from losscli.api.samples import per_sample

__all__ = ["Report", "evaluate", "explain", "gradient", "per_sample"]
