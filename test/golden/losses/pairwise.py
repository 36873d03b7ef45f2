"""Losses of pairs. Each takes (case, params) and gives (loss, (rewards/chosen, rewards/rejected) or None).

Where TRL has the loss it is TRL's own code that gives it, and the formula beside it is checked against it.
"""

import math

import torch
from torch.nn.functional import logsigmoid

from . import from_trl
from .grains import mean, softplus

sigmoid = torch.sigmoid


def rewards(pairs, reward):
    sides = [pair.w for pair in pairs], [pair.l for pair in pairs]
    return tuple(mean(reward(answer).detach() for answer in side).item() for side in sides)


def one_role(pairs):
    """Else an answer whose weights go by the comparison has no reward of its own."""
    return not {id(pair.w) for pair in pairs} & {id(pair.l) for pair in pairs}


def scaled(pairs, beta):
    return rewards(pairs, lambda y: beta * y.S)


def agree(a, b, tolerance=1e-12):
    assert abs(a - b) <= tolerance * max(1, abs(b)), (float(a), float(b))


def by_trl(formula, loss_type, **more):
    """A loss of DPOTrainer, whose formula per pair is checked against it."""

    def loss(case, p):
        options = {theirs: p[ours] for theirs, ours in more.items()}
        value, chosen, rejected = from_trl.dpo(case.pairs, loss_type, p["beta"], **options)
        agree(mean(formula(pair, p) for pair in case.pairs), value)
        return value, (chosen, rejected)

    return loss


def x(pair, p):
    return p["beta"] * (pair.w.S - pair.l.S)


def score(S, divergence, alpha):
    if divergence == "forward_kl":
        return -torch.exp(-S)
    if divergence == "js":
        return logsigmoid(S)
    if divergence == "alpha" and abs(alpha - 1) >= 1e-6:
        return torch.exp(torch.clamp((alpha - 1) * S, max=80)) / (alpha - 1)
    return S


def dpo(case, p):
    e, kind = p.get("labelSmoothing", 0), p.get("fDivergence", "reverse_kl")

    def one(pair):
        z = p["beta"] * (score(pair.w.S, kind, p.get("fAlpha")) - score(pair.l.S, kind, p.get("fAlpha")))
        return -(1 - e) * logsigmoid(z) - e * logsigmoid(-z)

    loss = mean(map(one, case.pairs))
    if e == 0 and kind != "alpha":
        theirs = {"js": "js_divergence"}.get(kind, kind)
        value, chosen, rejected = from_trl.dpo(case.pairs, "sigmoid", p["beta"], f_divergence=theirs)
        agree(loss, value, 1e-10)
        return value, (chosen, rejected)
    return loss, scaled(case.pairs, p["beta"])


def ipo(case, p):
    if p["average"] == "token-mean":
        formula = lambda pair, p: (pair.w.S / pair.w.n - pair.l.S / pair.l.n - 1 / (2 * p["beta"])) ** 2
        return by_trl(formula, "ipo")(case, p)
    loss = mean((pair.w.S - pair.l.S - 1 / (2 * p["beta"])) ** 2 for pair in case.pairs)
    return loss, scaled(case.pairs, p["beta"])


def simpo(case, p):
    gamma, e = p["beta"] * p["gammaRatio"], p["labelSmoothing"]
    value, chosen, rejected = from_trl.simpo(case.pairs, p["beta"], gamma, e)
    z = [p["beta"] * (pair.w.a - pair.l.a) - gamma for pair in case.pairs]
    agree(mean(-(1 - e) * logsigmoid(zi) - e * logsigmoid(-zi) for zi in z), value)
    cross_entropy = -torch.cat([pair.w.tokens("policy") for pair in case.pairs]).mean()
    return value + p["sftWeight"] * cross_entropy, (chosen, rejected)


def odpo(case, p):
    def offset(pair):
        gap = pair.w.score - pair.l.score
        if p["scale"] == "gap":
            return p["alpha"] * gap
        inner = gap if p["scale"] == "log" else pair.w.score / pair.l.score if pair.l.score != 0 else math.nan
        return p["alpha"] * math.log(inner) if inner > 0 else math.nan

    kept = [(pair, offset(pair)) for pair in case.pairs if math.isfinite(offset(pair))]
    loss = mean(softplus(-(x(pair, p) - delta)) for pair, delta in kept) if kept else torch.tensor(0.0)
    return loss, scaled(case.pairs, p["beta"])


def madpo(case, p):
    def c(h):
        if p["cMin"] == 1:
            return 1.0
        k = (p["cMax"] - 1) / (1 - p["cMin"])
        return p["cMin"] + (p["cMax"] - p["cMin"]) / (1 + k * math.exp(p["lambda"] * (abs(h) - p["tau"])))

    s = lambda v: 1 / (1 + math.exp(-v))
    weight = lambda h: s(c(h) * h) / s(h) if h > -p["tau"] else 1.0
    return mean(weight(pair.margin) * softplus(-x(pair, p)) for pair in case.pairs), scaled(case.pairs, p["beta"])


