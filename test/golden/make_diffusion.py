"""What PyTorch computes of the denoiser: forward, backward, a training step, DDIM trajectories. Writes test/golden/diffusion.

    python test/golden/make_diffusion.py            (torch and safetensors)
"""

import json
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch.nn.functional import logsigmoid

here = pathlib.Path(__file__).parent
sys.path.append(str(here.parents[1] / "scripts/pretrain"))
from denoiser import GRID, T, Denoiser, alpha_bar, sample  # noqa: E402

torch.manual_seed(7)
shape = dict(d=16, layers=2, heads=2, patch=3)
net, reference = Denoiser(**shape), Denoiser(**shape)
for module in (net, reference):
    for p in module.parameters():
        p.data.add_(0.15 * torch.randn_like(p))
folder = here / "diffusion"
folder.mkdir(exist_ok=True)
for name, module in (("policy", net), ("reference", reference)):
    save_file({k: p.clone().contiguous() for k, p in module.state_dict().items()}, folder / f"{name}.safetensors")


def flat(x):
    return [round(v, 7) for v in x.detach().double().flatten().tolist()]


B = 3
x, dy = 0.8 * torch.randn(B, 432), torch.randn(B, 432)
t, asked, hue = torch.tensor([999, 449, 0]), torch.tensor([0, 3, 5]), torch.tensor([5, 0, 2])
x.requires_grad_()
v = net(x, t, asked, hue)
(v * dy).sum().backward()
forward = {
    "images": flat(x),
    "times": t.tolist(),
    "shapes": asked.tolist(),
    "hues": hue.tolist(),
    "dy": flat(dy),
    "v": flat(v),
    "gradient": flat(x.grad),
    "norms": {k: p.grad.norm().item() for k, p in net.named_parameters()},
    "weights": {k: flat(p.grad.flatten()[:6]) for k, p in net.named_parameters()},
}

# One step of Diffusion-DPO on two pairs, each with one time and one noise, and AdamW after it.
net.zero_grad()
beta, rate = 200, 1e-3
pairs = torch.tanh(torch.randn(2, 2, 432))  # winner and loser
noise, times = torch.randn(2, 432), torch.tensor([700, 120])
optimizer = torch.optim.AdamW(net.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=1e-4)


def error(module, images):
    a, b = alpha_bar[times].sqrt().float()[:, None], (1 - alpha_bar[times]).sqrt().float()[:, None]
    v = module(a * images + b * noise, times, asked[:2], hue[:2])
    return (v - (a * noise - b * images)).square().mean(1)


def difference(images):
    with torch.no_grad():
        kept = error(reference, images)
    return error(net, images) - kept


loss = -logsigmoid(-beta / 2 * (difference(pairs[:, 0]) - difference(pairs[:, 1]))).mean()
loss.backward()
norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
optimizer.step()
training = {
    "beta": beta,
    "learningRate": rate,
    "images": flat(pairs),
    "noise": flat(noise),
    "times": times.tolist(),
    "loss": loss.item(),
    "norm": norm.item(),
    "after": {k: flat(p.flatten()[:6]) for k, p in net.named_parameters()},
}

with torch.no_grad():
    first, draws = torch.randn(B, 432), torch.randn(len(GRID), B, 432)
    trajectories = [
        {"eta": eta, "clamp": clamp, "images": flat(sample(reference, first, asked, hue, eta, draws, clamp))}
        for eta, clamp in ((0.0, True), (1.0, True), (1.0, False), (0.5, False))
    ]
sampling = {"noise": flat(first), "draws": flat(draws), "trajectories": trajectories}

# Log-prob of a transition, as a mean over the numbers of an image.
transitions = []
for i in (0, 7, 18):
    now, after = alpha_bar[GRID[i]].item(), alpha_bar[GRID[i + 1]].item()
    sigma = math.sqrt((1 - after) / (1 - now)) * math.sqrt(1 - now / after)
    v = reference(x, torch.full((B,), GRID[i]), asked, hue)
    clean, e = math.sqrt(now) * x - math.sqrt(1 - now) * v, math.sqrt(now) * v + math.sqrt(1 - now) * x
    mean = math.sqrt(after) * clean + math.sqrt(1 - after - sigma**2) * e
    target = mean + sigma * torch.randn(B, 432)
    logps = torch.distributions.Normal(mean, sigma).log_prob(target).mean(1)
    transitions.append({"from": GRID[i], "to": GRID[i + 1], "sigma": sigma, "target": flat(target), "logProb": flat(logps)})

config = dict(hiddenSize=shape["d"], layers=shape["layers"], heads=shape["heads"], patch=shape["patch"])
schedule = {"alphaBar": {str(i): alpha_bar[i].item() for i in (0, 1, 49, 500, 998, T - 1)}}
fixture = dict(config=config, schedule=schedule, forward=forward, training=training, sampling=sampling, transitions=transitions)
(folder / "fixture.json").write_text(json.dumps(fixture) + "\n")
