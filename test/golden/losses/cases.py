"""The cases: for each method every choice, every flag, both ends of every number, and shapes that are not only square."""

from itertools import cycle, product
from random import Random

# Both ends of every number; the default lies inside.
BETA = {"beta": (0.001, 10)}
SMOOTHING = {"labelSmoothing": (0, 0.49)}
GUIDED = {"beams": (0, 16), "candidates": (1, 32)}
NUMBERS = {
    "sft": {},
    "dpo": {**BETA, **SMOOTHING, "fAlpha": (0, 2)},
    "ipo": BETA,
    "simpo": {"beta": (0.001, 20), "gammaRatio": (0, 2), **SMOOTHING, "sftWeight": (0, 5)},
    "aot": {**BETA, **SMOOTHING},
    "aot-unpaired": {**BETA, **SMOOTHING},
    "apo-down": BETA,
    "apo-zero": BETA,
    "bco-pair": BETA,
    "cal-dpo": BETA,
    "discopop": {**BETA, "tau": (0.01, 10)},
    "dpo-norm": {"beta": (0.001, 50)},
    "egida": {**BETA, "anchor": (0, 10)},
    "exo": {**BETA, "labelSmoothing": (1e-6, 0.49)},
    "hinge": BETA,
    "ilr-dpo": {**BETA, "alpha": (0, 1), "rounds": (1, 8)},
    "apo": {**BETA, "alpha": (0, 0.9), "rounds": (1, 8), "growth": (1, 100)},
    "dice": {
        **{**BETA, "rounds": (0, 6), "replay": (0, 0.95)},
        **{"samples": (2, 64), "temperature": (0.1, 2), "topP": (0.1, 1)},
    },
    "curry-dpo": {**BETA, "stages": (1, 8)},
    "clear-preferences": BETA,
    "ld-dpo": {**BETA, "alpha": (0, 1)},
    "scdpo": BETA,
    "madpo": {**BETA, "cMax": (1, 10), "cMin": (0.01, 1), "lambda": (0.01, 10), "tau": (0.1, 20)},
    "nca": BETA,
    "odpo": {**BETA, "alpha": (0, 10)},
    "mpo": {**BETA, "preferenceWeight": (0.01, 10), "qualityWeight": (0, 10), "generationWeight": (0, 10)},
    "rpo": {**BETA, "eta": (0, 10)},
    "alphallm-cpl": {**BETA, "alpha": (0, 1)},
    "iterative-rpo": {**BETA, "alpha": (0, 10), "rounds": (1, 8)},
    "orpo": {**BETA, "lambda": (0, 10), "sftWeight": (0, 10)},
    "pre-dpo": {**BETA, "simpoBeta": (0.001, 20), "gammaRatio": (0, 2)},
    "r-dpo": {**BETA, "alpha": (0, 1)},
    "robust-dpo": {**BETA, **SMOOTHING},
    "sacpo": {**BETA, "betaOverLambda": (0.001, 5), "merge": (0, 1), "anchor": (0, 10)},
    "sppo": BETA,
    "asft": {**BETA, "lambda": (0, 10), "sftWeight": (0, 10)},
    "kto": {**BETA, "desirableWeight": (0, 10), "undesirableWeight": (0, 10)},
    "brain": {**BETA, "proposals": (1, 8)},
    "tpo": BETA,
    "bmc": {**BETA, "delta": (0, 20)},
    "gdpo": {"alpha": (0, 10), "gamma": (0.05, 10), "lossPenalty": (-100, 0)},
    "tgdpo": {**BETA, "alpha": (0, 10), "simpoBeta": (0.001, 20), "gammaRatio": (0, 2)},
    "2d-dpo": {**BETA, "noise": (0, 1)},
    "full-step-dpo": {**BETA, "c": (0, 20), "tau": (0, 50)},
    "step-dpo": BETA,
    "dmpo": {**BETA, "gamma": (0.01, 1)},
    "sdpo": BETA,
    "longdpo": BETA,
    "oreo": {**BETA, "alpha": (0, 10), "warmup": (0, 10), "criticRate": (0, 0.1), **GUIDED},
    "svpo": {
        **BETA,
        "marginWeight": (0, 10),
        "valueWeight": (0, 10),
        "sftWeight": (0, 10),
        "margin": (0, 2),
        "rounds": (1, 8),
        **GUIDED,
    },
}