def ld_dpo(case, p):
    def S(answer, other):
        shared = min(answer.n, other.n)
        return answer.log_ratios[:shared].sum() + p["alpha"] * answer.log_ratios[shared:].sum()

    formula = lambda pair, p: softplus(-p["beta"] * (S(pair.w, pair.l) - S(pair.l, pair.w)))
    loss, metric = by_trl(formula, "sigmoid", ld_alpha="alpha")(case, p)
    return loss, metric if one_role(case.pairs) else None


def ilr_dpo(case, p):
    loss = mean(softplus(-(x(pair, p) + p["alpha"] * (pair.w.n - pair.l.n))) for pair in case.pairs)
    return loss, scaled(case.pairs, p["beta"])


def apo(case, p):
    """The last round's: beta has grown from round to round."""
    return dpo(case, {"beta": p["beta"] * p["growth"] ** (p["rounds"] - 1)})


def likelihood(pairs, average):
    """Cross-entropy of the chosen answers: summed over an answer's tokens, or a mean over them, or over all of the batch."""
    tokens = [pair.w.tokens("policy") for pair in pairs]
    if average == "token-mean":
        return -torch.cat(tokens).mean()
    return mean(-t.sum() if average == "sum" else -t.sum() / max(1, len(t)) for t in tokens)


def mpo(case, p):
    preference, *metric = from_trl.dpo(case.pairs, "sigmoid", p["beta"])
    quality = from_trl.dpo(case.pairs, "bco_pair", p["beta"])[0]
    terms = {"preference": preference, "quality": quality, "generation": likelihood(case.pairs, p["average"])}
    return sum(p[f"{name}Weight"] * term for name, term in terms.items()), metric


def rpo(case, p):
    weight = p["eta"] * p["beta"] if p["average"] == "sum" else p["eta"]
    value, *metric = from_trl.dpo(case.pairs, "sigmoid", p["beta"])
    return value + weight * likelihood(case.pairs, p["average"]), metric


def iterative_rpo(case, p):
    value, *metric = from_trl.dpo(case.pairs, "sigmoid", p["beta"])
    return value + p["alpha"] * likelihood(case.pairs, "answer-mean"), metric


def egida(case, p):
    value, *metric = from_trl.dpo(case.pairs, "sigmoid", p["beta"])
    return value + p["anchor"] * likelihood(case.pairs, "answer-mean"), metric


def sacpo(case, p):
    """The second stage: beta / lambda in beta's place."""
    if p["loss"] == "dpo":
        return egida(case, {"beta": p["betaOverLambda"], "anchor": p["anchor"]})
    value, metric = kto(case, {"beta": p["betaOverLambda"], "desirableWeight": 1, "undesirableWeight": 1})
    good = [-y.a for y in case.answers if y.labels["desirable"] == 1]
    return value + p["anchor"] * sum(good) / len(case.answers), metric


def log_odds(a):
    return a - torch.log(-torch.expm1(a))


def orpo(case, p):
    odds = mean(softplus(-p["beta"] * (log_odds(pair.w.a) - log_odds(pair.l.a))) for pair in case.pairs)
    if p["beta"] == 1:
        agree(from_trl.orpo(case.pairs, 1.0)[0], odds, 1e-5)
    sft_weight = p["sftWeight"] if p["stages"] == "one" else 0
    loss = sft_weight * mean(-pair.w.a for pair in case.pairs) + p["lambda"] * odds
    # the reward inside the loss; TRL logs lambda times the mean log-prob instead
    return loss, rewards(case.pairs, lambda y: p["beta"] * log_odds(y.a))


def asft(case, p):
    odds = mean(softplus(-p["beta"] * log_odds(pair.w.a)) + softplus(p["beta"] * log_odds(pair.l.a)) for pair in case.pairs)
    sft_weight = p["sftWeight"] if p["stages"] == "one" else 0
    loss = sft_weight * mean(-pair.w.a for pair in case.pairs) + p["lambda"] * odds
    return loss, rewards(case.pairs, lambda y: p["beta"] * log_odds(y.a))


def nca_pair(pair, p):
    w, l = p["beta"] * pair.w.S, p["beta"] * pair.l.S
    return -logsigmoid(w) - 0.5 * logsigmoid(-w) - 0.5 * logsigmoid(-l)


def cal_dpo(case, p):
    aim = 1 / (2 * p["beta"])
    loss = mean(softplus(-(pair.w.S - pair.l.S)) + (pair.w.S - aim) ** 2 + (pair.l.S + aim) ** 2 for pair in case.pairs)
    return loss, scaled(case.pairs, p["beta"])


def exo_pair(pair, p):
    z, e = x(pair, p), p["labelSmoothing"]
    return sigmoid(z) * (logsigmoid(z) - math.log(1 - e)) + sigmoid(-z) * (logsigmoid(-z) - math.log(e))


