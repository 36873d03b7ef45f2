"""Trains shapes-nano on images that make-shapes.mjs drew, and writes public/models/shapes-nano.

    python scripts/pretrain/train_shapes.py [folder]        (folder: out/pretrain)
"""

import hashlib
import json
import math
import pathlib
import sys
import time

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.append(str(pathlib.Path(__file__).parent))
from denoiser import SIDE, CHANNELS, T, Denoiser, alpha_bar  # noqa: E402

root = pathlib.Path(__file__).resolve().parents[2]
data = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "out/pretrain"
name, seed, steps, batch, rate, warmup, decay = "shapes-nano", 1, 12_000, 32, 2e-3, 100, 0.998

torch.manual_seed(seed)
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

images = torch.from_numpy(np.fromfile(data / "shapes.f32", dtype=np.float32).reshape(-1, SIDE * SIDE * CHANNELS))
asked = torch.from_numpy(np.fromfile(data / "shapes.u8", dtype=np.uint8).reshape(-1, 2).astype(np.int64))
root_ab, root_rest = alpha_bar.sqrt().float(), (1 - alpha_bar).sqrt().float()

model = Denoiser()
average = {k: p.detach().clone() for k, p in model.state_dict().items()}
optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
began, losses = time.time(), []
for step in range(steps):
    share = min(1, (step + 1) / warmup) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / steps)))
    for group in optimizer.param_groups:
        group["lr"] = rate * share
    rows = torch.randint(len(images), (batch,))
    z = torch.randn(batch)
    t = (T * (2 / math.pi) * torch.atan(z.exp())).long().clamp(0, T - 1)
    x0, noise = images[rows], torch.randn(batch, images.shape[1])
    a, b = root_ab[t][:, None], root_rest[t][:, None]
    v = model(a * x0 + b * noise, t, asked[rows, 0], asked[rows, 1])
    loss = (v - (a * noise - b * x0)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    keep = min(decay, (1 + step) / (10 + step))
    with torch.no_grad():
        for k, p in model.state_dict().items():
            average[k].lerp_(p, 1 - keep)
    losses.append(loss.item())
    if (step + 1) % 500 == 0:
        print(f"{step + 1:6d}  loss {np.mean(losses[-500:]):.4f}  {time.time() - began:.0f} s", flush=True)
seconds = time.time() - began

folder = root / "public/models" / name
folder.mkdir(parents=True, exist_ok=True)
save_file({k: p.half().contiguous() for k, p in average.items()}, folder / "model.safetensors", metadata={"format": "pt"})
(folder / "model.safetensors").chmod(0o644)
config = {
    "model_type": "marginalia-denoiser",
    "world": "shapes",
    "image_size": SIDE,
    "channels": CHANNELS,
    **model.config,
    "schedule": "cosine",
    "timesteps": T,
    "prediction": "v",
}
(folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
json.dump({"seconds": round(seconds), "loss": float(np.mean(losses[-500:]))}, (data / f"{name}.json").open("w"))
print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {seconds:.0f} s")
