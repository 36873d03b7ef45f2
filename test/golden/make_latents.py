"""Makes latents.json: losses of the methods on images and their gradients, in double precision by autograd.

    python test/golden/make_latents.py

`entries` are loss cases as every method has them (docs/loss-case.md), whose log-probs stand for minus denoising errors or for
log-probs of transitions; `inputs` are cases of arrays by name. The formulas are written from the papers and share no code with
src/methods.
"""

import json
from itertools import product
from pathlib import Path
from random import Random

import torch

from losses.grains import Case, mean, softplus

sigmoid = torch.sigmoid


def digits(x):
    """Tensors and lists of them as plain numbers of 10 significant digits."""
    if isinstance(x, torch.Tensor):
        x = x.detach().tolist()
    if isinstance(x, (list, tuple)):
        return [digits(y) for y in x]
    if isinstance(x, dict):
        return {k: digits(v) for k, v in x.items()}
    return (float(f"{x:.10g}") or 0) if isinstance(x, float) else x


def pairwise(margin):
    return lambda case, p: mean(softplus(-margin(pair, p)) for pair in case.pairs)


def clipped(log_ratio, clip):
    """log of the ratio held to 1 - clip .. 1 + clip; a clip of 0 holds nothing, and one of 1 or more nothing from below."""
    if not clip:
        return log_ratio
    return log_ratio.exp().clamp(max(1 - clip, 0), 1 + clip).log()


def soft_factor(pair, p):
    return p["g"] * (2 * sigmoid(torch.tensor(pair.w.score - pair.l.score)) - 1)


def ranked(s, phi, p):
    """One list: s errors less the reference's, phi votes."""
    by = [-x.item() for x in s] if p["tauFrom"] == "model" else phi
    order = sorted(range(len(phi)), key=lambda a: (-by[a], a))
    tau = {a: place + 1 for place, a in enumerate(order)}
    total = torch.zeros(())
    for a, b in product(range(len(phi)), repeat=2):
        if phi[a] <= phi[b]:
            continue
        gain = abs(2 ** phi[a] - 2 ** phi[b])
        discount = abs(1 / torch.log(torch.tensor(1.0 + tau[a])) - 1 / torch.log(torch.tensor(1.0 + tau[b])))
        weight = {"rank": gain * discount, "gain": gain, "none": 1}[p.get("weights", "rank")]
        total = total + weight * softplus(p["beta"] / 2 * (s[a] - s[b]))
    return total


on_entries = {
    "ddpm": lambda case, p: mean(-y.tokens("policy").sum() for ys in case.prompts for y in ys),
    "diffusion-dpo": pairwise(lambda pair, p: p["beta"] / 2 * (pair.w.S - pair.l.S)),
    "smpo": pairwise(lambda pair, p: p["beta"] / 2 * soft_factor(pair, p) * (pair.w.S - pair.l.S)),
    "rankdpo": lambda case, p: mean(ranked([-y.S for y in ys], [y.score for y in ys], p) for ys in case.prompts),
    **{
        name: pairwise(lambda pair, p: p["beta"] * (clipped(pair.w.S, p["clip"]) - clipped(pair.l.S, p["clip"])))
        for name in ("spo", "tailorpo", "d3po")
    },
}

ERRORS = {"beta": (1, 20_000)}
TRANSITIONS = {"beta": (0.001, 1000), "clip": (0, 10), "rounds": (1, 200)}
ENDS = {
    "ddpm": {"decay": (0, 0.99999)},
    "diffusion-dpo": ERRORS,
    "smpo": {**ERRORS, "g": (0.1, 100), "inversionSteps": (2, 20)},
    "rankdpo": ERRORS,
    "spo": {**TRANSITIONS, "modelRate": (1e-6, 0.1), "modelPairs": (6, 20_000)},
    "d3po": TRANSITIONS,
    "tailorpo": {**TRANSITIONS, "leastPush": (0, 0.5), "greatestPush": (0, 0.5)},
}
CHOICES = {
    "ddpm": {"begin": ["random", "model"], "times": ["between", "alike"]},
    "smpo": {"inversion": [True, False], "renoise": [True, False]},
    "rankdpo": {"tauFrom": ["labels", "model"], "weights": ["rank", "gain", "none"], "noise": ["shared", "own"]},
    "spo": {"judge": ["reward", "model"]},
    "tailorpo": {"guidance": [True, False]},
}
DEFAULTS = {
    "ddpm": {},
    "diffusion-dpo": {"beta": 200},
    "smpo": {"beta": 200, "g": 10},
    "rankdpo": {"beta": 200, "tauFrom": "labels", "weights": "rank"},
    "spo": {"beta": 10, "clip": 0.1},
    "tailorpo": {"beta": 0.1, "clip": 0.1},
    "d3po": {"beta": 0.1, "clip": 0.1},
}


