"""Makes survey.json: loss, gradient and rewards of the survey's methods on cases of every shape and parameter.

    python test/golden/make_survey.py

Needs torch alone; made with torch 2.15. All in float64, gradients by autograd. The formulas are written from the papers
and the authors' code, and share no code with src/methods. `case` is a loss case as in docs/loss-case.md.
"""

import json
import math
from collections import Counter
from itertools import product
from pathlib import Path
from random import Random

import torch
from torch.nn.functional import log_softmax, logsigmoid, softmax

torch.set_default_dtype(torch.float64)

# --- cases -----------------------------------------------------------------------------------------------------------

BETA = (0.001, 10)
# Of each method its defaults, both ends of every number, and every value of the rest.
METHODS = {
    "slic": ({"delta": 1, "lambda": 0.1}, {"delta": (0, 20), "lambda": (0, 10)}, {}),
    "rso": ({"beta": 0.1, "loss": "hinge"}, {"beta": BETA}, {"loss": ["hinge", "logistic"]}),
    "gpo": ({"beta": 0.1, "f": "logistic"}, {"beta": BETA}, {"f": ["logistic", "hinge", "squared", "truncated-squared", "exponential", "savage"]}),
    "dpop": ({"beta": 0.1, "lambda": 50}, {"beta": BETA, "lambda": (0, 500)}, {}),
    "npo": ({"beta": 0.1, "retainWeight": 0}, {"beta": BETA, "retainWeight": (0, 10)}, {}),
    "sampo": ({"beta": 0.1, "draw": 1}, {"beta": BETA, "draw": (0, 1000000)}, {}),
    "cpo": ({"beta": 0.1, "sftWeight": 1}, {"beta": BETA, "sftWeight": (0, 10)}, {}),
    "alpha-dpo": ({"beta": 2, "alpha": 0.1, "gammaRatio": 0.5, "average": "token-mean"}, {"beta": (0.001, 20), "alpha": (0, 2), "gammaRatio": (0, 2)}, {"average": ["token-mean", "sum"]}),
    "beta-dpo": ({"beta": 0.1, "a": 0.6, "keep": 0.8, "level": "batch"}, {"beta": BETA, "a": (0, 5), "keep": (0.1, 1)}, {"level": ["batch", "pair"]}),
    "mallows-po": ({"beta": 0.1, "dispersion": 0.29, "maxEntropy": 4}, {"beta": BETA, "dispersion": (0.01, 10), "maxEntropy": (0.5, 15)}, {}),
    "wpo": ({"beta": 0.1, "clamp": True}, {"beta": BETA}, {"clamp": [True, False]}),
    "dr-dpo": ({"beta": 0.1, "betaPrime": 1}, {"beta": BETA, "betaPrime": (0.01, 1000)}, {}),
    "bco": ({"beta": 0.1}, {"beta": BETA}, {}),
    "infonca": ({"beta": 0.1, "alpha": 0.25}, {"beta": BETA, "alpha": (0.01, 10)}, {}),
    "dpo-pl": ({"beta": 0.1}, {"beta": BETA}, {}),
    "pro": ({"sftWeight": 0.1}, {"sftWeight": (0, 10)}, {}),
    "rrhf": ({"rankWeight": 1, "lengthPenalty": 1}, {"rankWeight": (0, 200), "lengthPenalty": (0, 2)}, {}),
    "lipo": ({"beta": 0.1}, {"beta": BETA}, {}),
    "tdpo": ({"beta": 0.1, "alpha": 0.5, "form": "tdpo2"}, {"beta": BETA, "alpha": (0, 10)}, {"form": ["tdpo1", "tdpo2"]}),
    "tis-dpo": ({"beta": 0.1, "mu": 1, "lowest": -0.5, "highest": 1.5}, {"beta": BETA, "mu": (0, 10), "lowest": (-10, 0), "highest": (0, 10)}, {}),
    "dro": ({"beta": 0.1}, {"beta": BETA}, {}),
    "tr-dpo": ({"beta": 0.1, "every": 16, "mix": 0.6}, {"beta": BETA, "every": (1, 10000), "mix": (0, 1)}, {}),
    "split-dpo": ({"beta": 0.1, "parts": 2}, {"beta": BETA, "parts": (1, 8)}, {}),
}
REFERENCE_FREE = {"slic", "cpo", "pro", "rrhf"}
READS = {"wpo": ["squares"], "tdpo": ["kl"], "tis-dpo": ["positive", "negative"], "dro": ["value"]}
LISTS = {"infonca", "dpo-pl", "pro", "rrhf", "lipo"}
SCORED = LISTS | {"dro"}
WITHOUT_PAIRS = SCORED | {"bco"}