# Every value of what is not a number.
AVERAGES = ["sum", "answer-mean", "token-mean"]
CHOICES = {
    "dpo": {"fDivergence": ["reverse_kl", "forward_kl", "js", "alpha"]},
    "ipo": {"average": ["token-mean", "sum"]},
    "alphallm-cpl": {"direction": ["hard-first", "easy-first"], "scope": ["prompt", "all"]},
    "curry-dpo": {
        "order": ["easy-first", "hard-first", "pooled"],
        "reference": ["moving", "fixed"],
        "gap": ["rating", "log-prob"],
        "cut": ["all", "prompt"],
    },
    "dice": {"lengths": ["absolute", "mean", "none"]},
    "mpo": {"average": AVERAGES},
    "rpo": {"average": AVERAGES},
    "odpo": {"scale": ["log", "gap", "ratio"]},
    "sacpo": {
        "loss": ["dpo", "kto"],
        "order": ["helpful-first", "safe-first"],
        "second": ["stepwise", "by-itself"],
    },
    "tpo": {"lambda": ["dcg", "none"], "stepWeight": ["none", "1-cos", "1+cos"]},
    "bmc": {"refWeights": ["policy", "own"]},
    "tgdpo": {"clamp": [True, False], "guide": ["dpo", "simpo"]},
    "pre-dpo": {"guide": ["dpo", "simpo"]},
    "madpo": {"margin": ["model", "known"]},
    "orpo": {"stages": ["one", "two"]},
    "asft": {"stages": ["one", "two"]},
    "full-step-dpo": {"rewards": ["model", "rollouts", "verifier"]},
    "2d-dpo": {
        "pairing": ["ranked", "all"],
        "rejectedWeight": ["raw", "max-minus"],
        "robust": ["none", "flip", "bounded", "variance"],
    },
    "gdpo": {"form": ["stepwise", "trajectory", "released"]},
    "oreo": {"level": ["token", "step", "response"], "part": ["both", "policy", "value"], "trunk": ["own", "shared"]},
}

DECODING = {"beams": 3, "candidates": 5}
DEFAULTS = {
    "dpo": {"beta": 0.1, "labelSmoothing": 0, "fDivergence": "reverse_kl", "fAlpha": 0.5},
    "ipo": {"beta": 0.1, "average": "token-mean"},
    "simpo": {"beta": 2, "gammaRatio": 0.5, "labelSmoothing": 0, "sftWeight": 0},
    "mpo": {"beta": 0.1, "preferenceWeight": 0.8, "qualityWeight": 0.2, "generationWeight": 1, "average": "answer-mean"},
    "rpo": {"beta": 0.01, "eta": 0.005, "average": "sum"},
    "iterative-rpo": {"beta": 0.1, "alpha": 1},
    "egida": {"beta": 0.1, "anchor": 1},
    "r-dpo": {"beta": 0.1, "alpha": 0.07},
    "sacpo": {
        "loss": "dpo",
        "beta": 0.1,
        "betaOverLambda": 0.025,
        "order": "helpful-first",
        "second": "stepwise",
        "merge": 1,
        "anchor": 1,
    },
    "alphallm-cpl": {"beta": 0.1, "alpha": 0.5, "direction": "hard-first", "scope": "prompt"},
    "apo": {"beta": 0.1, "alpha": 0.3, "rounds": 3, "growth": 1},
    "odpo": {"beta": 0.1, "alpha": 1, "scale": "log"},
    "madpo": {"beta": 0.1, "cMax": 2, "cMin": 0.5, "lambda": 1, "tau": 6.906755},
    "ld-dpo": {"beta": 0.1, "alpha": 0.5},
    "ilr-dpo": {"beta": 0.1, "alpha": 0.02},
    "orpo": {"beta": 1, "lambda": 1, "sftWeight": 1, "stages": "one"},
    "asft": {"beta": 1, "lambda": 1, "sftWeight": 1, "stages": "one"},
    "kto": {"beta": 0.1, "desirableWeight": 1, "undesirableWeight": 1},
    "exo": {"beta": 0.1, "labelSmoothing": 1e-3},
    "robust-dpo": {"beta": 0.1, "labelSmoothing": 0.1},
    "aot": {"beta": 0.1, "labelSmoothing": 0},
    "aot-unpaired": {"beta": 0.1, "labelSmoothing": 0},
    "discopop": {"beta": 0.1, "tau": 0.05},
    "step-dpo": {"beta": 0.4},
    "dmpo": {"beta": 0.1, "gamma": 0.7},
    "tgdpo": {"beta": 0.1, "alpha": 0.5, "clamp": True},
    "bmc": {"beta": 0.05, "delta": 2.5, "refWeights": "policy"},
    "full-step-dpo": {"beta": 0.05, "c": 1, "tau": 0.5, "rewards": "model"},
    "2d-dpo": {"beta": 0.1, "pairing": "ranked", "rejectedWeight": "raw", "robust": "none", "noise": 0.1},
    "tpo": {"beta": 0.5, "lambda": "dcg", "stepWeight": "none"},
    "brain": {"beta": 0.2},
    "gdpo": {"form": "stepwise", "alpha": 0.1, "gamma": 1, "lossPenalty": -8},
    "oreo": {
        "beta": 0.03,
        "alpha": 0.01,
        "level": "token",
        "part": "both",
        "trunk": "own",
        "warmup": 4,
        "criticRate": 1e-3,
        **DECODING,
    },
    "svpo": {
        "beta": 0.1,
        "marginWeight": 1,
        "valueWeight": 1,
        "sftWeight": 0,
        "margin": 0.5,
        "rounds": 2,
        **DECODING,
    },
    "sft": {},
}

