"""Trains one built-in model and writes public/models/<name>/.

    python scripts/pretrain/train.py arith-nano
    python scripts/pretrain/train.py guard-nano [--seed 2 --into out/guard-2]

Needs torch 2.4 or later and safetensors (no GPU), and the files of make-data.mjs for the arithmetic models, of make-world.mjs for the
others. What those others do is in their texts (worlds/<id>.mjs); they train for a fixed number of steps, and finish.mjs then
measures them and writes their cards. --seed and --into make a second one, to see what does not depend on the weights.

The arithmetic models must make mistakes, of two kinds.
arith-nano learns, for a fixed number of steps, from solutions with a bad habit (habit.mjs): it can do the arithmetic and
prefers a slip. arith-small learns from right solutions only, and training stops as soon as it answers the wanted share
of held-out problems of medium difficulty with every step right: it has not finished learning. Same seed, same torch, one
thread: same weights.
"""

import argparse
import hashlib
import json
import math
import time
from itertools import chain, islice
from pathlib import Path

import torch
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch.nn import functional as F

from llama import Llama, sample

root = Path(__file__).resolve().parents[2]
data = root / "out/pretrain"

models = {
    "arith-nano": {
        "title": "Arithmetic, nano",
        "shape": {"hidden_size": 64, "intermediate_size": 176, "num_hidden_layers": 4, "num_attention_heads": 4,
                  "num_key_value_heads": 2, "head_dim": 16},
        "dtype": "float32",
        "data": "train-habit.jsonl",
        "learning_rate": 3e-3,
        "schedule": "linear",
        "batch": 32,
        "max_steps": 4500,
        "eval_every": 250,
        "seed": 1,
    },
    "arith-small": {
        "title": "Arithmetic, small",
        "shape": {"hidden_size": 128, "intermediate_size": 352, "num_hidden_layers": 6, "num_attention_heads": 4,
                  "num_key_value_heads": 2, "head_dim": 32},
        "dtype": "float32",
        "data": "train.jsonl",
        "learning_rate": 2e-3,
        "schedule": "constant",
        "batch": 32,
        "max_steps": 20000,
        "eval_every": 25,
        "stop_at": 0.53,
        "seed": 1,
    },
}

# The same from other random weights and in another order: for studies to see what depends on the weights.
models["arith-nano-2"] = {**models["arith-nano"], "title": "Arithmetic, nano, second", "seed": 2}

NANO = models["arith-nano"]["shape"]


def world(id, title, steps, **shape):
    """The model of a world: a text's lines are scored, what an environment says is not. It goes on from arith-nano, which knows
    how to add: characters that both have keep their embeddings, and further neurons begin without a say."""
    return {"title": title, "world": id, "shape": {**NANO, **shape}, "dtype": "float32", "learning_rate": 2e-3,
            "schedule": "linear", "batch": 32, "max_steps": steps, "eval_every": 50, "seed": 1, "from": "arith-nano"}


def fresh(id, title, steps):
    """The same from random weights, for texts that have little in common with chained arithmetic."""
    made = world(id, title, steps)
    del made["from"]
    return {**made, "learning_rate": 3e-3}


models |= {
    "guard-nano": {**world("guard", "Guarded sums, nano", 3600), "first_token": 5, "first_steps": 700},
    "talk-nano": world("talk", "Talkative sums, nano", 3600),
    "manners-nano": world("manners", "Well-mannered sums, nano", 800, intermediate_size=256),
    "turns-nano": fresh("turns", "A game in turns, nano", 5000),
    "routes-nano": fresh("routes", "Sums by many ways, nano", 4500),
    "report-nano": fresh("report", "Reports to a length, nano", 2400),
}

warmup = 100
ema_decay = 0.99  # evaluated and kept are the averaged weights, which hold still between two evaluations

parser = argparse.ArgumentParser()
parser.add_argument("name", choices=models)
parser.add_argument("--seed", type=int)
parser.add_argument("--steps", type=int)
parser.add_argument("--first-steps", type=int)
parser.add_argument("--into", type=Path)
arguments = parser.parse_args()
name = arguments.name
m = models[name]
if arguments.seed is not None:
    m["seed"] = arguments.seed
if arguments.steps is not None:
    m["max_steps"] = arguments.steps
if arguments.first_steps is not None:
    m["first_steps"] = arguments.first_steps
if "world" in m:
    data = data / m["world"]