def variants(method):
    yield "defaults", {}
    choices = CHOICES.get(method, {})
    for values in product(*choices.values()) if choices else []:
        yield "choices " + ", ".join(map(str, values)), dict(zip(choices, values))
    for name, ends in ENDS[method].items():
        for end in ends:
            yield f"{name} {end}", {name: end}


def entry_case(method, name, params):
    rng = Random(f"{method} {name}")
    far = 0.4 if method in ("spo", "tailorpo", "d3po") else 0.02  # beyond the clip, and not

    def answer(score):
        policy = [round(-0.02 - 0.08 * rng.random(), 6)]
        step = {"policy": policy, "reference": [round(v + far * rng.gauss(0, 0.4), 6) for v in policy]}
        return {"steps": [step], "score": score}

    prompts = []
    for k in (2, 4, 3):
        scores = [rng.choice([0, 0.25, 1 / 3, 0.5, 0.75, 1]) for _ in range(k)]
        answers = [answer(round(score, 6)) for score in scores]
        compared = [{"chosen": i, "rejected": (i + 1) % k} for i in range(k if k > 2 else 1)]
        prompts.append({"responses": answers, "comparisons": compared})
    return {"method": method, "params": params, "prompts": prompts}


entries = []
for method in ENDS:
    for name, params in variants(method):
        given = entry_case(method, name, params)
        case = Case(given)
        loss = on_entries[method](case, {**DEFAULTS[method], **params})
        entries.append(digits({"name": name, "case": given, "loss": loss, "gradient": case.gradient(loss), "metrics": {}}))


def tensors(given, names):
    return {name: torch.tensor(given[name], requires_grad=True) for name in names}


def pair_arrays(rng, n, spread, level):
    policy = lambda: [round(level * (0.5 + rng.random()), 6) for _ in range(n)]
    near = lambda values: [round(v + spread * rng.gauss(0, 1), 6) for v in values]
    chosen, rejected = policy(), policy()
    return {
        "policyChosen": chosen,
        "referenceChosen": near(chosen),
        "policyRejected": rejected,
        "referenceRejected": near(rejected),
    }


def log_normal(x, mu, sigma):
    return torch.distributions.Normal(mu, sigma[:, None]).log_prob(x).mean(1)