# Tokens of each step, by prompt and answer, and the comparisons by prompt.
SHAPES = {
    "two pairs": ([[[2, 3], [1, 2, 2]], [[3], [1, 1]]], [[(0, 1)], [(1, 0)]]),
    "one pair": ([[[1, 2], [4, 1]]], [[(0, 1)]]),
    "unequal lengths": ([[[4, 3, 2], [1]], [[1], [2, 4]], [[2, 2], [2, 2]]], [[(0, 1)], [(0, 1)], [(1, 0)]]),
    "one against several": ([[[2, 1], [1, 3], [2]], [[1, 1], [3]]], [[(0, 1), (0, 2)], [(0, 1)]]),
    "a chain of comparisons": ([[[2, 1], [1, 3], [2]], [[1], [1, 1]], [[2]]], [[(0, 1), (0, 2), (1, 2)], [(1, 0)], []]),
}


def prompts_of(method, name, shape, scores=None, everything=False):
    rng = Random(f"{method} {name}")
    fields = set(READS.get(method, [])) | ({"reference"} - ({"reference"} if method in REFERENCE_FREE else set()))
    if everything:
        fields |= {"stop", "value", "kl", "squares", "valueEnd"}
    near = lambda values: [round(min(-0.01, v + 0.5 * rng.gauss(0, 1)), 4) for v in values]

    def step(n):
        made = {"policy": [round(-0.02 - 4 * rng.random() ** 2, 4) for _ in range(n)]}
        each = lambda value: [round(value(), 4) for _ in range(n)]
        for other in ("reference", "positive", "negative"):
            if other in fields: made[other] = near(made["policy"])
        if "stop" in fields: made["stop"] = each(lambda: -6 * rng.random() - 0.1)
        if "value" in fields: made["value"] = each(lambda: rng.gauss(0.3, 0.5))
        if "kl" in fields: made["kl"] = each(lambda: 0.3 * rng.random())
        if "squares" in fields: made["squares"] = each(lambda: -2 * rng.random())
        if "valueEnd" in fields: made["valueEnd"] = round(rng.uniform(-1, 1), 4)
        return made

    def response(steps, r):
        made = {"steps": [step(n) for n in steps]}
        if method in SCORED: made["score"] = scores[r % len(scores)] if scores else rng.choice([0, 0.25, 0.5, 0.75, 1])
        if method == "bco": made["labels"] = {"desirable": int(rng.random() < 0.5)}
        return made

    lengths, comparisons = SHAPES[shape]
    return [
        {
            "responses": [response(steps, r) for r, steps in enumerate(answers)],
            **({} if method in WITHOUT_PAIRS else {"comparisons": [{"chosen": w, "rejected": l} for w, l in own]}),
        }
        for answers, own in zip(lengths, comparisons)
    ]


