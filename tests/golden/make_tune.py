#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tune.json: what scikit-learn and scipy find of small sets, for the fits of `cliptag tune`.

    /tmp/evalenv/bin/python tests/golden/make_tune.py     (the environment of make_eval.py)

Rows are F32, written so that they read back exactly.
"""
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve


def rows_of(random, n, dim, n_classes, spread):
    classes = np.arange(n) % n_classes
    centres = random.normal(size=(n_classes, dim))
    rows = centres[classes] + spread * random.normal(size=(n, dim))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32).astype(np.float64), classes


def probe(random, n, dim, n_classes, spread, strength):
    rows, classes = rows_of(random, n, dim, n_classes, spread)
    # Softmax of two columns w and -w is one column 2w to scikit-learn, whose penalty is twice as large.
    fit = LogisticRegression(C=strength * (2 if n_classes == 2 else 1), max_iter=10000, tol=1e-10).fit(rows, classes)
    weights, biases = fit.coef_, fit.intercept_
    if n_classes == 2:
        weights, biases = np.vstack([-weights, weights]) / 2, np.concatenate([-biases, biases]) / 2
    return {"rows": rows.tolist(), "classes": classes.tolist(), "n_classes": n_classes, "strength": strength,
            "weights": weights.tolist(), "biases": (biases - biases.mean()).tolist()}


def temperature(random, n, n_classes, scale):
    logits = random.normal(size=(n, n_classes))
    classes = np.array([random.choice(n_classes, p=np.exp(row) / np.exp(row).sum()) for row in logits])
    logits = np.round(logits * scale, 6)

    def loss(log2):
        scaled = logits / 2 ** log2
        shares = np.log(np.exp(scaled) / np.exp(scaled).sum(axis=1, keepdims=True))
        targets = np.full((n, n_classes), 1 / (n + 2) / (n_classes - 1))
        targets[np.arange(n), classes] = 1 - 1 / (n + 2)
        return -(targets * shares).sum() / n

    found = minimize_scalar(loss, bounds=(-6, 6), method="bounded", options={"xatol": 1e-10})
    return {"logits": logits.tolist(), "classes": classes.tolist(), "n_classes": n_classes, "temperature": 2 ** found.x,
            "loss": found.fun, "loss_at_1": loss(0)}


def threshold(random, n):
    positive = random.random(n) < 0.3
    scores = np.round(np.clip(random.normal(np.where(positive, 0.6, 0.4), 0.2), 0, 1), 2).astype(np.float32)
    precision, recall, _ = precision_recall_curve(positive, scores)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return {"scores": scores.tolist(), "positive": positive.tolist(), "f1": f1.max()}


def main():
    random = np.random.default_rng(12)
    golden = {
        "probes": [probe(random, 60, 4, 3, 0.5, 10.0), probe(random, 40, 8, 5, 0.8, 1.0),
                   probe(random, 50, 3, 2, 0.6, 4.0), probe(random, 90, 6, 3, 0.3, 1000.0)],
        "temperatures": [temperature(random, 200, 4, 3.0), temperature(random, 150, 3, 0.5), temperature(random, 100, 2, 1.0)],
        "thresholds": [threshold(random, 80) for _ in range(4)],
        # Garwood's interval by quantiles of chi-squared.
        "intervals": [[n, chi2.ppf(0.025, 2 * n) / 2 if n else 0.0, chi2.ppf(0.975, 2 * n + 2) / 2]
                      for n in (0, 1, 2, 5, 17, 100, 1000)],
    }
    path = Path(__file__).parent / "tune.json"
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
