"""A loss case as tensors: prompts, answers, steps and pairs over leaves of autograd."""

from dataclasses import dataclass, field

import torch
from torch.nn.functional import logsigmoid

torch.set_default_dtype(torch.float64)

# Inputs that the loss may be differentiated by; the rest are constants.
PER_TOKEN = ("policy", "stop", "value", "kl", "squares")


@dataclass
class Step:
    given: dict
    leaves: dict = field(default_factory=dict)

    def __post_init__(self):
        for name in PER_TOKEN:
            if name in self.given:
                self.leaves[name] = torch.tensor(self.given[name]).requires_grad_()
        if "valueEnd" in self.given:
            self.leaves["valueEnd"] = torch.tensor(self.given["valueEnd"]).requires_grad_()

    def tokens(self, name):
        """A field as a vector [n]; without gradient where it is a constant."""
        return self.leaves[name] if name in self.leaves else torch.tensor(self.given[name])

    @property
    def labels(self):
        return self.given.get("labels", {})

    @property
    def n(self):
        return len(self.given["policy"])

    @property
    def ratio(self):
        """Sum of the log-ratios of the step's tokens."""
        return (self.tokens("policy") - self.tokens("reference")).sum()


@dataclass
class Answer:
    given: dict
    steps: list

    def tokens(self, name):
        return torch.cat([step.tokens(name) for step in self.steps])

    def ids(self):
        return [t for step in self.steps for t in step.given["tokens"]]

    @property
    def labels(self):
        return self.given.get("labels", {})

    @property
    def score(self):
        return self.given["score"]

    @property
    def n(self):
        return sum(step.n for step in self.steps)

    @property
    def log_ratios(self):
        return self.tokens("policy") - self.tokens("reference")

    @property
    def S(self):
        return self.log_ratios.sum()

    @property
    def a(self):
        return self.tokens("policy").sum() / self.n


@dataclass
class Pair:
    w: Answer
    l: Answer
    margin: float | None


class Case:
    """What a loss sees: `prompts` (lists of answers), `answers` (all of them), `pairs` (all comparisons in order)."""

    def __init__(self, given):
        self.prompts = [
            [Answer(r, [Step(s) for s in r["steps"]]) for r in prompt["responses"]] for prompt in given["prompts"]
        ]
        self.answers = [answer for prompt in self.prompts for answer in prompt]
        self.pairs = [
            Pair(answers[c["chosen"]], answers[c["rejected"]], c.get("margin"))
            for prompt, answers in zip(given["prompts"], self.prompts)
            for c in prompt.get("comparisons", [])
        ]

    def gradient(self, loss):
        """dloss by every differentiable input, nested like prompts, answers, steps; 0 where it has no say."""
        leaves = [leaf for answer in self.answers for step in answer.steps for leaf in step.leaves.values()]
        some = torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else [None] * len(leaves)
        found = iter(torch.zeros_like(leaf) if g is None else g for g, leaf in zip(some, leaves))
        return [
            [[{name: next(found) for name in step.leaves} for step in answer.steps] for answer in prompt]
            for prompt in self.prompts
        ]


def softplus(x):
    """Exact for large x too, where torch's own is cut off at 20."""
    return -logsigmoid(-x)


def mean(values):
    return torch.stack(list(values)).mean()
