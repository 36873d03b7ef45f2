"""Makes trl/: what TRL's DPOTrainer computes on a tiny Llama, for one batch and over 20 steps.

    PYTHONHASHSEED=0 python test/golden/make_trl.py

(PEFT writes the target modules in the order of a Python set; the fixed hash seed makes it the same each time.) Needs
torch, transformers, peft, trl, datasets and safetensors, on a CPU; scripts/parity/README.md names the versions.

    trl/base/            the model: config.json, model.safetensors; its weights are halves, so that f16 storage is exact
    trl/pairs.json       24 preference pairs of random token ids, as TRL's own tokenisation of their text gives them
    trl/batch-lora/, trl/batch-rslora/         adapters as PEFT saves them; lora_B is not zero, so that lora_A has gradients
    trl/batch-*.json     loss and metrics of the first four pairs; the reference is the model with the adapter off
    trl/batch-*.gradients.safetensors          the loss's gradient by PEFT's tensor names
    trl/steps-initial/   the adapter that the runs with LoRA begin with
    trl/steps-*.json     20 steps of DPOTrainer.train(): which pairs, and what it logged
    trl/steps-*.final.safetensors              the trained tensors afterwards (of the full run: a few)

Everything stored is TRL's own float32. It is checked here against `forward` of make_tiny_llama.py in float64, with
adapters added to the weights: loss, metrics and gradients of the batch, and every step's loss and gradient norm of a
second training loop with torch.optim.AdamW.
"""

import json
import math
import os
import shutil
import tempfile
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CI="1")

import torch
from datasets import Dataset, disable_progress_bars
from make_tiny_llama import forward
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, PrinterCallback
from trl import DPOConfig, DPOTrainer

here = Path(__file__).parent
out = here / "trl"
beta, rank, alpha = 0.1, 4, 8
modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
metrics_kept = [
    "rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected",
]
config = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "hidden_act": "silu",
    "max_position_embeddings": 64,
    "attention_bias": False,
    "mlp_bias": False,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}
eos, first_plain = 2, 3


def new_model():
    model = LlamaForCausalLM(LlamaConfig(**config)).float()
    model.load_state_dict(load_file(out / "base" / "model.safetensors"), strict=False)
    model.name_or_path = "base"
    return model