REFERENCE_FREE = {"sft", "simpo", "orpo", "asft"}
READS = {
    "tgdpo": ["guide"],
    "bmc": ["tokens"],
    "gdpo": ["stop", "stopReference"],
    "oreo": ["value", "kl"],
    "svpo": ["valueEnd"],
    "tpo": ["hidden"],
}
WITHOUT_PAIRS = {"sft", "kto", "brain", "tpo", "full-step-dpo", "oreo"}
ONE_ROLE = {"tgdpo"}  # the weight of a token depends on its answer's role
FAR_APART = {"discopop", "dpo"}  # have exponentials of the margin

# Tokens of each step, by prompt and answer, and the comparisons by prompt.
SHAPES = {
    "two pairs": ([[[2, 3], [1, 2, 2]], [[3], [1, 1]]], [[(0, 1)], [(1, 0)]]),
    "one-token answers": ([[[1], [1]]], [[(0, 1)]]),
    "unequal lengths": ([[[4, 3, 2], [1]], [[1], [2, 4]], [[2, 2], [2, 2]]], [[(0, 1)], [(0, 1)], [(1, 0)]]),
    "one against several": ([[[2, 1], [1, 3], [2]], [[1, 1], [3]]], [[(0, 1), (0, 2)], [(0, 1)]]),
    "long answers": ([[[13, 12], [25]]], [[(0, 1)]]),
    "a chain of comparisons": ([[[2, 1], [1, 3], [2]], [[1], [1, 1]], [[2]]], [[(0, 1), (0, 2), (1, 2)], [(1, 0)], []]),
}


# Log-probs of all tokens: of the first answer and of others under the policy, and under every other model.
EXTREMES = {
    "certain tokens": ("two pairs", -1e-7, -1e-7, -1e-7),
    "hopeless tokens": ("two pairs", -40.0, -40.0, -40.0),
    "a margin of 1e3": ("long answers", -1e-7, -40.0, -20.0),
    "a margin of -1e3": ("long answers", -40.0, -1e-7, -20.0),
}


def shapes_of(method):
    refused = {"long answers"} | ({"a chain of comparisons"} if method in ONE_ROLE else set())
    return [name for name in SHAPES if name not in refused]


