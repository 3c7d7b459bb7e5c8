"""What scikit-learn's HistGradientBoostingClassifier reaches on the data sets of `boost_tests.rs`.

    python3 -m venv venv && venv/bin/pip install scikit-learn && venv/bin/python reference.py > auc.csv

The data come from SplitMix64 and arithmetic that IEEE 754 rounds the same everywhere, so both sides train on equal numbers;
the sum of all values is printed as a check of that.
"""

import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

MASK = (1 << 64) - 1
ROWS = 3000


class Random:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    def unit(self):
        return (self.next() >> 11) * (1.0 / 9007199254740992.0)


def interaction(x, noise):
    return (x[0] - 0.5) * (x[1] - 0.5) * 8.0 + (x[2] - 0.5) + (noise - 0.5) * 1.5 > 0.0


def missing(x, noise):
    """The third value is missing more often when it says yes."""
    yes = x[0] + x[1] * x[1] - x[2] + (noise - 0.5) * 1.2 > 0.3
    if x[3] < (0.5 if yes else 0.2):
        x[2] = float("nan")
    if x[4] < 0.3:
        x[0] = float("nan")
    return yes


def counts(x, noise):
    """Few distinct values: ties, and bins of one value."""
    for place in range(6):
        x[place] = float(int(x[place] * (3.0 + 2.0 * place)))
    return (x[1] - x[3]) * (1.0 if x[0] > 0.5 else -1.0) + x[5] * 0.3 + (noise - 0.5) * 8.0 > 1.0


def draw(rule, seed):
    random = Random(seed)
    rows, labels, total = [], [], 0.0
    for _ in range(ROWS):
        x = [random.unit() for _ in range(8)]
        labels.append(bool(rule(x, random.unit())))
        rows.append(x)
        for value in x:
            total += 0.0 if value != value else value
    return rows, labels, total


print("# scikit-learn", sklearn.__version__)
print("data,seed,sum,auc")
for name, rule in [("interaction", interaction), ("missing", missing), ("counts", counts)]:
    for seed in [1, 2]:
        train, labels, total = draw(rule, 2 * seed)
        test, truth, _ = draw(rule, 2 * seed + 1)
        model = HistGradientBoostingClassifier(early_stopping=False, random_state=0).fit(train, labels)
        print(f"{name},{seed},{total!r},{roc_auc_score(truth, model.decision_function(test)):.6f}")