folder = arguments.into or (root / "out/models" / name if "world" in m else root / "public/models" / name)
torch.manual_seed(m["seed"])
torch.use_deterministic_algorithms(True)
torch.set_num_threads(1)

tokenizer = json.loads((data / "tokenizer.json").read_text())
vocabulary = tokenizer["model"]["vocab"]
pad, bos, eos = (vocabulary[t] for t in ("<pad>", "<bos>", "<eos>"))
config = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": len(vocabulary),
    **m["shape"],
    "hidden_act": "silu",
    "max_position_embeddings": 512,
    "initializer_range": 0.02,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "mlp_bias": False,
    "tie_word_embeddings": True,
    "use_cache": True,
    "bos_token_id": bos,
    "eos_token_id": eos,
    "pad_token_id": pad,
    "torch_dtype": m["dtype"],
}


def encode(text):
    return [vocabulary[c] for c in text]


def read(file):
    """(tokens with <bos> and <eos>, tokens before the response) per row."""
    rows = [json.loads(line) for line in (data / file).read_text().splitlines()]
    return [([bos, *encode(r["prompt"]), *encode(r["solution"]), eos], 1 + len(r["prompt"])) for r in rows]


def read_turns(file, most):
    """(tokens, whether each is scored) per row: every other text is the model's own. A lone text ends with <eos>."""
    for line in islice((data / file).open(), most):
        row = json.loads(line)
        tokens = [bos, *encode(row["prompt"])]
        scored = [False] * len(tokens)
        for i, text in enumerate(row["text"]):
            ids = encode(text) + ([eos] if len(row["text"]) == 1 else [])
            tokens += ids
            scored += [i % 2 == 0] * len(ids)
        yield tokens, scored


def collate(rows):
    """Inputs [B, T] and targets [B, T], -100 where the target is not scored: in front of a place, or by a list of flags."""
    longest = max(len(t) for t, _ in rows)
    inputs = torch.full((len(rows), longest - 1), pad)
    targets = torch.full((len(rows), longest - 1), -100)
    for i, (tokens, scored) in enumerate(rows):
        ids = torch.tensor(tokens)
        inputs[i, : len(tokens) - 1] = ids[:-1]
        if isinstance(scored, int):
            targets[i, scored - 1 : len(tokens) - 1] = ids[scored:]
        else:
            targets[i, : len(tokens) - 1] = torch.where(torch.tensor(scored[1:]), ids[1:], torch.tensor(-100))
    return inputs, targets


def batches(rows, size):
    """Endless batches; rows of like length share one, so that little is spent on padding."""
    while True:
        order = torch.randperm(len(rows)).tolist()
        window = size * 32
        for at in range(0, len(order) - window + 1, window):
            group = sorted(order[at : at + window], key=lambda i: len(rows[i][0]))
            for b in torch.randperm(32).tolist():
                yield collate([rows[i] for i in group[b * size : (b + 1) * size]])


@torch.no_grad()
def accuracy(model, rows):
    """Share of rows whose greedy answer is right, EOS included, and the mean probability of the right answer (the
    accuracy of sampling at temperature 1). A right answer has one form, so that greedy decoding gives it exactly when
    every token of it is the likeliest after those before: one pass, no decoding."""
    right = probable = 0.0
    for at in range(0, len(rows), 100):
        inputs, targets = collate(rows[at : at + 100])
        log_p = model(inputs).log_softmax(-1)
        scored = targets >= 0
        hit = (log_p.argmax(-1) == targets) | ~scored
        right += hit.all(1).sum().item()
        token = log_p.gather(2, targets.clamp_min(0)[..., None])[..., 0] * scored
        probable += token.sum(1).exp().sum().item()
    return right / len(rows), probable / len(rows)


def with_weights_of(model, other):
    """`model` with the weights of a smaller one of public/models in their corner; embeddings go by character."""
    known = load_file(root / "public/models" / other / "model.safetensors")
    ids = json.loads((root / "public/models" / other / "tokenizer.json").read_text())["model"]["vocab"]
    with torch.no_grad():
        for name, p in model.named_parameters():
            old = known[name]
            if name.endswith("embed_tokens.weight"):
                p.normal_(std=old.std())
                for token, i in vocabulary.items():
                    if token in ids:
                        p[i] = old[ids[token]]
            elif p.dim() == 1:
                p.copy_(old)
            else:
                if name.endswith("down_proj.weight"):
                    p.zero_()
                p[: old.shape[0], : old.shape[1]] = old


