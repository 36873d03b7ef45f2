"""Makes the two tiny random Llama models that the TypeScript model is compared with, and their golden numbers.

    python test/golden/make_tiny_llama.py

needs torch, transformers (4.45 or later, for head_dim) and safetensors; made with torch 1.13 and transformers 4.46.

Every number is computed twice: by LlamaForCausalLM of transformers in float32, and by `forward` below in float64 from
the same float32 weights. The two must agree to 1e-4 of the largest entry of each array; the float64 numbers are stored.
"""

import json
import math
from pathlib import Path

import torch
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM

here = Path(__file__).parent
beta = 0.1

shape = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 37,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "hidden_act": "silu",
    "max_position_embeddings": 64,
    "attention_bias": False,
    "mlp_bias": False,
    "rope_scaling": None,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "torch_dtype": "float32",
}
variants = {
    "tiny-llama-tied": {"head_dim": 6, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True},
    "tiny-llama-untied": {"head_dim": 8, "rms_norm_eps": 1e-6, "rope_theta": 50000.0, "tie_word_embeddings": False},
}


def forward(weights, config, tokens):
    """Logits [T, V] of one sequence in the dtype of the weights. Plain and slow on purpose."""
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    d, length = config["head_dim"], len(tokens)
    dtype = weights["model.norm.weight"].dtype

    def norm(x, name):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + config["rms_norm_eps"]) * weights[name]

    frequency = config["rope_theta"] ** (-torch.arange(0, d, 2, dtype=dtype) / d)
    angle = torch.arange(length, dtype=dtype)[:, None] * frequency  # [T, d/2]
    cos, sin = angle.cos()[:, None, :], angle.sin()[:, None, :]

    def rotate(x):  # [T, heads, d]; component i is paired with i + d/2
        a, b = x[..., : d // 2], x[..., d // 2 :]
        return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

    hidden = weights["model.embed_tokens.weight"][torch.tensor(tokens)]
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    for layer in range(config["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        x = norm(hidden, p + "input_layernorm.weight")
        q = rotate((x @ weights[p + "self_attn.q_proj.weight"].T).view(length, heads, d))
        k = rotate((x @ weights[p + "self_attn.k_proj.weight"].T).view(length, groups, d))
        v = (x @ weights[p + "self_attn.v_proj.weight"].T).view(length, groups, d)
        outs = []
        for h in range(heads):
            g = h // (heads // groups)
            score = (q[:, h] @ k[:, g].T / math.sqrt(d)).masked_fill(future, -math.inf)
            outs.append(score.softmax(-1) @ v[:, g])
        hidden = hidden + torch.cat(outs, -1) @ weights[p + "self_attn.o_proj.weight"].T
        x = norm(hidden, p + "post_attention_layernorm.weight")
        gate = x @ weights[p + "mlp.gate_proj.weight"].T
        up = x @ weights[p + "mlp.up_proj.weight"].T
        hidden = hidden + (gate * torch.sigmoid(gate) * up) @ weights[p + "mlp.down_proj.weight"].T
    head = weights["model.embed_tokens.weight" if config["tie_word_embeddings"] else "lm_head.weight"]
    return norm(hidden, "model.norm.weight") @ head.T


def log_probs(logits_of, sequences, prompt_lengths):
    """Per sequence: log-prob of each token from its prompt's length on."""
    out = []
    for tokens, start in zip(sequences, prompt_lengths):
        log_p = logits_of(tokens).log_softmax(-1)
        out.append(torch.stack([log_p[i - 1, tokens[i]] for i in range(start, len(tokens))]))
    return out


def dpo(policy, reference):
    """DPO's sigmoid loss; sequence 0 is chosen, 1 is rejected, sums over tokens."""
    margin = (policy[0].sum() - reference[0].sum()) - (policy[1].sum() - reference[1].sum())
    return -torch.nn.functional.logsigmoid(beta * margin)


def digits(values):
    return [float(f"{v:.9g}") for v in values.detach().flatten().tolist()]


def close(a, b, what):
    a, b = a.detach().double().flatten(), b.detach().double().flatten()
    error = ((a - b).abs().max() / b.abs().max().clamp_min(1e-6)).item()
    assert error < 1e-4, f"{what}: transformers and the plain forward differ by {error:.1e}"
    return error


def make(name, extra, seed):
    torch.manual_seed(seed)
    config = {**shape, **extra}
    model = LlamaForCausalLM(LlamaConfig(**config)).float().eval()
    # The usual 0.02 would give nearly flat distributions, and gradients that hide mistakes.
    with torch.no_grad():
        for key, p in model.named_parameters():
            p.copy_(1 + 0.2 * torch.randn_like(p) if "norm" in key else 0.25 * torch.randn_like(p))
    state = {k: p.detach().clone() for k, p in model.named_parameters()}

    prompt = torch.randint(3, 37, (5,)).tolist()
    lengths = [9, 6, 11, 3, 1]
    prompts = [prompt, prompt, *(torch.randint(3, 37, (n,)).tolist() for n in (7, 2, 12))]
    sequences = [
        [1, *p, *torch.randint(3, 37, (n,)).tolist(), 2] for p, n in zip(prompts, lengths)
    ]
    prompt_lengths = [len(p) + 1 for p in prompts]

    exact = {k: p.double().requires_grad_() for k, p in state.items()}
    moved = {k: p.double() + 0.02 * torch.randn_like(p).double() for k, p in state.items()}
    policy = log_probs(lambda t: forward(exact, config, t), sequences, prompt_lengths)
    reference = log_probs(lambda t: forward(moved, config, t), sequences, prompt_lengths)
    loss = dpo(policy, reference)
    gradients = dict(zip(exact, torch.autograd.grad(loss, list(exact.values()))))

    theirs = log_probs(lambda t: model(torch.tensor([t])).logits[0], sequences, prompt_lengths)
    their_loss = dpo(theirs, [r.float() for r in reference])
    their_loss.backward()
    worst = max(close(a, b, f"{name} log-probs") for a, b in zip(theirs, policy))
    worst = max(worst, close(their_loss, loss, f"{name} loss"))
    for key, p in model.named_parameters():
        worst = max(worst, close(p.grad, gradients[key], f"{name} gradient of {key}"))

    folder = here / name
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    save_file({k: p.numpy() for k, p in state.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    fixture = {
        "sequences": sequences,
        "promptLength": prompt_lengths,
        "logProb": [digits(x) for x in policy],
        "refLogProb": [digits(x) for x in reference],
        "beta": beta,
        "loss": digits(loss)[0],
        "gradients": {k: digits(g) for k, g in gradients.items()},
    }
    (folder / "fixture.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    (folder / "model.safetensors").chmod(0o644)
    print(f"{name}: loss {loss.item():.6f}, {len(state)} tensors, worst relative difference {worst:.1e}")


if __name__ == "__main__":
    for seed, (name, extra) in enumerate(variants.items(), start=1):
        make(name, extra, seed)
