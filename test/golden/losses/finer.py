"""Losses that look into answers (tokens, steps, turns) or at whole lists. Each takes (case, params), as in pairwise.py."""

from difflib import SequenceMatcher

import torch
from torch.nn.functional import log_softmax, logsigmoid, softmax

from .grains import mean, softplus
from .pairwise import one_role, rewards

sigmoid = torch.sigmoid


def dmpo(case, p):
    def phi(t, turns):
        g = p["gamma"]
        return (turns - t) / turns if g == 1 else g**t * (1 - g ** (turns - t)) / (1 - g**turns)

    S = lambda y: sum(phi(t, len(y.steps)) * step.ratio for t, step in enumerate(y.steps))
    loss = mean(softplus(-p["beta"] * (S(pair.w) - S(pair.l))) for pair in case.pairs)
    return loss, rewards(case.pairs, lambda y: p["beta"] * S(y))


def tgdpo(case, p):
    def S(y, sign):
        weight = 1 + sign * p["alpha"] * p["beta"] * (y.tokens("guide") - y.tokens("reference"))
        return ((weight.clamp(min=0) if p["clamp"] else weight) * y.log_ratios).sum()

    sides = [(S(pair.w, 1), S(pair.l, -1)) for pair in case.pairs]
    loss = mean(softplus(-p["beta"] * (w - l)) for w, l in sides)
    return loss, tuple(p["beta"] * mean(side.detach() for side in each).item() for each in zip(*sides))


def bmc(case, p):
    def changed(pair):
        """Which tokens of the rejected and of the chosen answer differ, by the longest matching blocks."""
        marks = torch.zeros(pair.l.n), torch.zeros(pair.w.n)
        matcher = SequenceMatcher(None, pair.l.ids(), pair.w.ids(), autojunk=False)
        for _, i1, i2, j1, j2 in (op for op in matcher.get_opcodes() if op[0] != "equal"):
            marks[0][i1:i2] = 1
            marks[1][j1:j2] = 1
        return marks

    def P(y, mark):
        weigh = lambda log_prob: 1 + mark * torch.clamp(torch.exp(-log_prob.detach()), max=p["delta"])
        policy, reference = y.tokens("policy"), y.tokens("reference")
        own = weigh(reference if p["refWeights"] == "own" else policy)
        return (weigh(policy) * policy - own * reference).sum()

    marked = [(pair, *changed(pair)) for pair in case.pairs]
    sides = [(P(pair.w, of_w), P(pair.l, of_l)) for pair, of_l, of_w in marked]
    metric = tuple(p["beta"] * mean(side.detach() for side in each).item() for each in zip(*sides))
    metric = metric if one_role(case.pairs) else None
    return mean(softplus(-p["beta"] * (w - l)) for w, l in sides), metric


def gdpo(case, p):
    def sequence(y, preference):
        policy, reference = y.tokens("policy"), y.tokens("reference")
        stop, stop_reference = y.tokens("stop"), y.tokens("stopReference")
        before = torch.cumsum(reference, 0) - reference
        if p["form"] == "released":
            reward = reference + stop_reference / p["gamma"]
        else:
            reward = (before + stop_reference) / p["gamma"]
        reward = torch.cat([reward[:-1], reward[-1:] + p["alpha"] * preference])
        residual = reward[:-1] - stop[:-1] - reward[1:] + stop[1:] + policy[:-1]
        return residual.sum() ** 2 if p["form"] == "trajectory" else (residual**2).sum()

    sides = [sequence(y, of) for pair in case.pairs for y, of in ((pair.w, 0.0), (pair.l, p["lossPenalty"]))]
    return mean(sides), None


def oreo(case, p):
    beta, R = p["beta"], lambda y: y.score

    def future(rho):
        """Sum of rho from each position on, that position left out."""
        return torch.flip(torch.cumsum(torch.flip(rho, [0]), 0), [0]) - rho

    def one(y):
        rho, V = y.log_ratios, y.tokens("value")
        if p["level"] == "step":
            starts = torch.tensor([sum(s.n for s in y.steps[:k]) for k in range(len(y.steps))])
            V, rho = V[starts], torch.stack([step.ratio for step in y.steps])
        value = ((V - R(y) + beta * (rho + future(rho)).detach()) ** 2).mean()
        if p["level"] == "response":
            policy = (V[0].detach() - R(y) + beta * rho.sum()) ** 2
        else:
            policy = ((V.detach() - R(y) + beta * rho + beta * future(rho).detach()) ** 2).mean()
        policy = policy + p["alpha"] * y.tokens("kl").mean()
        return {"both": value + policy, "value": value, "policy": policy}[p["part"]]

    return mean(map(one, case.answers)), None


def svpo(case, p):
    V = lambda y: y.steps[-1].leaves["valueEnd"]

    def one(pair):
        labelled = [step for y in (pair.w, pair.l) for step in y.steps if "q" in step.labels]
        squares = sum(((step.leaves["valueEnd"] - step.labels["q"]) ** 2 for step in labelled), torch.tensor(0.0))
        return (
            softplus(-p["beta"] * (pair.w.S - pair.l.S))
            + p["marginWeight"] * torch.relu(p["margin"] - (V(pair.w) - V(pair.l)))
            + p["valueWeight"] * squares / (len(labelled) + 1e-3)
            + p["sftWeight"] * -pair.w.a
        )

    return mean(map(one, case.pairs)), None