def make_base():
    torch.manual_seed(31)
    model = LlamaForCausalLM(LlamaConfig(**config)).float()
    state = {}
    for name, p in model.named_parameters():
        value = 1 + 0.2 * torch.randn(p.shape) if "norm" in name else 0.25 * torch.randn(p.shape)
        state[name] = value.half().float()
    (out / "base").mkdir(parents=True)
    (out / "base" / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file(state, out / "base" / "model.safetensors", metadata={"format": "pt"})


def word_tokenizer():
    """Token i is the word <ti>, so that TRL's own tokenisation gives back the ids that the text was made from."""
    words = Tokenizer(models.WordLevel({f"<t{i}>": i for i in range(config["vocab_size"])}, unk_token="<t0>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="<t0>", bos_token="<t1>", eos_token="<t2>", unk_token="<t0>"
    )


def make_pairs():
    """Random ids; some pairs share their first answer tokens, one prompt is a single token, one answer only EOS."""
    generator = torch.Generator().manual_seed(32)
    number = lambda low, high: int(torch.randint(low, high, (1,), generator=generator))
    tokens = lambda n: [number(first_plain, config["vocab_size"]) for _ in range(n)]
    pairs = []
    for i in range(24):
        prompt = [1, *tokens(number(1, 10))]
        shared = tokens(number(0, 4))
        chosen, rejected = [*shared, *tokens(number(1, 9)), eos], [*shared, *tokens(number(1, 9)), eos]
        if i == 2:
            rejected = [eos]
        if i == 3:
            prompt = prompt[:1]
        pairs.append({"prompt": prompt, "chosen": chosen, "rejected": rejected})
    return pairs


def as_dataset(pairs):
    text = lambda ids: "".join(f"<t{i}> " for i in ids)
    return Dataset.from_list([
        {"prompt": text(p["prompt"]), "chosen": text(p["chosen"]).strip(), "rejected": text(p["rejected"]).strip()}
        for p in pairs
    ])


class Recorder(DPOTrainer):
    """DPOTrainer that notes which pairs each micro-batch held."""

    def compute_loss(self, model, inputs, *args, **kwargs):
        ids, seen, completion = inputs["input_ids"], inputs["attention_mask"].bool(), inputs["completion_mask"].bool()
        half = len(ids) // 2
        batch = []
        for i in range(half):
            batch.append(self.pair_index[tuple(
                tuple(ids[row][mask].tolist())
                for row, mask in (
                    (i, seen[i] & ~completion[i]), (i, completion[i]), (i + half, completion[i + half])
                )
            )])
        self.batches.append(batch)
        return super().compute_loss(model, inputs, *args, **kwargs)


def trainer_for(pairs, folder, adapter=None, **change):
    settings = {
        "output_dir": folder, "beta": beta, "per_device_train_batch_size": 4, "max_steps": 20,
        "learning_rate": 5e-3, "lr_scheduler_type": "linear", "warmup_steps": 0.1, "weight_decay": 0.0,
        "max_grad_norm": 1.0, "optim": "adamw_torch", "seed": 33, "bf16": False, "gradient_checkpointing": False,
        "logging_steps": 1, "save_strategy": "no", "report_to": "none", "use_cpu": True, "disable_tqdm": True,
        **change,
    }
    trainer = Recorder(
        model=new_model(), args=DPOConfig(**settings), train_dataset=as_dataset(pairs),
        processing_class=word_tokenizer(), peft_config=adapter,
    )
    trainer.remove_callback(PrinterCallback)
    rows = trainer.train_dataset
    got = [{"prompt": r["prompt_ids"], "chosen": r["chosen_ids"], "rejected": r["rejected_ids"]} for r in rows]
    assert got == pairs, "TRL tokenised the text into other ids"
    trainer.pair_index = {(tuple(p["prompt"]), tuple(p["chosen"]), tuple(p["rejected"])): i for i, p in enumerate(pairs)}
    assert len(trainer.pair_index) == len(pairs)
    trainer.batches = []
    return trainer


def lora(rs):
    return LoraConfig(
        task_type="CAUSAL_LM", r=rank, lora_alpha=alpha, lora_dropout=0.0, use_rslora=rs, target_modules=modules
    )


def save_adapter(model, folder):
    """As PEFT saves it, without the card it writes beside."""
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)


def by_saved_name(model, value):
    """What `value` gives for each trainable tensor, by the name in adapter_model.safetensors."""
    return {
        name.replace(".default.", "."): value(p).detach().clone().contiguous()
        for name, p in model.named_parameters() if p.requires_grad
    }


# The second computation, in float64.

def exact_base():
    return {name: p.double() for name, p in load_file(out / "base" / "model.safetensors").items()}


def with_adapter(base, adapter, scale):
    """Base weights plus scale B A, differentiable in the adapter."""
    weights = dict(base)
    for name, a in adapter.items():
        if ".lora_A." not in name:
            continue
        target = name.removeprefix("base_model.model.").replace(".lora_A.", ".")
        weights[target] = base[target] + scale * adapter[name.replace(".lora_A.", ".lora_B.")] @ a
    return weights


def response_log_prob(weights, prompt, response):
    tokens = prompt + response
    log_p = forward(weights, config, tokens).log_softmax(-1)
    return sum(log_p[i - 1, tokens[i]] for i in range(len(prompt), len(tokens)))


def sums(weights, pairs):
    return [
        torch.stack([response_log_prob(weights, p["prompt"], p[side]) for p in pairs]) for side in ("chosen", "rejected")
    ]


def exact_dpo(policy, reference, pairs):
    (chosen, rejected), (ref_chosen, ref_rejected) = sums(policy, pairs), reference
    rewards = beta * (chosen - ref_chosen), beta * (rejected - ref_rejected)
    margin = rewards[0] - rewards[1]
    return -torch.nn.functional.logsigmoid(margin).mean(), {
        "rewards/chosen": rewards[0].mean(), "rewards/rejected": rewards[1].mean(),
        "rewards/accuracies": (margin > 0).double().mean(), "rewards/margins": margin.mean(),
        "logps/chosen": chosen.mean(), "logps/rejected": rejected.mean(),
    }


def difference(theirs, exact, scale=None):
    """Largest difference, relative to `scale` or else to the largest entry."""
    a, b = torch.as_tensor(theirs).double(), torch.as_tensor(exact).detach().double()
    return ((a - b).abs().max() / (scale or b.abs().max())).item()


def make_batch(pairs, rs):
    name = "batch-rslora" if rs else "batch-lora"
    four = pairs[:4]
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_for(pairs, folder, lora(rs))
        model = trainer.model
        torch.manual_seed(34)
        with torch.no_grad():
            for key, p in model.named_parameters():
                if "lora_B" in key:
                    p.copy_(0.1 * torch.randn_like(p))
        model.train()
        batch = trainer._prepare_inputs(trainer.data_collator([trainer.train_dataset[i] for i in range(4)]))
        loss = trainer.compute_loss(model, batch)
        loss.backward()
        assert trainer.batches == [[0, 1, 2, 3]]
        metrics = {key: trainer._metrics["train"][key][-1] for key in metrics_kept}
        gradients = by_saved_name(model, lambda p: p.grad)
        adapter = by_saved_name(model, lambda p: p)
        save_adapter(model, out / name)
        assert gradients.keys() == get_peft_model_state_dict(model).keys()

    base = exact_base()
    exact = {key: p.double().requires_grad_() for key, p in adapter.items()}
    scale = alpha / math.sqrt(rank) if rs else alpha / rank
    exact_loss, exact_metrics = exact_dpo(with_adapter(base, exact, scale), sums(base, four), four)
    exact_gradients = dict(zip(exact, torch.autograd.grad(exact_loss, list(exact.values()))))
    worst = difference(loss.detach(), exact_loss)
    for key in metrics_kept:
        # A reward is a small difference of large sums, so what counts is its share of 1.
        worst = max(worst, difference(metrics[key], exact_metrics[key], scale=max(1, abs(metrics[key]))))
    for key, gradient in gradients.items():
        worst = max(worst, difference(gradient, exact_gradients[key]))
        assert gradient.abs().max() > 0, key
    assert worst < 1e-5, worst

    save_file(gradients, out / f"{name}.gradients.safetensors", metadata={"format": "pt"})
    fixture = {"pairs": [0, 1, 2, 3], "beta": beta, "loss": loss.item(), "metrics": metrics}
    (out / f"{name}.json").write_text(json.dumps(fixture, indent=2) + "\n")
    print(f"{name}: loss {loss.item():.6f}, worst relative difference from float64 {worst:.1e}")


def replay(pairs, rows, start, weights_of, reference):
    """The same 20 steps in float64, with the learning rates that were logged. Returns loss and norm of each."""
    params = {name: p.double().requires_grad_() for name, p in start.items()}
    optimiser = torch.optim.AdamW(list(params.values()), lr=1.0, weight_decay=0.0)
    ref_chosen, ref_rejected = reference
    result = []
    for row in rows:
        optimiser.param_groups[0]["lr"] = row["learning_rate"]
        optimiser.zero_grad()
        total = 0.0
        for indices in row["microBatches"]:
            ref = ref_chosen[indices], ref_rejected[indices]
            loss, _ = exact_dpo(weights_of(params), ref, [pairs[i] for i in indices])
            (loss / len(row["microBatches"])).backward()
            total += loss.item() / len(row["microBatches"])
        norm = torch.nn.utils.clip_grad_norm_(list(params.values()), 1.0)
        optimiser.step()
        result.append((total, norm.item()))
    return result, params


def make_steps(pairs, run, adapter, **change):
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_for(pairs, folder, adapter, **change)
        start = by_saved_name(trainer.model, lambda p: p)
        if adapter is not None:
            save_adapter(trainer.model, out / "steps-initial")
        trainer.train()
        end = by_saved_name(trainer.model, lambda p: p)
        logged = [row for row in trainer.state.log_history if "loss" in row]
        args = trainer.args
    per_step = args.gradient_accumulation_steps
    assert len(logged) == 20 and len(trainer.batches) == 20 * per_step
    rows = [
        {
            "microBatches": trainer.batches[i * per_step : (i + 1) * per_step],
            **{key: row[key] for key in ("loss", "learning_rate", "grad_norm", *metrics_kept)},
        }
        for i, row in enumerate(logged)
    ]

    base = exact_base()
    with torch.no_grad():
        reference = sums(base, pairs)
    weights_of = (lambda params: params) if adapter is None else lambda params: with_adapter(base, params, alpha / rank)
    exact, params = replay(pairs, rows, start, weights_of, reference)
    worst_loss = max(abs(row["loss"] - loss) for row, (loss, _) in zip(rows, exact))
    worst_norm = max(abs(row["grad_norm"] / norm - 1) for row, (_, norm) in zip(rows, exact))
    worst_end = max(difference(end[name], params[name]) for name in end)
    assert worst_loss < 1e-4 and worst_norm < 1e-3 and worst_end < 1e-3, (worst_loss, worst_norm, worst_end)

    # All of an adapter is small; of the whole model, one tensor of each kind will do.
    kept = ("model.embed_tokens", "layers.0.self_attn.q_proj", "layers.1.mlp.down_proj", "model.norm", "1.input_layernorm")
    final = end if adapter is not None else {n: p for n, p in end.items() if any(k in n for k in kept)}
    save_file(final, out / f"steps-{run}.final.safetensors", metadata={"format": "pt"})
    fixture = {
        "beta": beta,
        "peakLearningRate": args.learning_rate,
        "schedule": args.lr_scheduler_type.value,
        "warmup": args.warmup_steps,
        "adamW": {"beta1": args.adam_beta1, "beta2": args.adam_beta2, "epsilon": args.adam_epsilon},
        "weightDecay": args.weight_decay,
        "maxGradNorm": args.max_grad_norm,
        "steps": rows,
    }
    (out / f"steps-{run}.json").write_text(dump_rows(fixture))
    print(
        f"steps-{run}: loss {rows[0]['loss']:.4f} to {rows[-1]['loss']:.4f}; from float64 loss {worst_loss:.1e}, "
        f"norm {worst_norm:.1e}, final tensors {worst_end:.1e}"
    )


def dump_rows(fixture):
    """JSON with a line per step."""
    head = json.dumps({k: v for k, v in fixture.items() if k != "steps"}, indent=2)[:-2]
    return head + ',\n  "steps": [\n    ' + ",\n    ".join(json.dumps(r) for r in fixture["steps"]) + "\n  ]\n}\n"


def main():
    disable_progress_bars()
    shutil.rmtree(out, ignore_errors=True)
    make_base()
    pairs = make_pairs()
    (out / "pairs.json").write_text("[\n" + ",\n".join(json.dumps(p) for p in pairs) + "\n]\n")
    for rs in (False, True):
        make_batch(pairs, rs)
    make_steps(pairs, "lora", lora(False))
    make_steps(pairs, "lora-accumulated", lora(False), gradient_accumulation_steps=2)
    make_steps(pairs, "full", None, precompute_ref_log_probs=True, learning_rate=1e-3)
    for file in out.rglob("*.safetensors"):
        file.chmod(0o644)


if __name__ == "__main__":
    main()
