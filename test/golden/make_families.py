"""Makes tiny random checkpoints of every family and every scaling of rotary embeddings, and what transformers computes
on them.

    python test/golden/make_families.py

needs torch, transformers, safetensors and numpy; made with torch 2.15, transformers 5.24 and safetensors 0.8.

Weights are stored as float16 (one model as two shards in bfloat16) and computed in float32 from what was stored, so both
sides start from equal numbers. Sequences are longer than the positions the rotary embeddings were made for. For two
models, which between them have biases, QK-norm, learned positions, LayerNorm and GELU, the gradient of the mean negative
log-likelihood is stored, too.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

here = Path(__file__).parent / "families"

llama = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 8,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1000.0,
    "max_position_embeddings": 24,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
qwen2 = {
    **llama,
    "model_type": "qwen2",
    "architectures": ["Qwen2ForCausalLM"],
    "use_sliding_window": False,
    "sliding_window": 8,
    "max_window_layers": 1,
    "max_position_embeddings": 64,
}
qwen2.pop("head_dim")
qwen3 = {
    **llama,
    "model_type": "qwen3",
    "architectures": ["Qwen3ForCausalLM"],
    "head_dim": 12,
    "tie_word_embeddings": False,
    "max_position_embeddings": 64,
}
gpt2 = {
    "model_type": "gpt2",
    "architectures": ["GPT2LMHeadModel"],
    "vocab_size": 44,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "n_positions": 48,
    "activation_function": "gelu_new",
    "bos_token_id": 43,
    "eos_token_id": 43,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
}
models = {
    "llama-biased": {**llama, "attention_bias": True, "mlp_bias": True, "max_position_embeddings": 64},
    "mistral": {
        **llama,
        "model_type": "mistral",
        "architectures": ["MistralForCausalLM"],
        "sliding_window": None,
        "tie_word_embeddings": False,
        "max_position_embeddings": 64,
    },
    "qwen2": qwen2,
    "qwen3": qwen3,
    "gpt2": gpt2,
    "gpt2-erf": {**gpt2, "activation_function": "gelu", "n_inner": 40},
    "rope-linear": {**llama, "rope_scaling": {"type": "linear", "factor": 2.5}},
    "rope-dynamic": {**llama, "rope_scaling": {"rope_type": "dynamic", "factor": 2.0}},
    "rope-llama3": {
        **llama,
        "max_position_embeddings": 64,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 4.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 20,
        },
    },
    "rope-yarn": {
        **llama,
        "rope_scaling": {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 16},
    },
    "rope-yarn-mscale": {
        **llama,
        "rope_theta": None,
        "rope_parameters": {
            "rope_type": "yarn",
            "rope_theta": 500.0,
            "factor": 2.0,
            "beta_fast": 4.0,
            "beta_slow": 0.5,
            "mscale": 0.7,
            "mscale_all_dim": 0.3,
            "truncate": False,
            "original_max_position_embeddings": 24,
        },
    },
}
bare = {"gpt2"}  # stored without the prefix "transformer.", as the first GPT-2 checkpoints are
sharded = {"mistral"}
with_gradients = {"qwen2", "qwen3", "gpt2"}


def digits(values):
    return [float(f"{v:.7g}") for v in values.detach().flatten().tolist()]


def as_linear(key, gradient):
    """[out, in]; GPT-2's Conv1D has [in, out]."""
    return gradient.T if ".c_" in key and gradient.dim() == 2 else gradient


def store(folder, name, state):
    tensors = {k: v.contiguous() for k, v in state.items()}
    if name not in sharded:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = sorted(tensors)
    half = len(names) // 2
    weight_map = {}
    for i, part in enumerate([names[:half], names[half:]], start=1):
        file = f"model-{i:05d}-of-00002.safetensors"
        save_file({k: tensors[k] for k in part}, folder / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(part, file)
    size = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": size}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1) + "\n")


def make(name, config, seed):
    torch.manual_seed(seed)
    config = {k: v for k, v in config.items() if v is not None or k == "sliding_window"}
    arguments = {k: v for k, v in config.items() if k != "model_type"}
    made = AutoConfig.for_model(config["model_type"], **json.loads(json.dumps(arguments)))
    model = AutoModelForCausalLM.from_config(made, attn_implementation="eager").float().eval()
    dtype = torch.bfloat16 if name in sharded else torch.float16
    # The usual 0.02 would give nearly flat distributions, in which mistakes do not show.
    with torch.no_grad():
        for key, p in model.named_parameters():
            noise = torch.randn_like(p)
            is_gain = ("norm" in key or "ln_" in key) and key.endswith("weight")
            p.copy_((1 + 0.2 * noise if is_gain else 0.3 * noise).to(dtype).float())
    state = {k: p.detach().to(dtype) for k, p in model.named_parameters()}
    if name in bare:
        state = {k.removeprefix("transformer."): v for k, v in state.items()}
        state |= {f"h.{i}.attn.bias": torch.ones(1, 1, 48, 48, dtype=torch.uint8).tril() for i in range(2)}

    sequences = [torch.randint(3, config["vocab_size"], (n,)).tolist() for n in (45, 23, 7)]
    # One at a time: dynamic scaling goes by the longest row of a batch.
    logits = [model(torch.tensor([s])).logits[0] for s in sequences]
    log_probs = [l.log_softmax(-1)[range(len(s) - 1), s[1:]] for l, s in zip(logits, sequences)]
    fixture = {
        "sequences": sequences,
        # of the rows 0, middle and last
        "logits": [digits(l[[0, len(l) // 2, len(l) - 1]]) for l in logits],
        "logProb": [digits(p) for p in log_probs],
    }
    if name in with_gradients:
        loss = -torch.cat(log_probs).mean()
        loss.backward()
        fixture["loss"] = digits(loss)[0]
        fixture["gradients"] = {k: digits(as_linear(k, p.grad)) for k, p in model.named_parameters()}
    folder = here / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    store(folder, name, state)
    (folder / "fixture.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {len(state)} tensors, {size / 1000:.0f} KB, largest logit {max(l.abs().max() for l in logits):.2f}")


for seed, (name, config) in enumerate(models.items(), start=1):
    make(name, config, seed)