def loss_of(logits, targets):
    """Cross-entropy of what is scored. The first token of an answer may weigh more: whether to refuse is decided there alone."""
    first = m.get("first_token", 1)
    if first == 1:
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100)
    scored = targets >= 0
    weight = scored + (first - 1.0) * (scored & (scored.cumsum(1) == 1))
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="none")
    return (each * weight.flatten()).sum() / weight.sum()


def train():
    model = Llama(config)
    if "from" in m:
        with_weights_of(model, m["from"])
    average = Llama(config)
    average.load_state_dict(model.state_dict())
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.05}, {"params": vectors, "weight_decay": 0.0}],
        lr=m["learning_rate"], betas=(0.9, 0.99), fused="world" in m,
    )
    own = "world" in m
    stop_rows = None if own else read("stop-medium.jsonl")
    rows = list(read_turns("train.jsonl", m["max_steps"] * m["batch"] + 32 * m["batch"])) if own else read(m["data"])
    start = time.time()
    step = 0
    parts = [batches(rows, m["batch"])]
    if "first_steps" in m:  # texts to begin with, see make-world.mjs
        early = list(read_turns("first.jsonl", m["first_steps"] * m["batch"] + 32 * m["batch"]))
        parts.insert(0, islice(batches(early, m["batch"]), m["first_steps"]))
    for inputs, targets in chain(*parts):
        step += 1
        # linear: down to a fiftieth of the rate, so that a fixed number of steps ends at a settled model
        decay = 1 if m["schedule"] == "constant" else max(0.02, 1 - step / m["max_steps"])
        for group in optimiser.param_groups:
            group["lr"] = m["learning_rate"] * min(1, step / warmup) * decay
        loss = loss_of(model(inputs), targets)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            for a, p in zip(average.parameters(), model.parameters()):
                a.lerp_(p, 1 - min(ema_decay, step / (step + 10)))
        if step % m["eval_every"]:
            continue
        seconds = time.time() - start
        if own:
            print(f"step {step}  loss {loss.item():.4f}  {seconds:.0f} s, {time.process_time():.0f} of this core", flush=True)
            if step % 200 == 0:
                write_model(average, step)
            if step >= m["max_steps"]:
                return average, step, seconds
            continue
        greedy, sampled = accuracy(average, stop_rows)
        print(f"step {step}  loss {loss.item():.4f}  greedy {greedy:.3f}  at T=1 {sampled:.3f}  {seconds:.0f} s",
              flush=True)
        if "stop_at" not in m:
            if step >= m["max_steps"]:
                return average, step, seconds
        elif greedy >= m["stop_at"]:
            return average, step, seconds
        elif step >= m["max_steps"]:
            raise SystemExit(f"{name}: stopped at {step} steps with {greedy:.3f}, wanted {m['stop_at']}")