def robust_pair(pair, p):
    z, e = x(pair, p), p["labelSmoothing"]
    return (-(1 - e) * logsigmoid(z) + e * logsigmoid(-z)) / (1 - 2 * e)


def discopop_pair(pair, p):
    z = x(pair, p)
    m = sigmoid(z / p["tau"])
    return (1 - m) * -logsigmoid(z) + m * torch.exp(-z)


def sorted_gaps(left, right, case, p):
    gaps = torch.sort(left).values - torch.sort(right).values
    e = p["labelSmoothing"]
    return (-(1 - e) * logsigmoid(p["beta"] * gaps) - e * logsigmoid(-p["beta"] * gaps)).mean()


def aot(case, p):
    gap = lambda name: torch.stack([pair.w.tokens(name).sum() - pair.l.tokens(name).sum() for pair in case.pairs])
    value, chosen, rejected = from_trl.dpo(case.pairs, "aot", p["beta"], label_smoothing=p["labelSmoothing"])
    agree(sorted_gaps(gap("policy"), gap("reference"), case, p), value)
    return value, (chosen, rejected)


def aot_unpaired(case, p):
    side = lambda name: torch.stack([getattr(pair, name).S for pair in case.pairs])
    value, chosen, rejected = from_trl.dpo(case.pairs, "aot_unpaired", p["beta"], label_smoothing=p["labelSmoothing"])
    agree(sorted_gaps(side("w"), side("l"), case, p), value)
    return value, (chosen, rejected)


def kto(case, p):
    """No pairs: answers with a label, and a baseline from answers to other prompts."""
    mismatched = [y for y in case.answers if y.labels.get("mismatched") == 1]
    judged = [y for y in case.answers if y.labels.get("mismatched") != 1]
    value = from_trl.kto(judged, mismatched, p["beta"], p["desirableWeight"], p["undesirableWeight"])
    z0 = torch.clamp(mean(y.S for y in mismatched), min=0).detach() if mismatched else 0
    good = lambda y: p["desirableWeight"] * (1 - sigmoid(p["beta"] * (y.S - z0)))
    bad = lambda y: p["undesirableWeight"] * (1 - sigmoid(p["beta"] * (z0 - y.S)))
    agree(mean(good(y) if y.labels["desirable"] == 1 else bad(y) for y in judged), value)
    return value, None


def sft(case, p):
    return -torch.cat([y.tokens("policy") for y in case.answers]).mean(), None


losses = {
    "sft": sft,
    "dpo": dpo,
    "pre-dpo": dpo,
    "alphallm-cpl": dpo,
    "apo": apo,
    "dice": dpo,
    "curry-dpo": dpo,
    "clear-preferences": dpo,
    "step-dpo": dpo,
    "scdpo": dpo,
    "ipo": ipo,
    "simpo": simpo,
    "odpo": odpo,
    "madpo": madpo,
    "ld-dpo": ld_dpo,
    "ilr-dpo": ilr_dpo,
    "mpo": mpo,
    "rpo": rpo,
    "iterative-rpo": iterative_rpo,
    "egida": egida,
    "r-dpo": ilr_dpo,
    "sacpo": sacpo,
    "orpo": orpo,
    "asft": asft,
    "kto": kto,
    "nca": by_trl(nca_pair, "nca_pair"),
    "cal-dpo": cal_dpo,
    "apo-zero": by_trl(lambda pair, p: 1 - sigmoid(p["beta"] * pair.w.S) + sigmoid(p["beta"] * pair.l.S), "apo_zero"),
    "apo-down": by_trl(lambda pair, p: sigmoid(p["beta"] * pair.w.S) + 1 - sigmoid(x(pair, p)), "apo_down"),
    "hinge": by_trl(lambda pair, p: torch.relu(1 - x(pair, p)), "hinge"),
    "exo": by_trl(exo_pair, "exo_pair", label_smoothing="labelSmoothing"),
    "robust-dpo": by_trl(robust_pair, "robust", label_smoothing="labelSmoothing"),
    "bco-pair": by_trl(lambda pair, p: -logsigmoid(p["beta"] * pair.w.S) - logsigmoid(-p["beta"] * pair.l.S), "bco_pair"),
    "sppo": by_trl(lambda pair, p: (pair.w.S - 0.5 / p["beta"]) ** 2 + (pair.l.S + 0.5 / p["beta"]) ** 2, "sppo_hard"),
    "aot": aot,
    "aot-unpaired": aot_unpaired,
    "discopop": by_trl(discopop_pair, "discopop", tau="tau"),
    "dpo-norm": by_trl(lambda pair, p: softplus(-p["beta"] * (pair.w.S / pair.w.n - pair.l.S / pair.l.n)), "sigmoid_norm"),
    "sdpo": dpo,
    "longdpo": dpo,
}
