"""Makes peft/: adapters as PEFT itself saves them, and the logits of base and adapter together.

    PYTHONHASHSEED=0 python test/golden/make_peft.py

after make_trl.py, whose base model and adapters it uses as well. Needs torch, transformers, peft and safetensors;
scripts/parity/README.md names the versions.

    peft/subset/       on trl/base: q_proj and v_proj only, rank 2, alpha 6, dropout in its settings
    peft/half/         on trl/base: saved in float16
    peft/gpt2-base/    a tiny GPT-2: config.json, model.safetensors with its transposed (Conv1D) weights
    peft/gpt2/         on it: c_attn, c_proj and c_fc, with fan_in_fan_out
    peft/logits.json   by adapter: its folder, its base's folder, two sequences of tokens, and their logits

Logits are PEFT's in float32, and agree with the same model in float64 to 1e-5 of the largest.
"""

import json
import os
import shutil
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1")

import torch
from make_trl import modules, new_model, out as trl, save_adapter
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

here = Path(__file__).parent
out = here / "peft"
gpt2_config = {
    "architectures": ["GPT2LMHeadModel"],
    "model_type": "gpt2",
    "vocab_size": 64,
    "n_positions": 32,
    "n_embd": 16,
    "n_layer": 2,
    "n_head": 2,
    "n_inner": 32,
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
    "tie_word_embeddings": True,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
}


def scatter(model, which, scale):
    with torch.no_grad():
        for name, p in model.named_parameters():
            if which(name):
                p.copy_(scale * torch.randn_like(p))


def make_gpt2():
    torch.manual_seed(41)
    model = GPT2LMHeadModel(GPT2Config(**gpt2_config)).float()
    scatter(model, lambda name: True, 0.25)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if ".ln_" in name and name.endswith("weight"):
                p.add_(1)
    model.name_or_path = "gpt2-base"
    folder = out / "gpt2-base"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(gpt2_config, indent=2) + "\n")
    state = {name: p.detach().clone() for name, p in model.named_parameters()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    return model


def make_adapter(name, model, settings, seed, dtype=torch.float32):
    torch.manual_seed(seed)
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
    scatter(model, lambda key: "lora_B" in key, 0.2)
    for key, p in model.named_parameters():
        if "lora_" in key:
            p.data = p.data.to(dtype)
    save_adapter(model, out / name)


def logits(model, tokens):
    with torch.no_grad():
        return [model(torch.tensor([t])).logits[0] for t in tokens]


def golden(folder, base_folder, new_base, tokens):
    model = PeftModel.from_pretrained(new_base(), folder).eval()
    single = logits(model, tokens)
    exact = logits(PeftModel.from_pretrained(new_base().double(), folder).double().eval(), tokens)
    plain = logits(new_base().eval(), tokens)
    worst = max(((a.double() - b).abs().max() / b.abs().max()).item() for a, b in zip(single, exact))
    effect = min(((a - b).abs().max() / b.abs().max()).item() for a, b in zip(single, plain))
    assert worst < 1e-5 and effect > 0.05, (folder, worst, effect)
    print(f"{folder.name}: from float64 {worst:.1e}, effect of the adapter {effect:.2f}")
    return {
        "adapter": str(folder.relative_to(here)),
        "base": str(base_folder.relative_to(here)),
        "tokens": tokens,
        "logits": [[[float(f"{x:.9g}") for x in row] for row in t.tolist()] for t in single],
    }


def main():
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    gpt2 = make_gpt2()

    def new_gpt2():
        model = GPT2LMHeadModel(GPT2Config(**gpt2_config)).float()
        model.load_state_dict(gpt2_state)
        return model

    gpt2_state = {name: p.clone() for name, p in gpt2.state_dict().items()}
    make_adapter(
        "subset", new_model(), {"r": 2, "lora_alpha": 6, "lora_dropout": 0.05, "target_modules": ["q_proj", "v_proj"]}, 42
    )
    make_adapter("half", new_model(), {"r": 4, "lora_alpha": 16, "target_modules": modules}, 43, torch.float16)
    make_adapter(
        "gpt2", gpt2, {"r": 3, "lora_alpha": 6, "fan_in_fan_out": True, "target_modules": ["c_attn", "c_proj", "c_fc"]}, 44
    )
    torch.manual_seed(45)
    tokens = [[1, *torch.randint(3, 64, (n,)).tolist()] for n in (9, 4)]
    base = trl / "base"
    cases = [
        golden(trl / "batch-lora", base, new_model, tokens),
        golden(trl / "batch-rslora", base, new_model, tokens),
        golden(out / "subset", base, new_model, tokens),
        golden(out / "half", base, new_model, tokens),
        golden(out / "gpt2", out / "gpt2-base", new_gpt2, tokens),
    ]
    (out / "logits.json").write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    for file in out.rglob("*.safetensors"):
        file.chmod(0o644)


if __name__ == "__main__":
    main()
