#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes eval.json: scores and labels of small sets, and what scikit-learn computes of them, for `cliptag eval`.

    python3 -m venv /tmp/evalenv && /tmp/evalenv/bin/pip install -r tests/golden/requirements-eval.txt
    /tmp/evalenv/bin/python tests/golden/make_eval.py

Scores are F32, written so that they read back exactly. Of equal scores the first class counts as better; scikit-learn's
top_k_accuracy_score takes the last, so it is given the classes in reverse. It has no calibration error: that is put
together from its calibration_curve. null: not defined.
"""
import json
import warnings
from pathlib import Path

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import (accuracy_score, average_precision_score, confusion_matrix, recall_score,
                             top_k_accuracy_score)

BINS = 15
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "A single label was found")


def softmax(logits):
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (exp / exp.sum(axis=1, keepdims=True)).astype(np.float32)


def top_k(truth, scores, k):
    n = scores.shape[1]
    if k >= n:
        return 1.0
    if n == 2:  # binary to scikit-learn, which then wants one column
        return accuracy_score(truth, scores.argmax(axis=1))
    return top_k_accuracy_score(n - 1 - truth, scores[:, ::-1], k=k, labels=range(n))


def calibration_error(right, confidence):
    accuracy, mean = calibration_curve(right, confidence, n_bins=BINS, strategy="uniform")
    edges = np.linspace(0, 1, BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], confidence), minlength=BINS)
    counts = counts[counts > 0]
    return float((np.abs(accuracy - mean) * counts).sum() / counts.sum())


def measure_single(scores, labels):
    n = scores.shape[1]
    truth = np.array([some[0] for some in labels])
    best = scores.argmax(axis=1)
    present = sorted(set(truth.tolist()))
    recall = recall_score(truth, best, labels=present, average=None, zero_division=0)
    return {
        "top1": accuracy_score(truth, best),
        "top5": top_k(truth, scores, 5),
        "recall": [float(recall[present.index(c)]) if c in present else None for c in range(n)],
        "mean_recall": recall_score(truth, best, labels=present, average="macro", zero_division=0),
        "confusion": confusion_matrix(truth, best, labels=range(n)).tolist(),
        "ece": calibration_error(best == truth, scores.max(axis=1).astype(np.float64)),
    }


def measure_multi(scores, labels):
    """Samples with several labels or none: hits, and recall among the n best, by indicator matrices."""
    n = scores.shape[1]
    order = np.argsort(-scores, axis=1, kind="stable")
    some = [i for i, truth in enumerate(labels) if truth]
    truth, chosen = np.zeros((len(some), n), int), np.zeros((len(some), n), int)
    for row, i in enumerate(some):
        truth[row, labels[i]] = 1
        chosen[row, order[i, :len(labels[i])]] = 1
    present = [c for c in range(n) if truth[:, c].any()]
    recall = recall_score(truth, chosen, labels=present, average=None, zero_division=0)
    single = [i for i in some if len(labels[i]) == 1]
    right = np.array([order[i, 0] in labels[i] for i in some])
    return {
        "top1": float(right.mean()),
        "top5": float(np.mean([bool(set(order[i, :5]) & set(labels[i])) for i in some])),
        "recall": [float(recall[present.index(c)]) if c in present else None for c in range(n)],
        "mean_recall": float(recall.mean()),
        "confusion": confusion_matrix([labels[i][0] for i in single], [order[i, 0] for i in single],
                                      labels=range(n)).tolist(),
        "ece": calibration_error(right, scores[some].max(axis=1).astype(np.float64)),
    }


def make_case(name, scores, labels):
    n = scores.shape[1]
    single = all(len(some) == 1 for some in labels)
    expected = (measure_single if single else measure_multi)(scores, labels)
    truth = np.array([[c in some for c in range(n)] for some in labels])
    expected["ap"] = [float(average_precision_score(truth[:, c], scores[:, c])) if truth[:, c].any() else None
                      for c in range(n)]
    expected["map"] = float(np.mean([ap for ap in expected["ap"] if ap is not None]))
    return {"name": name, "scores": [[float(f"{x:.9g}") for x in row] for row in scores], "labels": labels, **expected}


def main():
    random = np.random.default_rng(17)

    def draw(n_samples, n_classes, strength, classes=None):
        truth = random.choice(classes or n_classes, n_samples)
        logits = random.normal(size=(n_samples, n_classes))
        logits[np.arange(n_samples), truth] += strength
        return softmax(2 * logits), [[int(c)] for c in truth]

    def draw_multi(n_samples, n_classes):
        truth = random.random((n_samples, n_classes)) < 0.2
        scores = 1 / (1 + np.exp(-random.normal(size=truth.shape) - 2 * truth))
        return scores.astype(np.float32), [np.flatnonzero(row).tolist() for row in truth]

    scores, labels = draw(60, 6, 0.5)
    ties = np.round(scores * 8).astype(np.float32) / 8
    flat, flat_labels = draw(12, 7, 1)
    multi, multi_labels = draw_multi(40, 7)
    cases = [
        make_case("plain", *draw(60, 8, 1.5)),
        make_case("ties", ties, labels),
        make_case("all equal", np.full_like(flat, 1 / 7), flat_labels),
        make_case("absent classes", *draw(30, 9, 1, classes=[1, 4, 8])),
        make_case("single class", np.ones((5, 1), np.float32), [[0]] * 5),
        make_case("one class of the data", *draw(8, 6, 1, classes=[2])),
        make_case("two classes", *draw(25, 2, 1)),
        make_case("one sample", *draw(1, 6, 1)),
        make_case("certain and wrong", np.eye(6, dtype=np.float32), [[(i + 1) % 6] for i in range(6)]),
        make_case("several labels", multi, multi_labels),
        make_case("several labels, ties", np.round(multi * 4).astype(np.float32) / 4, multi_labels),
    ]
    path = Path(__file__).resolve().parent / "eval.json"
    lines = ",\n".join(json.dumps(case) for case in cases)
    path.write_text('{"cases": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
