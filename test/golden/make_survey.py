"""Makes survey.json: loss, gradient and rewards of the survey's methods on cases of every shape and parameter.

    python test/golden/make_survey.py

Needs torch alone; made with torch 2.15. All in float64, gradients by autograd. The formulas are written from the papers
and the authors' code, and share no code with src/methods. `case` is a loss case as in docs/loss-case.md.
"""

import json
from collections import Counter
from pathlib import Path

import torch

from survey.case import Case, mean, sg
from survey.cases import METHODS, cases
from survey.losses import LOSSES


def digits(x):
    """Tensors and lists of them as plain numbers of 10 significant digits."""
    if isinstance(x, torch.Tensor): x = x.detach().tolist()
    if isinstance(x, (list, tuple)): return [digits(y) for y in x]
    if isinstance(x, dict): return {k: digits(v) for k, v in x.items()}
    return (float(f"{x:.10g}") or 0) if isinstance(x, float) else x


made = []
for method, (defaults, _, _) in METHODS.items():
    for given, name in cases(method):
        case = Case(given["prompts"])
        loss, reward = LOSSES[method](case, {**defaults, **given["params"]})
        sides = {"rewards/chosen": [w for w, _ in case.pairs], "rewards/rejected": [l for _, l in case.pairs]} if case.pairs else {}
        metrics = {key: mean(sg(reward(y)) for y in own) for key, own in sides.items()}
        golden = {"name": name, "case": given, "loss": loss, "gradient": case.gradient(loss), "metrics": metrics}
        assert torch.isfinite(loss), golden
        made.append(digits(golden))

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in made)
Path(__file__).with_name("survey.json").write_text(f"[\n{lines}\n]\n")
print(Counter(c["case"]["method"] for c in made))
