"""A small Llama in plain PyTorch, with Hugging Face's parameter names, for pretraining and sampling."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Norm(nn.Module):
    def __init__(self, size, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps) * self.weight


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.groups, self.size = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        d = c["hidden_size"]
        self.q_proj = nn.Linear(d, self.heads * self.size, bias=False)
        self.k_proj = nn.Linear(d, self.groups * self.size, bias=False)
        self.v_proj = nn.Linear(d, self.groups * self.size, bias=False)
        self.o_proj = nn.Linear(self.heads * self.size, d, bias=False)

    def forward(self, x, rope, cache):
        b, t, _ = x.shape
        split = lambda y, n: y.view(b, t, n, self.size).transpose(1, 2)  # [B, n, T, D]
        q = rotate(split(self.q_proj(x), self.heads), rope)
        k = rotate(split(self.k_proj(x), self.groups), rope)
        v = split(self.v_proj(x), self.groups)
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = [k, v]
        per_group = self.heads // self.groups
        k, v = k.repeat_interleave(per_group, 1), v.repeat_interleave(per_group, 1)
        score = q @ k.transpose(2, 3) / math.sqrt(self.size)  # [B, heads, T, T']
        if t > 1:
            score = score + torch.full((t, t), -math.inf).triu(1)
        return self.o_proj((score.softmax(-1) @ v).transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, f = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(d, f, bias=False)
        self.up_proj = nn.Linear(d, f, bias=False)
        self.down_proj = nn.Linear(f, d, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = Norm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = Norm(c["hidden_size"], c["rms_norm_eps"])
        self.mlp = Mlp(c)

    def forward(self, x, rope, cache):
        x = x + self.self_attn(self.input_layernorm(x), rope, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = Norm(c["hidden_size"], c["rms_norm_eps"])


class Llama(nn.Module):
    """Head tied to the embedding. `config` is the content of config.json."""

    def __init__(self, config):
        super().__init__()
        self.model = Decoder(config)
        self.config = config
        for p in self.parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=config["initializer_range"])

    def forward(self, tokens, caches=None):
        """tokens [B, T] to logits [B, T, V]; `caches`, one list per layer, hold what came before."""
        past = caches[0][0].shape[2] if caches and caches[0] else 0
        rope = rope_tables(self.config, past, tokens.shape[1])
        x = self.model.embed_tokens(tokens)
        for i, layer in enumerate(self.model.layers):
            x = layer(x, rope, None if caches is None else caches[i])
        return self.model.norm(x) @ self.model.embed_tokens.weight.T


def rope_tables(config, start, length):
    d = config["head_dim"]
    frequency = config["rope_theta"] ** (-torch.arange(0, d, 2, dtype=torch.float32) / d)
    angle = torch.arange(start, start + length, dtype=torch.float32)[:, None] * frequency
    return angle.cos(), angle.sin()


def rotate(x, rope):
    """Pairs component i with i + d/2, as Hugging Face's Llama does."""
    cos, sin = rope
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


@torch.no_grad()
def sample(model, prompts, temperature, limit, eos, generator=None):
    """Continues each prompt (a list of ids); temperature 0 is greedy. Returns lists of new ids without EOS."""
    out = [None] * len(prompts)
    by_length = {}
    for i, p in enumerate(prompts):
        by_length.setdefault(len(p), []).append(i)
    for where in by_length.values():  # prompts of one length need no padding
        tokens = torch.tensor([prompts[i] for i in where])
        caches = [[] for _ in model.model.layers]
        made = []
        ended = torch.zeros(len(where), dtype=torch.bool)
        for _ in range(limit):
            logits = model(tokens, caches)[:, -1]
            if temperature == 0:
                tokens = logits.argmax(-1, keepdim=True)
            else:
                p = (logits / temperature).softmax(-1)
                tokens = torch.multinomial(p, 1, generator=generator)
            made.append(tokens[:, 0])
            ended |= tokens[:, 0] == eos
            if ended.all():
                break
        for i, ids in zip(where, torch.stack(made, 1).tolist()):
            out[i] = ids[: ids.index(eos)] if eos in ids else ids
    return out
