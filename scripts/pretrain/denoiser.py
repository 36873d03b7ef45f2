"""The denoiser of src/diffusion/net in plain PyTorch, with the names of its weights: a small DiT that predicts v."""

import math

import torch
from torch import nn
from torch.nn.functional import layer_norm, silu

SIDE, CHANNELS, SHAPES, HUES = 12, 3, 6, 6


class Block(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(d, 6 * d)
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        self.up = nn.Linear(d, 4 * d)
        self.down = nn.Linear(4 * d, d)

    def forward(self, x, c):  # x [B, T, d], c [B, d]
        b, t, d = x.shape
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(c)[:, None].chunk(6, 2)
        h = layer_norm(x, (d,), eps=1e-5) * (1 + scale1) + shift1
        q, k, v = self.qkv(h).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(2, 3) / math.sqrt(d // self.heads)).softmax(3)
        x = x + gate1 * self.out((weights @ v).transpose(1, 2).reshape(b, t, d))
        h = layer_norm(x, (d,), eps=1e-5) * (1 + scale2) + shift2
        return x + gate2 * self.down(silu(self.up(h)))


class Denoiser(nn.Module):
    def __init__(self, d=48, layers=3, heads=4, patch=3):
        super().__init__()
        self.config = dict(hidden_size=d, num_layers=layers, num_heads=heads, patch_size=patch)
        self.patch_size, side = patch, SIDE // patch
        width = patch * patch * CHANNELS
        self.patch = nn.Linear(width, d)
        self.position = nn.Parameter(0.02 * torch.randn(side * side, d))
        self.time = nn.ModuleDict({"up": nn.Linear(64, d), "down": nn.Linear(d, d)})
        self.shape = nn.Parameter(0.02 * torch.randn(SHAPES, d))
        self.hue = nn.Parameter(0.02 * torch.randn(HUES, d))
        self.layers = nn.ModuleList(Block(d, heads) for _ in range(layers))
        self.final = nn.ModuleDict({"modulation": nn.Linear(d, 2 * d), "out": nn.Linear(d, width)})
        for module in [*(layer.modulation for layer in self.layers), *self.final.values()]:
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)

    def tokens(self, x):  # [B, SIDE * SIDE * CHANNELS] -> [B, T, patch * patch * CHANNELS]
        p, s = self.patch_size, SIDE // self.patch_size
        return x.view(-1, s, p, s, p, CHANNELS).permute(0, 1, 3, 2, 4, 5).reshape(-1, s * s, p * p * CHANNELS)

    def image(self, tokens):
        p, s = self.patch_size, SIDE // self.patch_size
        return tokens.view(-1, s, s, p, p, CHANNELS).permute(0, 1, 3, 2, 4, 5).reshape(-1, SIDE * SIDE * CHANNELS)

    def forward(self, x, t, shape, hue):  # x [B, 432]; t, shape, hue [B], whole numbers
        frequency = torch.exp(-math.log(10_000) * torch.arange(32) / 32).to(x)
        angle = t.to(x)[:, None] * frequency
        features = torch.cat([angle.cos(), angle.sin()], 1)
        c = self.time["down"](silu(self.time["up"](features))) + self.shape[shape] + self.hue[hue]
        c = silu(c)
        h = self.patch(self.tokens(x)) + self.position
        for layer in self.layers:
            h = layer(h, c)
        shift, scale = self.final["modulation"](c)[:, None].chunk(2, 2)
        h = layer_norm(h, (h.shape[2],), eps=1e-5) * (1 + scale) + shift
        return self.image(self.final["out"](h))


T = 1000


def cosine(t):
    return math.cos((t / T + 0.008) / 1.008 * math.pi / 2) ** 2


"""Share of the signal's variance at t = 0..T - 1 (Nichol and Dhariwal, 2021)."""
alpha_bar = torch.tensor([max(1e-5, cosine(t + 1) / cosine(0)) for t in range(T)], dtype=torch.float64)

GRID = list(range(T - 1, 0, -50))  # 999, 949, .., 49


def sample(model, noise, shape, hue, eta=1.0, draws=None, clamp=True, steps=GRID):
    """DDIM (Song et al., 2021). draws [steps, B, 432]; the last step adds no noise."""
    x = noise
    for i, t in enumerate(steps):
        ab = alpha_bar[t].item()
        before = alpha_bar[steps[i + 1]].item() if i + 1 < len(steps) else 1.0
        v = model(x, torch.full((len(x),), t), shape, hue)
        clean = math.sqrt(ab) * x - math.sqrt(1 - ab) * v
        noisy = math.sqrt(ab) * v + math.sqrt(1 - ab) * x
        if clamp:
            clean = clean.clamp(-1, 1)
            noisy = (x - math.sqrt(ab) * clean) / math.sqrt(1 - ab)
        sigma = eta * math.sqrt((1 - before) / (1 - ab)) * math.sqrt(1 - ab / before)
        x = math.sqrt(before) * clean + math.sqrt(max(0, 1 - before - sigma**2)) * noisy
        if draws is not None and i + 1 < len(steps):
            x = x + sigma * draws[i]
    return x