def full_step_dpo(case, p):
    def weighed(y, sign):
        """Mean of l u v over the tokens, with u and v held constant; sign 1 for the chosen role."""
        name = "value" if p["rewards"] == "rollouts" else "reward"
        reward = torch.tensor([float(step.labels[name]) for step in y.steps for _ in range(step.n)])
        u = sigmoid(-sign * p["c"] * y.log_ratios.detach())
        v = y.n * softmax(sign * p["tau"] * reward, 0)
        return (y.tokens("policy") * u * v).sum() / y.n

    def prompt(answers):
        terms = [
            -sigmoid(p["beta"] * (j.S - i.S)).detach() * (weighed(i, 1) - weighed(j, -1))
            for i in answers
            for j in answers
            if i.score > j.score
        ]
        return sum(terms) / len(terms) if terms else None

    found = [loss for loss in map(prompt, case.prompts) if loss is not None]
    return (mean(found) if found else torch.tensor(0.0)), None


def two_dimensional(case, p):
    beta, noise = p["beta"], p["noise"]
    rho = lambda step: step.labels["score"]
    of_rejected = lambda step: 1 - rho(step) if p["rejectedWeight"] == "max-minus" else rho(step)

    def robust(winners, losers):
        """One logistic term on segments of both sides."""
        z = beta * (sum(rho(s) * s.ratio for s in winners) - sum(of_rejected(s) * s.ratio for s in losers))
        moved = [s.ratio for s in [*winners, *losers]]
        if p["robust"] == "flip":
            return ((1 - noise) * -logsigmoid(z) - noise * -logsigmoid(-z)) / (1 - 2 * noise)
        if p["robust"] == "bounded":
            return -logsigmoid(z - beta * noise * sum(A.abs() for A in moved))
        if p["robust"] == "variance":
            return -logsigmoid(z) + 0.5 * beta**2 * noise * sigmoid(z) * sigmoid(-z) * sum(A**2 for A in moved)
        return -logsigmoid(z)

    def one(pair):
        if p["pairing"] == "all":
            return robust(pair.w.steps, pair.l.steps)
        n = min(len(pair.w.steps), len(pair.l.steps))
        best = sorted(pair.w.steps, key=lambda s: -rho(s))[:n]
        worst = sorted(pair.l.steps, key=rho)[:n]
        return sum(robust([w], [l]) for w, l in zip(best, worst))

    return mean(map(one, case.pairs)), None


def tpo(case, p):
    def weight(i, j, k):
        if p["stepWeight"] == "none" or k >= min(len(i.steps), len(j.steps)):
            return 1.0
        h = [torch.tensor(y.steps[k].given["hidden"]) for y in (i, j)]
        cosine = (h[0] @ h[1]) / (h[0].norm() * h[1].norm())
        return (1 + cosine if p["stepWeight"] == "1+cos" else 1 - cosine).item()

    def margin(i, j):
        ratio = lambda y, k: y.steps[k].ratio if k < len(y.steps) else 0.0
        longest = max(len(i.steps), len(j.steps))
        return p["beta"] * sum(weight(i, j, k) * (ratio(i, k) - ratio(j, k)) for k in range(longest))

    def prompt(answers):
        order = sorted(range(len(answers)), key=lambda i: -p["beta"] * answers[i].S.item())
        rank = {i: place + 1 for place, i in enumerate(order)}

        def gain(i, j):
            if p["lambda"] == "none":
                return 1.0
            discount = lambda i: 1 / torch.log(torch.tensor(1.0 + rank[i]))
            return (abs(2 ** answers[i].score - 2 ** answers[j].score) * (discount(i) - discount(j)).abs()).item()

        count = range(len(answers))
        ordered = [(i, j) for i in count for j in count if answers[i].score > answers[j].score]
        return sum(gain(i, j) * softplus(-margin(answers[i], answers[j])) for i, j in ordered) if ordered else None

    found = [loss for loss in map(prompt, case.prompts) if loss is not None]
    return (mean(found) if found else torch.tensor(0.0)), None


def brain(case, p):
    def prompt(answers):
        proposal = torch.tensor([y.labels["logProposal"] for y in answers])
        reward = torch.tensor([float(y.score) for y in answers])
        sums = lambda name: torch.stack([y.tokens(name).sum() for y in answers])
        a = softmax(sums("reference") + reward / p["beta"] - proposal, 0)
        return -(a.detach() * log_softmax(sums("policy") - proposal, 0)).sum()

    return mean(map(prompt, case.prompts)), None


losses = {
    "dmpo": dmpo,
    "tgdpo": tgdpo,
    "bmc": bmc,
    "gdpo": gdpo,
    "oreo": oreo,
    "svpo": svpo,
    "full-step-dpo": full_step_dpo,
    "2d-dpo": two_dimensional,
    "tpo": tpo,
    "brain": brain,
}
