"""Makes trl-methods.json: ten steps of TRL's trainers with the losses that we have too, on the tiny Llama of make_trl.py.

    PYTHONHASHSEED=0 python test/golden/make_trl_methods.py

After make_trl.py, whose model (trl/base), pairs (trl/pairs.json) and adapter (trl/steps-initial) every run begins with.
Needs what that needs; scripts/parity/README.md names the versions.

    runs            by name: TRL's trainer, what its configuration has beside `common`, and for each of ten steps which
                    examples its micro-batches held and what it logged. Of KTOTrainer the examples are those of `answers`.
    answers         what KTOTrainer trains on: a side of a pair, and whether it is desirable. TRL's mismatched answers are
                    rotated by one within a batch: each prompt with the answer before it, the first with the last.
    promptTokens    1 where a run keeps of each prompt its first token alone

TRL's ORPO learns the prompt too and averages over all tokens of a batch; ours the answer alone, answer by answer. With one
token of prompt, which nothing predicts, and one pair in a micro-batch the two are the same number.

Everything stored is TRL's own float32. Each run is done again with the model in float64, and the losses must agree.
"""

import json
import tempfile
from pathlib import Path

import torch
from datasets import Dataset, disable_progress_bars
from make_trl import as_dataset, lora, new_model, out, word_tokenizer
from safetensors.torch import load_file
from transformers import PrinterCallback
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

steps, batch_size = 10, 4
common = {
    "max_steps": steps, "learning_rate": 5e-3, "lr_scheduler_type": "linear", "warmup_steps": 0, "weight_decay": 0.0,
    "max_grad_norm": 1.0, "optim": "adamw_torch", "seed": 33, "per_device_train_batch_size": batch_size,
}
trainers = {
    "DPOTrainer": (DPOConfig, DPOTrainer), "CPOTrainer": (CPOConfig, CPOTrainer),
    "ORPOTrainer": (ORPOConfig, ORPOTrainer), "KTOTrainer": (KTOConfig, KTOTrainer),
}


def dpo(loss, **more):
    return {"trainer": "DPOTrainer", "settings": {"loss_type": [loss], "beta": 0.1, **more}}


one_pair = {"per_device_train_batch_size": 1, "gradient_accumulation_steps": batch_size}
runs = {
    "dpo": dpo("sigmoid"),
    "dpo, accumulated": dpo("sigmoid", per_device_train_batch_size=2, gradient_accumulation_steps=2),
    "dpo, forward KL": dpo("sigmoid", f_divergence_type="forward_kl"),
    "dpo, Jensen-Shannon": dpo("sigmoid", f_divergence_type="js_divergence"),
    "dpo, alpha divergence": dpo("sigmoid", f_divergence_type="alpha_divergence", f_alpha_divergence_coef=0.5),
    "ld-dpo": dpo("sigmoid", ld_alpha=0.4),
    "dpo-norm": dpo("sigmoid_norm", beta=2.0),
    "ipo": dpo("ipo"),
    "hinge": dpo("hinge"),
    "exo": dpo("exo_pair", label_smoothing=0.05),
    "nca": dpo("nca_pair"),
    "robust-dpo": dpo("robust", label_smoothing=0.1),
    "bco-pair": dpo("bco_pair"),
    "sppo": dpo("sppo_hard"),
    "aot": dpo("aot", label_smoothing=0.1),
    "aot-unpaired": dpo("aot_unpaired", label_smoothing=0.1),
    "apo-zero": dpo("apo_zero"),
    "apo-down": dpo("apo_down"),
    "discopop": dpo("discopop", discopop_tau=0.5),
    "mpo": {
        "trainer": "DPOTrainer",
        "settings": {"loss_type": ["sigmoid", "bco_pair", "sft"], "loss_weights": [0.8, 0.2, 1.0], "beta": 0.1},
    },
    "rpo": {
        "trainer": "DPOTrainer",
        "settings": {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.005], "beta": 0.01},
    },
    "simpo": {
        "trainer": "CPOTrainer",
        "settings": {"loss_type": "simpo", "beta": 2.0, "simpo_gamma": 1.0, "cpo_alpha": 0.0},
    },
    "simpo, with SFT": {
        "trainer": "CPOTrainer",
        "settings": {
            "loss_type": "simpo", "beta": 2.0, "simpo_gamma": 1.0, "cpo_alpha": 0.5, "label_smoothing": 0.1,
        },
    },
    "orpo": {"trainer": "ORPOTrainer", "settings": {"beta": 0.25, **one_pair}, "promptTokens": 1},
    "kto": {
        "trainer": "KTOTrainer", "settings": {"beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 1.5},
    },
}


def make_answers(pairs):
    """Sides of pairs, good and bad in no order; some batches of four hold more of one kind."""
    generator = torch.Generator().manual_seed(35)
    answers = []
    for i in range(steps * batch_size):
        desirable = bool(torch.rand((), generator=generator) < 0.5)
        answers.append({"pair": (5 * i) % len(pairs), "side": "chosen" if desirable else "rejected", "desirable": desirable})
    return answers


def answer_dataset(pairs, answers):
    text = lambda ids: "".join(f"<t{i}> " for i in ids)
    return Dataset.from_list([
        {
            "prompt": text(pairs[a["pair"]]["prompt"]),
            "completion": text(pairs[a["pair"]][a["side"]]).strip(),
            "label": a["desirable"],
        }
        for a in answers
    ])


def rows_of(ids, scored):
    """Prompt and answer of each row, from ids without padding and which of them are scored."""
    return [(tuple(i[~s].tolist()), tuple(i[s].tolist())) for i, s in zip(ids, scored)]