def variants(method):
    """(name, params, shape, scores)"""
    defaults, numbers, choices = METHODS[method]
    shapes = [s for s in SHAPES if not (method == "tis-dpo" and s == "a chain of comparisons")]
    for shape in shapes:
        yield f"defaults, {shape}", {}, shape, None
    at = 0
    for values in product(*choices.values()) if choices else []:
        for beta in ({}, {"beta": 0.8} if "beta" in defaults else {}):
            at += 1
            yield "choices " + ", ".join(map(str, values)) + (" larger beta" if beta else ""), {**dict(zip(choices, values)), **beta}, shapes[at % len(shapes)], None
    for name, ends in numbers.items():
        for end in ends:
            at += 1
            yield f"{name} {end}", {name: end}, shapes[at % len(shapes)], None
    if method in LISTS:
        yield "levels", {}, "one against several", [0, 1, 0.5]
        yield "ties below", {}, "one against several", [1, 0.25, 0.25]
        yield "ties on top", {}, "a chain of comparisons", [0.75, 0.75, 0]
        yield "all alike", {}, "one against several", [0.5]
    if method == "beta-dpo":
        yield "nearest two, by pair", {"keep": 0.5, "level": "pair", "a": 2}, "a chain of comparisons", None
        yield "beta at its floor", {"a": 5, "keep": 1, "level": "pair", "beta": 0.5}, "a chain of comparisons", None
    if method == "tis-dpo":
        yield "no limits", {"lowest": -10, "highest": 10, "mu": 0.7}, "unequal lengths", None
    if method == "dr-dpo":
        yield "sharp", {"beta": 2, "betaPrime": 0.1}, "a chain of comparisons", None
    if method == "alpha-dpo":
        yield "by the pair", {"alpha": 1.5, "beta": 5}, "a chain of comparisons", None
        yield "by the pair, sums", {"alpha": 1.5, "beta": 0.5, "average": "sum"}, "unequal lengths", None


# --- a case as tensors -----------------------------------------------------------------------------------------------

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


# --- losses: (case, params) -> (loss, reward of an answer) -----------------------------------------------------------


def slic(c, p):
    return mean(torch.relu(p["delta"] - w.p + l.p) - p["lambda"] * w.p for w, l in c.pairs), lambda y: y.p


CURVES = {
    "logistic": lambda x: -logsigmoid(x),
    "hinge": lambda x: torch.relu(1 - x),
    "squared": lambda x: (1 - x) ** 2,
    "truncated-squared": lambda x: torch.relu(1 - x) ** 2,
    "exponential": lambda x: torch.exp(-x),
    "savage": lambda x: 1 / (1 + torch.exp(x)) ** 2,
}


def gpo(c, p):
    return mean(CURVES[p["f"]](p["beta"] * h(pair)) for pair in c.pairs), lambda y: p["beta"] * y.S


def rso(c, p):
    return gpo(c, {"beta": p["beta"], "f": p["loss"]})


def dpo(c, p):
    return gpo(c, {"beta": p["beta"], "f": "logistic"})


def dpop(c, p):
    one = lambda pair: -logsigmoid(p["beta"] * (h(pair) - p["lambda"] * torch.clamp(-pair[0].S, min=0)))
    return mean(map(one, c.pairs)), lambda y: p["beta"] * y.S


def npo(c, p):
    one = lambda w, l: -2 / p["beta"] * logsigmoid(-p["beta"] * l.S) - p["retainWeight"] * w.a
    return mean(one(w, l) for w, l in c.pairs), lambda y: p["beta"] * y.S


def fnv_murmur(text, seed):
    """FNV-1a with murmur3's finaliser, 32 bits."""
    mask = 0xFFFFFFFF
    x = (2166136261 ^ seed) & mask
    for byte in text.encode("ascii"):
        x = ((x ^ byte) * 16777619) & mask
    x = ((x ^ x >> 16) * 2246822507) & mask
    x = ((x ^ x >> 13) * 3266489909) & mask
    return x ^ x >> 16


def sampo(c, p):
    def drawn(y, n):
        order = sorted(range(y.n), key=lambda t: (fnv_murmur(f"{y.name} {t}", p["draw"]), t))
        return y.rho[torch.tensor(order[:n])].sum()

    def one(w, l):
        n = min(w.n, l.n)
        return -logsigmoid(p["beta"] * (drawn(w, n) - drawn(l, n)))

    return mean(one(w, l) for w, l in c.pairs), lambda y: p["beta"] * y.S


def cpo(c, p):
    preference = mean(-logsigmoid(p["beta"] * (w.p - l.p)) for w, l in c.pairs)
    nll = -torch.cat([w.tokens("policy") for w, _ in c.pairs]).mean()
    return preference + p["sftWeight"] * nll, lambda y: p["beta"] * y.p