def input_case(method, params, rng):
    """(arrays, loss, names of those with a gradient)"""
    p = {**DEFAULTS[method], "guidance": False, **params}
    p["clip"] = p.get("clip") or 0
    if method == "ddpm":
        n, size = rng.randint(1, 3), rng.randint(2, 6)
        image = lambda scale: [[round(scale * rng.gauss(0, 1), 5) for _ in range(size)] for _ in range(n)]
        given = {"image": image(0.7), "noise": image(1), "alphaBar": [round(rng.random(), 5) for _ in range(n)], "policy": image(1)}
        x = tensors(given, ("policy",))
        kept = torch.tensor(given["alphaBar"])[:, None]
        v = kept.sqrt() * torch.tensor(given["noise"]) - (1 - kept).sqrt() * torch.tensor(given["image"])
        return given, torch.nn.functional.mse_loss(x["policy"], v), x
    if method in ("diffusion-dpo", "smpo", "spo", "d3po"):
        transitions = method in ("spo", "d3po")
        given = pair_arrays(rng, rng.randint(1, 4), 0.15 if transitions else 0.01, -1.2 if transitions else 0.1)
        x = tensors(given, ("policyChosen", "policyRejected"))
        d = {
            side: x[f"policy{side}"] - torch.tensor(given[f"reference{side}"]) for side in ("Chosen", "Rejected")
        }
        if transitions:
            z = p["beta"] * (clipped(d["Chosen"], p["clip"]) - clipped(d["Rejected"], p["clip"]))
            return given, softplus(-z).mean(), x
        factor = torch.ones(len(given["policyChosen"]))
        if method == "smpo":
            for side in ("Chosen", "Rejected"):
                given[f"reward{side}"] = [round(rng.uniform(-2, 3), 4) for _ in given["policyChosen"]]
            given["rewardRange"] = [-2.5, 3.25]
            lead = torch.tensor(given["rewardChosen"]) - torch.tensor(given["rewardRejected"])
            factor = p["g"] * (2 * sigmoid(lead / 5.75) - 1)
        z = -p["beta"] / 2 * factor * (d["Chosen"] - d["Rejected"])
        return given, softplus(-z).mean(), x
    if method == "rankdpo":
        sizes = [rng.randint(2, 4) for _ in range(rng.randint(1, 3))]
        given = {"policy": [], "reference": [], "rewards": []}
        for k in sizes:
            policy = [round(0.05 + 0.1 * rng.random(), 6) for _ in range(k)]
            given["policy"].append(policy)
            given["reference"].append([round(v + 0.01 * rng.gauss(0, 1), 6) for v in policy])
            given["rewards"].append([[rng.choice([0, 0.3, 0.3, 1, 2]) for _ in range(k)] for _ in range(3)])
        leaves = [torch.tensor(own, requires_grad=True) for own in given["policy"]]
        lists = []
        for own, reference, rewards in zip(leaves, given["reference"], given["rewards"]):
            k = len(reference)
            phi = [sum(r[a] > r[b] for r in rewards for b in range(k)) / (len(rewards) * (k - 1)) for a in range(k)]
            lists.append(ranked(own - torch.tensor(reference), phi, p))
        return given, torch.stack(lists).mean(), {"policy": leaves}
    n, size = rng.randint(1, 3), rng.randint(2, 6)
    image = lambda scale: [[round(scale * rng.gauss(0, 1), 5) for _ in range(size)] for _ in range(n)]
    reference = image(1)
    around = lambda scale: [[round(v + scale * rng.gauss(0, 1), 5) for v in row] for row in reference]
    given = {
        "chosen": around(0.3),
        "rejected": around(0.3),
        "policyMean": around(0.03),
        "referenceMean": reference,
        "sigma": [round(0.1 + 0.5 * rng.random(), 4) for _ in range(n)],
    }
    x = tensors(given, ("policyMean",))
    sigma, chosen = torch.tensor(given["sigma"]), torch.tensor(given["chosen"])
    if p["guidance"]:
        given["rewardGradient"] = image(1)
        given["eta"] = [round(0.05 + 0.2 * rng.random(), 4) for _ in range(n)]
        given["reward"] = [round(rng.gauss(0, 1), 4) for _ in range(n)]
        given["rewardShifted"] = [round(r + rng.choice([-0.1, 0.2, 0]), 4) for r in given["reward"]]
        rises = torch.tensor(given["rewardShifted"]) > torch.tensor(given["reward"])
        pushed = chosen + torch.tensor(given["eta"])[:, None] * torch.tensor(given["rewardGradient"])
        chosen = torch.where(rises[:, None], pushed, chosen)
    ratio = lambda at: log_normal(at, x["policyMean"], sigma) - log_normal(at, torch.tensor(reference), sigma)
    rejected = torch.tensor(given["rejected"])
    z = p["beta"] * (clipped(ratio(chosen), p["clip"]) - clipped(ratio(rejected), p["clip"]))
    return given, softplus(-z).mean(), x


INPUTS = {
    "ddpm": [{}, {"times": "alike"}],
    "diffusion-dpo": [{}, {"beta": 5}, {"beta": 2000}],
    "smpo": [{}, {"g": 3}, {"beta": 50, "g": 30}],
    "rankdpo": [{}, {"tauFrom": "model"}, {"beta": 20}, {"weights": "gain"}],
    "spo": [{}, {"clip": None}, {"clip": 0.02}, {"beta": 1, "clip": 0.5}, {"clip": 2}],
    "d3po": [{}, {"beta": 2, "clip": 0}],
    "tailorpo": [{}, {"guidance": True}, {"beta": 10, "clip": None}, {"guidance": True, "beta": 3, "clip": 0.3}],
}
inputs = []
for method, settings in INPUTS.items():
    for params in settings:
        for seed in range(3):
            rng = Random(f"{method} {params} {seed}")
            given, loss, leaves = input_case(method, params, rng)
            flat = [leaf for own in leaves.values() for leaf in (own if isinstance(own, list) else [own])]
            some = torch.autograd.grad(loss, flat, allow_unused=True) if loss.requires_grad else [None] * len(flat)
            found = iter(torch.zeros_like(leaf) if g is None else g for g, leaf in zip(some, flat))
            gradient = {
                name: [next(found) for _ in own] if isinstance(own, list) else next(found) for name, own in leaves.items()
            }
            case = {"method": method, "params": params, "input": given}
            inputs.append(digits({"case": case, "loss": loss, "gradient": gradient}))

text = json.dumps({"entries": entries, "inputs": inputs}, separators=(",", ":"))
Path(__file__).with_name("latents.json").write_text(text.replace('{"name"', '\n{"name"').replace('{"case":{"method"', '\n{"case":{"method"') + "\n")
print(len(entries), len(inputs))
