"""Makes losses.json: loss, gradient and rewards of every method on cases of every shape and parameter.

    python test/golden/make_losses.py

Needs torch, trl and peft; made with torch 2.15.0 and trl 1.16.0. All in float64, gradients by autograd. The formulas are
written from the papers and share no code with src/methods; where TRL has the loss, TRL's own trainer gives it
(losses/from_trl.py). `case` is a loss case as in docs/loss-case.md.
"""

import json
from collections import Counter
from pathlib import Path

import torch

from losses import finer, pairwise
from losses.cases import cases
from losses.grains import Case


def digits(x):
    """Tensors and lists of them as plain numbers of 10 significant digits."""
    if isinstance(x, torch.Tensor):
        x = x.detach().tolist()
    if isinstance(x, (list, tuple)):
        return [digits(y) for y in x]
    if isinstance(x, dict):
        return {k: digits(v) for k, v in x.items()}
    return (float(f"{x:.10g}") or 0) if isinstance(x, float) else x


losses = {**pairwise.losses, **finer.losses}
made = []
for name, given, params in cases():
    case = Case(given)
    loss, rewards = losses[given["method"]](case, params)
    metrics = {"rewards/chosen": rewards[0], "rewards/rejected": rewards[1]} if rewards else {}
    golden = {"name": name, "case": given, "loss": loss, "gradient": case.gradient(loss), "metrics": metrics}
    assert torch.isfinite(loss), golden
    made.append(digits(golden))

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in made)
Path(__file__).with_name("losses.json").write_text(f"[\n{lines}\n]\n")
print(Counter(c["case"]["method"] for c in made))