def alpha_dpo(c, p):
    own = (lambda y: y.p) if p["average"] == "sum" else (lambda y: y.a)
    ratio = (lambda y: y.S) if p["average"] == "sum" else (lambda y: y.S / y.n)
    gaps = sg(torch.stack([ratio(w) - ratio(l) for w, l in c.pairs]))
    deviation = gaps.std() if len(gaps) > 1 else torch.zeros(())
    M = (gaps - gaps.mean()) / torch.clamp(deviation, min=1e-4)
    one = lambda pair, m: -logsigmoid(p["beta"] * (own(pair[0]) - own(pair[1]) - (p["gammaRatio"] + p["alpha"] * m)))
    return mean(one(pair, m) for pair, m in zip(c.pairs, M)), lambda y: p["beta"] * own(y)


def beta_dpo(c, p):
    gaps = torch.stack([h(pair) for pair in c.pairs])
    A = sg(gaps)
    count = max(1, math.floor(p["keep"] * len(A) + 0.5))
    far = (A - A.mean()).abs()
    kept = sorted(range(len(A)), key=lambda i: (far[i].item(), i))[:count]
    if p["level"] == "batch":
        strength = [p["beta"] * (1 + p["a"] * (A[kept].mean() - A.mean()))] * len(A)
    else:
        strength = [p["beta"] * (1 + p["a"] * (own - A.mean())) for own in A]
    return mean(-logsigmoid(torch.clamp(strength[i], min=1e-3) * gaps[i]) for i in kept), lambda y: p["beta"] * y.S


def mallows_po(c, p):
    entropy = lambda y: -y.tokens("reference").mean() / p["maxEntropy"]

    def one(pair):
        normalised = torch.clamp((entropy(pair[0]) + entropy(pair[1])) / 2, 1e-3, 1)
        return -logsigmoid(p["beta"] * h(pair) * -p["dispersion"] * torch.log(normalised))

    return mean(map(one, c.pairs)), lambda y: p["beta"] * y.S


def wpo(c, p):
    log_weight = lambda y: (y.tokens("policy") - y.tokens("squares")).mean()

    def one(w, l):
        weight = torch.exp(log_weight(w) + log_weight(l))
        return -logsigmoid(p["beta"] * h((w, l))) * sg(torch.clamp(weight, max=1) if p["clamp"] else weight)

    return mean(one(w, l) for w, l in c.pairs), lambda y: p["beta"] * y.S


def dr_dpo(c, p):
    losses = torch.stack([-logsigmoid(p["beta"] * h(pair)) for pair in c.pairs])
    # the largest taken out: exp of -1e3 is 0 even in float64
    least = sg(losses.min())
    return least - p["betaPrime"] * torch.log(torch.exp((least - losses) / p["betaPrime"]).mean()), lambda y: p["beta"] * y.S


def bco(c, p):
    rewards = [p["beta"] * y.S for y in c.answers]
    delta = sg(mean(rewards))
    return mean(-logsigmoid((r - delta) * (1 if y.desirable else -1)) for r, y in zip(rewards, c.answers)), lambda y: p["beta"] * y.S


def infonca(c, p):
    def one(own):
        target = softmax(torch.tensor([y.score / p["alpha"] for y in own], dtype=torch.float64), 0)
        return -(target * log_softmax(torch.stack([p["beta"] * y.S for y in own]), 0)).sum()

    return mean(map(one, c.prompts)), lambda y: p["beta"] * y.S


def plackett_luce(own, reward):
    """Of one prompt; None when nothing is ordered."""
    terms = []
    for y in own:
        below = [reward(z) for z in own if z.score < y.score]
        if below: terms.append(torch.logsumexp(torch.stack([reward(y), *below]), 0) - reward(y))
    return total(terms) if terms else None


def ranked_prompts(c, one):
    made = [loss for loss in map(one, c.prompts) if loss is not None]
    return mean(made) if made else torch.zeros(())


def dpo_pl(c, p):
    reward = lambda y: p["beta"] * y.S
    return ranked_prompts(c, lambda own: plackett_luce(own, reward)), reward


