"""The losses. Each takes (case, params) and gives (loss, the reward of an answer)."""

import math

import torch
from torch.nn.functional import log_softmax, logsigmoid, softmax

from .case import h, mean, sg, total


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
