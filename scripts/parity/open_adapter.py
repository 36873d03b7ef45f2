"""Opens a base model and an adapter made by Marginalia with transformers and PEFT, and compares logits.

    python scripts/parity/open_adapter.py BASE ADAPTER LOGITS.json [--tolerance 1e-3]

BASE is a model folder in Hugging Face's layout, or a GGUF file; ADAPTER a folder with adapter_config.json and
adapter_model.safetensors, or `none` for a merged model in BASE. LOGITS.json is what Marginalia computed:

    {"tokens": [[1, 5, 9], ...], "logits": [[[...one number per token of the vocabulary], ... per position], ...]}
    {"tokens": [[1, 5, 9], ...], "logProbs": [[log p(5 | 1), log p(9 | 1 5)], ...]}

(one of the two is enough). Everything runs on the CPU in float32. Prints the largest differences, and how far the adapter
moves the logits at all. Exit code 1 when PEFT does not find exactly the tensors of the file where it wants them, or when a
difference is larger than the tolerance (absolute, in nats). Needs torch, transformers, peft, safetensors and, for GGUF,
gguf; README.md beside this file names the versions.
"""

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")

import torch
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def open_base(path):
    if path.suffix == ".gguf":
        return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()


def open_adapter(base, folder):
    """The model with the adapter. @raises SystemExit when a tensor of the file is not used as it is, or one is missing."""
    model = PeftModel.from_pretrained(base, folder).eval()  # only warns of tensors that it does not find
    used, stored = get_peft_model_state_dict(model), load_file(folder / "adapter_model.safetensors")
    problems = [f"{name} is in the file and not in the model" for name in stored.keys() - used.keys()]
    problems += [f"{name} is in the model and not in the file" for name in used.keys() - stored.keys()]
    for name in used.keys() & stored.keys():
        if used[name].shape != stored[name].shape or not torch.equal(used[name], stored[name].float()):
            problems.append(f"{name} is {tuple(used[name].shape)} in the model and {tuple(stored[name].shape)} in the file")
    if problems:
        sys.exit("PEFT does not take the adapter as it is:\n- " + "\n- ".join(sorted(problems)))
    return model, len(stored)


def logits_of(model, sequences):
    with torch.no_grad():
        return [model(torch.tensor([tokens])).logits[0] for tokens in sequences]


def log_probs(logits, tokens):
    """Log-prob of each token after the first."""
    return logits[:-1].log_softmax(-1).gather(1, torch.tensor(tokens[1:])[:, None])[:, 0]


def largest(ours, theirs, what):
    """@raises SystemExit when the shapes differ."""
    worst = 0.0
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        a = torch.tensor(a, dtype=torch.float32)
        if a.shape != b.shape:
            sys.exit(f"{what} of sequence {i} are {tuple(a.shape)}, and transformers has {tuple(b.shape)}")
        if not a.isfinite().all():
            sys.exit(f"{what} of sequence {i} are not all finite")
        worst = max(worst, (a - b).abs().max().item())
    return worst


def main():
    parser = argparse.ArgumentParser(description="Compare Marginalia's logits with those of transformers and PEFT")
    parser.add_argument("base", type=Path)
    parser.add_argument("adapter")
    parser.add_argument("logits", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    options = parser.parse_args()
    given = json.loads(options.logits.read_text())
    tokens = given["tokens"]
    if "logits" not in given and "logProbs" not in given:
        sys.exit(f'{options.logits} has neither "logits" nor "logProbs"')

    model = open_base(options.base)
    plain = logits_of(model, tokens)
    if options.adapter != "none":
        model, count = open_adapter(model, Path(options.adapter))
        print(f"{count} tensors of the adapter, all where PEFT wants them")
    theirs = logits_of(model, tokens)
    if options.adapter != "none":
        moved = max((a - b).abs().max().item() for a, b in zip(theirs, plain))
        print(f"the adapter moves a logit by up to {moved:.3g}")
    worst = 0.0
    if "logits" in given:
        worst = largest(given["logits"], theirs, "logits")
        scale = max(t.abs().max().item() for t in theirs)
        print(f"largest difference of logits {worst:.3g} (the largest logit is {scale:.3g})")
    if "logProbs" in given:
        difference = largest(given["logProbs"], [log_probs(t, ids) for t, ids in zip(theirs, tokens)], "log-probs")
        print(f"largest difference of log-probs {difference:.3g}")
        worst = max(worst, difference)
    if worst > options.tolerance:
        sys.exit(f"larger than the tolerance {options.tolerance:g}")


if __name__ == "__main__":
    main()