def compared(inputs):
    """(prompt, chosen, rejected) of each pair in a batch of DPOTrainer, CPOTrainer or ORPOTrainer."""
    sides = []
    if "completion_mask" in inputs:
        seen, scored = inputs["attention_mask"].bool(), inputs["completion_mask"].bool()
        half = len(seen) // 2
        rows = [(inputs["input_ids"][r][seen[r]], scored[r][seen[r]]) for r in range(2 * half)]
        sides = [rows[:half], rows[half:]]
    else:
        for side in ("chosen", "rejected"):
            seen = inputs[f"{side}_attention_mask"].bool()
            labels = inputs[f"{side}_labels"]
            sides.append([
                (inputs[f"{side}_input_ids"][r][seen[r]], labels[r][seen[r]] != -100) for r in range(len(seen))
            ])
    chosen, rejected = (rows_of(*zip(*rows)) for rows in sides)
    assert [p for p, _ in chosen] == [p for p, _ in rejected]
    return [(prompt, c, r) for (prompt, c), (_, r) in zip(chosen, rejected)]


def single(inputs):
    """(prompt, answer, mismatched answer) of each example in a batch of KTOTrainer."""
    parts = []
    for prefix in ("", "KL_"):
        seen, scored = inputs[f"{prefix}attention_mask"].bool(), inputs[f"{prefix}completion_mask"].bool()
        parts.append(rows_of(*zip(*[(inputs[f"{prefix}input_ids"][r][m], scored[r][m]) for r, m in enumerate(seen)])))
    assert [p for p, _ in parts[0]] == [p for p, _ in parts[1]]
    return [(prompt, answer, other) for (prompt, answer), (_, other) in zip(*parts)]


def train(run, pairs, answers, initial, double):
    config_class, trainer_class = trainers[run["trainer"]]
    unpaired = run["trainer"] == "KTOTrainer"
    if "promptTokens" in run:
        pairs = [{**p, "prompt": p["prompt"][: run["promptTokens"]]} for p in pairs]
    batches = []

    class Recorder(trainer_class):
        def compute_loss(self, model, inputs, *args, **kwargs):
            batches.append((single if unpaired else compared)(inputs))
            return super().compute_loss(model, inputs, *args, **kwargs)

    with tempfile.TemporaryDirectory() as folder:
        trainer = Recorder(
            model=new_model().double() if double else new_model(),
            args=config_class(
                output_dir=folder, bf16=False, gradient_checkpointing=False, logging_steps=1, save_strategy="no",
                report_to="none", use_cpu=True, disable_tqdm=True, **{**common, **run["settings"]},
            ),
            train_dataset=answer_dataset(pairs, answers) if unpaired else as_dataset(pairs),
            processing_class=word_tokenizer(), peft_config=lora(False),
        )
        trainer.remove_callback(PrinterCallback)
        with torch.no_grad():
            for name, p in trainer.model.named_parameters():
                if p.requires_grad:
                    p.copy_(initial[name.replace(".default.", ".")])
        trainer.train()
        logged = [row for row in trainer.state.log_history if "loss" in row]

    if unpaired:
        sides = [(tuple(pairs[a["pair"]]["prompt"]), tuple(pairs[a["pair"]][a["side"]])) for a in answers]
        # In their order, and each batch's answers rotated by one.
        for i, batch in enumerate(batches):
            own = sides[i * batch_size : (i + 1) * batch_size]
            assert batch == [(prompt, answer, own[r - 1][1]) for r, (prompt, answer) in enumerate(own)]
        found = [list(range(i * batch_size, (i + 1) * batch_size)) for i in range(len(batches))]
    else:
        index = {(tuple(p["prompt"]), tuple(p["chosen"]), tuple(p["rejected"])): i for i, p in enumerate(pairs)}
        assert len(index) == len(pairs)
        found = [[index[key] for key in batch] for batch in batches]
    per_step = run["settings"].get("gradient_accumulation_steps", 1)
    assert len(logged) == steps and len(found) == steps * per_step
    left_out = {"epoch", "step", "entropy", "num_tokens", "mean_token_accuracy", "logits/chosen", "logits/rejected"}
    return [
        {
            "microBatches": found[i * per_step : (i + 1) * per_step],
            **{key: float(value) for key, value in row.items() if key not in left_out},
        }
        for i, row in enumerate(logged)
    ]


def main():
    disable_progress_bars()
    pairs = json.loads((out / "pairs.json").read_text())
    answers = make_answers(pairs)
    initial = load_file(out / "steps-initial" / "adapter_model.safetensors")
    parts = []
    for name, run in runs.items():
        rows = train(run, pairs, answers, initial, double=False)
        exact = train(run, pairs, answers, initial, double=True)
        assert [r["microBatches"] for r in rows] == [r["microBatches"] for r in exact]
        worst = max(abs(a["loss"] - b["loss"]) / max(1, abs(b["loss"])) for a, b in zip(rows, exact))
        moved = abs(rows[-1]["loss"] - rows[0]["loss"])
        print(f"{name}: loss {rows[0]['loss']:.4f} to {rows[-1]['loss']:.4f}; from float64 {worst:.1e}", flush=True)
        assert worst < 2e-5 and moved > 1e-3, (worst, moved)
        head = json.dumps(name) + ": {" + "".join(f"{json.dumps(k)}: {json.dumps(v)}, " for k, v in run.items())
        body = ",\n    ".join(json.dumps(row) for row in rows)
        parts.append("  " + head + '"steps": [\n    ' + body + "\n  ]}")
    (Path(__file__).parent / "trl-methods.json").write_text(
        "{\n" + f'"common": {json.dumps(common)},\n'
        + '"answers": [\n  ' + ",\n  ".join(json.dumps(a) for a in answers) + "\n],\n"
        + '"runs": {\n' + ",\n".join(parts) + "\n}\n}\n"
    )


if __name__ == "__main__":
    main()
