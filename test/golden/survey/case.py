"""A loss case as tensors: prompts, answers and pairs over leaves of autograd."""

import torch

torch.set_default_dtype(torch.float64)

# Inputs that the loss may be differentiated by; the rest are constants.
LEAVES = ("policy", "stop", "value", "kl", "squares", "valueEnd")


class Answer:
    def __init__(self, given, name):
        self.given, self.name = given, name
        self.score = given.get("score")
        self.desirable = given.get("labels", {}).get("desirable")
        self.steps = [{k: torch.tensor(v, dtype=torch.float64).requires_grad_(k in LEAVES) for k, v in s.items()} for s in given["steps"]]

    def tokens(self, name):
        return torch.cat([step[name] for step in self.steps])

    @property
    def n(self):
        return len(self.tokens("policy"))

    @property
    def p(self):
        return self.tokens("policy").sum()

    @property
    def a(self):
        return self.p / self.n

    @property
    def rho(self):
        return self.tokens("policy") - self.tokens("reference")

    @property
    def S(self):
        return self.rho.sum()


class Case:
    def __init__(self, given):
        self.prompts = [[Answer(r, f"prompt {p} {i}") for i, r in enumerate(prompt["responses"])] for p, prompt in enumerate(given)]
        self.answers = [y for own in self.prompts for y in own]
        self.pairs = [(own[c["chosen"]], own[c["rejected"]]) for prompt, own in zip(given, self.prompts) for c in prompt.get("comparisons", [])]

    def gradient(self, loss):
        leaves = [step[k] for y in self.answers for step in y.steps for k in LEAVES if k in step]
        found = iter(torch.autograd.grad(loss, leaves, allow_unused=True) if loss.requires_grad else [None] * len(leaves))
        zero = lambda g, leaf: torch.zeros_like(leaf) if g is None else g
        return [[[{k: zero(next(found), step[k]) for k in LEAVES if k in step} for step in y.steps] for y in own] for own in self.prompts]


def sg(x):
    return x.detach()


def mean(values):
    return torch.stack(list(values)).mean()


def total(values):
    values = list(values)
    return torch.stack(values).sum() if values else torch.zeros(())


def h(pair):
    return pair[0].S - pair[1].S