def best(own):
    return max(own, key=lambda y: y.score)  # the first of equal ones


def pro(c, p):
    def one(own):
        ranked = plackett_luce(own, lambda y: y.a)
        return None if ranked is None else ranked - p["sftWeight"] * best(own).a

    return ranked_prompts(c, one), lambda y: y.a


def rrhf(c, p):
    score = lambda y: y.p / y.n ** p["lengthPenalty"]

    def one(own):
        hinges = total(torch.relu(score(i) - score(j)) for i in own for j in own if i.score < j.score)
        return p["rankWeight"] * hinges - best(own).a

    return mean(map(one, c.prompts)), score


def lipo(c, p):
    s = lambda y: p["beta"] * y.S

    def one(own):
        order = sorted(range(len(own)), key=lambda i: (-s(own[i]).item(), i))
        rank = {i: order.index(i) + 1 for i in range(len(own))}
        weight = lambda i, j: abs(2 ** own[i].score - 2 ** own[j].score) * abs(1 / math.log(1 + rank[i]) - 1 / math.log(1 + rank[j]))
        pairs = [(i, j) for i in range(len(own)) for j in range(len(own)) if own[i].score > own[j].score]
        return total(weight(i, j) * -logsigmoid(s(own[i]) - s(own[j])) for i, j in pairs) if pairs else None

    return ranked_prompts(c, one), s


def tdpo(c, p):
    D = lambda y: y.tokens("kl").sum()

    def one(w, l):
        gap = D(l) - D(w) if p["form"] == "tdpo1" else p["alpha"] * (D(l) - sg(D(w)))
        return -logsigmoid(p["beta"] * (h((w, l)) - gap))

    return mean(one(w, l) for w, l in c.pairs), lambda y: p["beta"] * y.S


def tis_dpo(c, p):
    def weighted(y, sign):
        ratio = torch.clamp(y.tokens("positive") - y.tokens("negative"), p["lowest"], p["highest"])
        return (torch.exp(sign * p["mu"] * ratio) * y.rho).sum()

    roles = {id(y): sign for w, l in c.pairs for y, sign in ((w, 1), (l, -1))}
    loss = mean(-logsigmoid(p["beta"] * (weighted(w, 1) - weighted(l, -1))) for w, l in c.pairs)
    return loss, lambda y: p["beta"] * weighted(y, roles[id(y)])


def dro(c, p):
    one = lambda y: 0.5 * (y.score - y.tokens("value")[0] - p["beta"] * y.S) ** 2
    return mean(map(one, c.answers)), lambda y: p["beta"] * y.S


LOSSES = {name.replace("_", "-"): f for name, f in list(globals().items()) if callable(f)}
LOSSES["tr-dpo"] = LOSSES["split-dpo"] = dpo


def digits(x):
    """Tensors and lists of them as plain numbers of 10 significant digits."""
    if isinstance(x, torch.Tensor): x = x.detach().tolist()
    if isinstance(x, (list, tuple)): return [digits(y) for y in x]
    if isinstance(x, dict): return {k: digits(v) for k, v in x.items()}
    return (float(f"{x:.10g}") or 0) if isinstance(x, float) else x


made = []
for method, (defaults, _, _) in METHODS.items():
    for i, (name, params, shape, scores) in enumerate(variants(method)):
        given = {"method": method, "params": params, "prompts": prompts_of(method, f"{name} {params}", shape, scores, everything=i == 0)}
        case = Case(given["prompts"])
        loss, reward = LOSSES[method](case, {**defaults, **params})
        sides = {"rewards/chosen": [w for w, _ in case.pairs], "rewards/rejected": [l for _, l in case.pairs]} if case.pairs else {}
        metrics = {key: mean(sg(reward(y)) for y in own) for key, own in sides.items()}
        golden = {"name": name, "case": given, "loss": loss, "gradient": case.gradient(loss), "metrics": metrics}
        assert torch.isfinite(loss), golden
        made.append(digits(golden))

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in made)
Path(__file__).with_name("survey.json").write_text(f"[\n{lines}\n]\n")
print(Counter(c["case"]["method"] for c in made))