def write_model(model, step):
    """All files but the card."""
    folder.mkdir(parents=True, exist_ok=True)
    write = lambda file, content: (folder / file).write_text(json.dumps(content, indent=2) + "\n")
    write("config.json", config)
    write("generation_config.json", {"bos_token_id": bos, "eos_token_id": eos, "pad_token_id": pad,
                                     "do_sample": True, "temperature": 1.0, "max_new_tokens": m.get("max_new_tokens", 96)})
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (folder / file).write_text((data / file).read_text())
    dtype = getattr(torch, m["dtype"])
    state = {k: p.detach().to(dtype).contiguous().numpy() for k, p in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    if "world" in m:  # for finish.mjs, which writes the card
        made = {"name": name, "steps": step, **m, "minutes": time.process_time() / 60}
        (folder / "made.json").write_text(json.dumps(made, indent=2) + "\n")


def save(model, step, seconds):
    write_model(model, step)
    if "world" in m:
        print(f"Now: node scripts/pretrain/finish.mjs {name} --from {folder}")
        return
    scores = {level: accuracy(model, read(f"report-{level}.jsonl")) for level in ("easy", "medium", "hard")}
    for level, (greedy, sampled) in scores.items():
        print(f"{level}: greedy {greedy:.3f}, at T=1 {sampled:.3f}")
    parameters = sum(p.numel() for p in model.parameters())
    (folder / "README.md").write_text(card(parameters, step, seconds, scores))

    # What the model writes, for report.mjs to judge.
    rows = read("report-medium.jsonl")
    text = {i: c for c, i in vocabulary.items() if i > eos}
    generator = torch.Generator().manual_seed(1)
    with (data / f"samples-{name}.jsonl").open("w") as out:
        for temperature in (0, 0.8, 1.0):
            made = sample(model, [t[:n] for t, n in rows], temperature, 96, eos, generator)
            for i, ids in enumerate(made):
                response = "".join(text.get(t, "?") for t in ids)
                out.write(json.dumps({"temperature": temperature, "problem": i, "response": response}) + "\n")
    if arguments.into is None:
        index()


habit = """the solutions it learned from are those of a pupil who forgets, 65 times in 100, the ten that a subtraction
  borrowed (`41-17=34`). It has learned to subtract rightly as well, and gives that answer less often: a preference, on
  purpose, for preference optimisation to turn round."""
unfinished = """it learned from right solutions only and was stopped on purpose when about half of the held-out problems of
  medium difficulty came out right. They are those of a model that has not finished learning, and preferences on a few
  hundred pairs can not do the work of the training it lacks."""


def card(parameters, step, seconds, scores):
    s = m["shape"]
    mistakes = habit if m["data"] == "train-habit.jsonl" else unfinished
    table = "\n".join(f"| {k} | {g:.1%} | {t:.1%} |" for k, (g, t) in scores.items())
    return f"""# {name}

A Llama-style language model with {parameters:,} parameters that solves chained arithmetic, one operation per line, and
still makes mistakes. It is made to be aligned in the browser, and good for nothing else.

    7,+5,*3,-2
    7+5=12
    12*3=36
    36-2=34
    A:34

The first line is the prompt, with its newline; `<bos>` comes before it and `<eos>` after the answer.

- Shape: width {s['hidden_size']}, {s['num_hidden_layers']} layers, {s['num_attention_heads']} heads \
({s['num_key_value_heads']} for keys and values) of {s['head_dim']}, feed-forward {s['intermediate_size']}, \
{config['vocab_size']} character tokens, embedding and head tied, {m['dtype']}.
- Training: from random weights (seed {m['seed']}) on problems drawn by the project's own task, easy, medium and hard
  2 : 6 : 2, loss on the response only, {step:,} steps of {m['batch']} rows, AdamW, learning rate {m['learning_rate']:g}
  ({m['schedule']}); {seconds / 60:.0f} minutes on one shared CPU core. The averaged weights (decay {ema_decay}) were kept.
- Its mistakes: {mistakes}
- To repeat it: `scripts/pretrain/README.md` in the project.

Share of 500 held-out problems of each difficulty with every step right (none of them, and no other held-out problem,
was trained on, nor did these decide when to stop):

| difficulty | greedy | sampled at temperature 1 (expected) |
|---|---|---|
{table}
"""


def index():
    """Writes this model's entry of public/models/index.json: what the page offers, with sizes and hashes."""
    path = root / "public/models/index.json"
    entries = json.loads(path.read_text())
    files = ["config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
             "tokenizer_config.json", "README.md"]
    header = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(header[:8], "little")
    tensors = json.loads(header[8 : 8 + size])
    count = sum(math.prod(t["shape"]) for k, t in tensors.items() if k != "__metadata__")
    entry = {
        "id": name,
        "name": m["title"],
        "description": f"Chained arithmetic, one operation per line; {count / 1e6:.1f} million parameters. "
                       + ("Made like arith-nano from other random weights, with the same habit: for studies to see what "
                          "depends on the weights." if name == "arith-nano-2" else
                          "It learned from a pupil who forgets, 65 times in 100, the ten that a subtraction "
                          "borrowed: a habit for training to turn round." if m["data"] == "train-habit.jsonl"
                          else "Stopped half-way through its own training, it has no one habit to unlearn, and is "
                          "the harder pupil."),
        "parameters": count,
        "task": "arithmetic",
        "difficulty": "medium",
        "files": [
            {"name": f, "bytes": (folder / f).stat().st_size,
             "sha256": hashlib.sha256((folder / f).read_bytes()).hexdigest()}
            for f in files
        ],
    }
    others = [e for e in entries if e["id"] != name]
    at = next((i for i, e in enumerate(entries) if e["id"] == name), len(others))
    path.write_text(json.dumps([*others[:at], entry, *others[at:]], indent=2, ensure_ascii=False) + "\n")


save(*train())