def numbers(method, name, shape, spread, everything=False, **more):
    """
    Prompts of a shape, with the fields that the method reads; with every differentiable one when asked for.

    Further: `scores` of the answers in order, `extreme` log-probs (see EXTREMES), `twins` makes the second answer the first
    over again, `mismatched` are answers (index, sign of the log-ratio) of the last prompt that belong to another.
    """
    rng = Random(f"{method} {name}")
    fields = {"policy", *READS.get(method, [])} | (set() if method in REFERENCE_FREE else {"reference"})
    if everything:
        fields |= {"stop", "value", "kl", "squares", "valueEnd"}
    log_prob = lambda: round(-0.02 - 4 * rng.random() ** 2, 4)
    extreme = more.get("extreme")
    others = lambda values: [round(min(-0.01, v + spread * rng.gauss(0, 1)), 4) for v in values]
    near = (lambda values: [extreme[2]] * len(values)) if extreme else others
    lengths, comparisons = SHAPES[shape]
    scores = more.get("scores")

    def label(r, k):
        if method == "2d-dpo":
            return {"score": rng.choice([0, 0.25, 0.5, 0.75, 1])}
        if method == "full-step-dpo":
            return {"reward": rng.choice([0, 0.2, 0.5, 1]), "value": rng.choice([0, 0.25, 0.75, 1])}
        if method == "svpo" and (r + k) % 3 != 2:  # a step may have no q
            return {"q": rng.choice([-1, -0.5, 0.25, 1])}
        return {}

    def step(n, r, k):
        each = lambda value: [round(value(), 4) for _ in range(n)]
        policy = each(log_prob) if not extreme else [extreme[0 if r == 0 else 1]] * n
        reference, stop = near(policy), each(lambda: -6 * rng.random() - 0.1)
        made = {
            "policy": policy,
            "reference": reference,
            "guide": near(reference),
            "tokens": [rng.randrange(3, 8) for _ in range(n)],
            "stop": stop,
            "stopReference": near(stop),
            "value": each(lambda: rng.gauss(0.3, 0.5)),
            "kl": each(lambda: 0.3 * rng.random()),
            "squares": each(lambda: -2 * rng.random()),
            "hidden": [round(rng.gauss(0, 1), 4) for _ in range(4)],
            "valueEnd": round(rng.uniform(-1, 1), 4),
        }
        labels = label(r, k)
        return {name: made[name] for name in made if name in fields} | ({"labels": labels} if labels else {})

    def response(steps, r):
        made = {"steps": [step(n, r, k) for k, n in enumerate(steps)]}
        if method in ("odpo", "tpo", "full-step-dpo", "brain", "oreo"):
            made["score"] = scores[r % len(scores)] if scores else rng.choice([0, 0.25, 0.5, 0.75, 1])
        if method == "odpo" and not scores:
            made["score"] = round(3.1 - r * (0.4 + rng.random()) / 2, 2)
        if method == "brain":
            total = sum(sum(s["policy"]) for s in made["steps"])
            made["labels"] = {"logProposal": round(total + rng.gauss(0, 0.7), 4)}
        if method in ("kto", "sacpo"):
            made["labels"] = {"desirable": int(rng.random() < 0.5)}
        return made

    prompts = []
    for answers, compared in zip(lengths, comparisons):
        prompt = {"responses": [response(steps, r) for r, steps in enumerate(answers)]}
        if method not in WITHOUT_PAIRS:
            prompt["comparisons"] = [{"chosen": w, "rejected": l} for w, l in compared]
            if method == "madpo":
                for pair in prompt["comparisons"]:
                    pair["margin"] = round(rng.gauss(0.5, 3), 3)
        prompts.append(prompt)
    if more.get("twins"):  # the second answer of each prompt is the first over again, but for its score and labels
        for prompt in prompts:
            first, second = prompt["responses"][:2]
            second["steps"] = [{**s, **({"labels": dict(s["labels"])} if "labels" in s else {})} for s in first["steps"]]
    for r, sign in more.get("mismatched", []):  # answers to other prompts, whose log-ratio has this sign
        answer = prompts[-1]["responses"][r]
        answer["labels"] = {"mismatched": 1}
        for s in answer["steps"]:
            s["reference"] = [round(min(-0.001, v - sign * 0.3), 4) for v in s["policy"]]
    return prompts


FAN, CHAIN = "one against several", "a chain of comparisons"

