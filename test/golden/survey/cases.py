"""The cases: for each method every choice, every flag, both ends of every number, and shapes that are not only square."""

from itertools import product
from random import Random

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
    "mallows-po": ({"beta": 0.1, "dispersion": 0.29, "maxEntropy": 3.04}, {"beta": BETA, "dispersion": (0.01, 10), "maxEntropy": (0.5, 15)}, {}),
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
    "long answers": ([[[13, 12], [25]]], [[(0, 1)]]),
    "a chain of comparisons": ([[[2, 1], [1, 3], [2]], [[1], [1, 1]], [[2]]], [[(0, 1), (0, 2), (1, 2)], [(1, 0)], []]),
}


# Log-probs of all tokens: of the first answer of each prompt, of the others, and of the reference.
EXTREMES = {
    "certain tokens": ("two pairs", -1e-7, -1e-7, -1e-7),
    "hopeless tokens": ("two pairs", -40.0, -40.0, -40.0),
    "a margin of 1e3": ("long answers", -1e-7, -40.0, -20.0),
    "a margin of -1e3": ("long answers", -40.0, -1e-7, -20.0),
}


def extreme(prompts, first, others, reference):
    for prompt in prompts:
        for r, response in enumerate(prompt["responses"]):
            for step in response["steps"]:
                step["policy"] = [others if r else first for _ in step["policy"]]
                if "reference" in step: step["reference"] = [reference for _ in step["policy"]]
    return prompts


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


def cases(method):
    """(loss case, name), plain ones and extremes."""
    for i, (name, params, shape, scores) in enumerate(variants(method)):
        prompts = prompts_of(method, f"{name} {params}", shape, scores, everything=i == 0)
        yield {"method": method, "params": params, "prompts": prompts}, name
    for name, (shape, *values) in EXTREMES.items():
        prompts = extreme(prompts_of(method, name, shape, [1, 0.5]), *values)
        yield {"method": method, "params": {}, "prompts": prompts}, name


def variants(method):
    """(name, params, shape, scores)"""
    defaults, numbers, choices = METHODS[method]
    refused = {"long answers"} | ({"a chain of comparisons"} if method == "tis-dpo" else set())  # one role an answer
    shapes = [s for s in SHAPES if s not in refused]
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