# (name, params, shape, more) beyond the plain variants.
SPECIAL = {
    "odpo": [
        (f"{name}, {scale}", {"scale": scale}, shape, {"scores": scores})
        for scale in CHOICES["odpo"]["scale"]
        for name, shape, scores in (
            ("ties and scores of 0", FAN, [2, 2, 0]),
            ("worse ones chosen", "two pairs", [0.5, 2]),
        )
    ],
    "tpo": [
        ("equal answers", {}, FAN, {"twins": True, "scores": [1, 0.5, 0.25]}),
        ("a prompt of ties", {}, FAN, {"scores": [0.5, 0.5, 0.5]}),
        *(
            (f"unequal steps, {weight}", {"stepWeight": weight, "beta": 1.5}, "unequal lengths", {"scores": [1, 0.25]})
            for weight in CHOICES["tpo"]["stepWeight"]
        ),
    ],
    "full-step-dpo": [
        ("rewards and ranks of lists", {"beta": 0.5, "tau": 3}, FAN, {"scores": [0, 1, 0.5]}),
        ("nothing to compare", {}, FAN, {"scores": [1, 1, 1]}),
    ],
    "madpo": [
        ("steep", {"tau": 1.5, "lambda": 3, "cMax": 4, "cMin": 0.25}, CHAIN, {}),
        ("c max 1", {"cMax": 1, "cMin": 0.5}, "two pairs", {}),
    ],
    "kto": [
        ("a baseline", {}, FAN, {"mismatched": [(0, 1), (1, 1)]}),
        ("a negative baseline", {"beta": 0.7}, FAN, {"mismatched": [(0, -1)]}),
        (
            "weights and a baseline",
            {"beta": 0.3, "desirableWeight": 1.5, "undesirableWeight": 0.4},
            CHAIN,
            {"mismatched": [(0, 1)]},
        ),
    ],
    "2d-dpo": [("equal steps", {"robust": "bounded", "noise": 0.3}, "two pairs", {"twins": True})],
    "dpo": [
        *(
            (f"smoothing {e}, {kind}", {"labelSmoothing": e, "fDivergence": kind, "beta": 0.7}, FAN, {})
            for e, kind in product((0.1, 0.3), CHOICES["dpo"]["fDivergence"])
        ),
        ("alpha of 1", {"fDivergence": "alpha", "fAlpha": 1}, "two pairs", {}),
        ("alpha of 1.7", {"fDivergence": "alpha", "fAlpha": 1.7}, "unequal lengths", {}),
    ],
    "bmc": [
        ("the same text twice", {}, "two pairs", {"twins": True}),
        ("large beta, own weights", {"beta": 1, "refWeights": "own", "delta": 5}, CHAIN, {}),
    ],
    "dmpo": [("gamma near 1", {"gamma": 0.95, "beta": 0.5}, "unequal lengths", {})],
    "svpo": [
        (
            "every term",
            {"sftWeight": 0.3, "marginWeight": 0.7, "valueWeight": 0.1, "margin": 1.2, "beta": 0.5},
            CHAIN,
            {},
        )
    ],
    "simpo": [("every term", {"beta": 3, "gammaRatio": 0.3, "labelSmoothing": 0.1, "sftWeight": 0.5}, CHAIN, {})],
    "gdpo": [("every term", {"alpha": 0.7, "gamma": 0.4, "lossPenalty": -3}, "unequal lengths", {})],
}


def variants(method):
    """(name, params, shape, more): every shape, every combination of choices, both ends of every number, and more."""
    shapes = shapes_of(method)
    in_turn = cycle(shape for shape in shapes if shape != "one-token answers")
    for shape in shapes:
        yield f"defaults, {shape}", {}, shape, {}
    choices = CHOICES.get(method, {})
    for values in product(*choices.values()) if choices else []:
        name, chosen = "choices " + ", ".join(map(str, values)), dict(zip(choices, values))
        yield name, chosen, next(in_turn), {}
        if "beta" in NUMBERS[method]:
            yield f"{name}, larger beta", {**chosen, "beta": 0.8}, next(in_turn), {}
    for name, ends in NUMBERS[method].items():
        for end in ends:
            # together with what gives the number a say
            noisy = {"robust": "flip" if end == 0 else "bounded"}
            beside = {"fAlpha": {"fDivergence": "alpha"}, "noise": noisy}.get(name, {})
            yield f"{name} {end}", {name: end, **beside}, next(in_turn), {}
    if method == "2d-dpo":
        yield "variance 1", {"noise": 1, "robust": "variance", "pairing": "all"}, next(in_turn), {}
    yield from SPECIAL.get(method, [])
    for name, (shape, *extreme) in EXTREMES.items():
        yield name, {}, shape, {"extreme": extreme, "scores": [2, 0.5] if method == "odpo" else [1, 0.5]}


def cases():
    for method in NUMBERS:
        defaults = DEFAULTS.get(method, {"beta": 0.1})
        for i, (name, params, shape, more) in enumerate(variants(method)):
            large = params.get("beta", 0) >= 5 and method in FAR_APART
            prompts = numbers(method, f"{name} {params}", shape, 0.1 if large else 0.5, everything=i == 0, **more)
            yield name, {"method": method, "params": params, "prompts": prompts}, {**defaults, **params}
