"""Makes the small GGUF files and blocks that the GGUF reader is held against, and what Python reads in them.

    python test/golden/make_gguf.py

needs torch, transformers, gguf, tokenizers and, as a second witness of the tokens, llama-cpp-python; made with torch 2.15,
transformers 5.24, gguf 0.19, tokenizers 0.23, llama-cpp-python 0.3.36.

blocks.json: blocks of every element type and their floats by gguf.quants, both in base64. Half of the blocks are numbers
that gguf.quants rounded, where it can; the others are random bits with sound scales.

<name>.gguf and <name>.json: a random model of each architecture, written by gguf.GGUFWriter under the names that gguf's own
table gives to Hugging Face's, and the SHA-256 of each tensor's floats under Hugging Face's name and order, its config, the last
row of logits for one sequence, and the tokens of texts that are easy to split wrongly. Weights, logits and tokens are
those of transformers, loaded from the very file, and the tokens are llama.cpp's too. Twice transformers has to be told how
the published models split text, which it does not read from the file.
"""

import base64
import hashlib
import json
import os
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", CI="1", TQDM_DISABLE="1")

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Q
from llama_cpp import Llama
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, Qwen2Config,
    Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM,
)

here = Path(__file__).parent / "gguf"
random = np.random.default_rng(7)

# --- blocks

# Bytes at which a block's half-precision scales begin.
types = {
    Q.F32: [], Q.F16: [], Q.BF16: [], Q.Q8_0: [0], Q.Q4_0: [0], Q.Q4_1: [0, 2], Q.Q5_0: [0], Q.Q5_1: [0, 2],
    Q.Q4_K: [0, 2], Q.Q6_K: [208],
}
k_quants = (Q.Q4_K, Q.Q6_K)


def random_blocks(kind, shape):
    """Blocks of random bits for a float shape; scales are sound, of either sign, and sometimes tiny."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (*shape[:-1], shape[-1] // elements, size), dtype=np.uint8)
    for at in types[kind]:
        scale = random.normal(0, 0.01, blocks.shape[:-1]) * 10.0 ** -random.integers(0, 4, blocks.shape[:-1])
        blocks[..., at : at + 2] = scale.astype(np.float16)[..., None].view(np.uint8)
    return blocks.reshape(*shape[:-1], -1)


def quantised(data, kind):
    if kind in k_quants:
        return random_blocks(kind, data.shape)
    return gguf.quants.quantize(np.ascontiguousarray(data, dtype=np.float32), kind)


def base64_of(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def make_blocks():
    out = []
    for kind in types:
        rows = [quantised(random.normal(0, 0.05, (1, 256)), kind).view(np.uint8)]
        rows.append(rows[0] if kind in (Q.F32, Q.F16, Q.BF16) else random_blocks(kind, (1, 256)))
        blocks = np.concatenate(rows)
        floats = gguf.quants.dequantize(blocks, kind)
        assert floats.shape == (2, 256) and floats.dtype == np.float32 and np.isfinite(floats).all()
        out.append({"type": kind.name, "id": int(kind), "shape": [2, 256], "blocks": base64_of(blocks), "floats": base64_of(floats)})
    (here / "blocks.json").write_text(json.dumps(out, indent=1) + "\n")


# --- tokenizers

corpus = [
    "The reader walks along the margin and counts the lines that answer the question, one line after the other.",
    "It's where we're going; they'll say it wasn't right, but I'd say you've read it. IT'S LOUD, WE'RE NOT.",
    "In 2024 there were 365 days, 12 months and 7 days a week; 1,000 is 10 x 10 x 10, and 3.14 is not 22/7.",
    "def add(left, right):\n    return left + right\n\nfor i in range(10):\n\tprint(add(i, i + 1))\n",
    "A café is naïve about the weather in Zürich. Наступает утро, und die Straße ist naß. 日本語の文も読む。",
    "The cat sat on the mat.   The dog sat on the log.\r\n\r\nThe end of the tale is the beginning of the next.",
] * 3
texts = [
    "The reader counts the lines.", " leading space", "trailing space ", "two  spaces   three    four", "\ttab\n\n\nnewlines \r\n mixed\n ",
    "in 2024, 365 days and 1234567 more; 3.14159", "x2y33z444", "It's we're they'll I'D YOU'VE don't 's 'S", "naïve café cafe\u0301 Straße Zürich",
    "日本語の文 утро", "🙂👩‍👩‍👧🇫🇷 ok", "½ ² Ⅷ ٣٤", "\u00a0nbsp\u3000wide\u200bzero", "def add(i, j):\n    return i + j  # sum\n", "a\x00b\x7f",
    "<|user|>the cat<|end|>\n", "<|user|", "the<|end|><|end|>dog", "<think>the</think>", "...!?--==>>//", "CamelCaseWords andMORE", "\u2581under\u2581bar", "",
]
specials = ["<|begin|>", "<|end|>", "<|user|>"]
user_defined = ["<think>", "</think>"]
digits = pre_tokenizers.Digits(individual_digits=True)
plain = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
llama3_split = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


tekken_split = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def split_by(pattern):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), behavior="isolated"), byte_level])


splits = {
    "gpt-2": plain,
    "default": plain,
    "smollm": pre_tokenizers.Sequence([digits, plain]),
    "llama-bpe": split_by(llama3_split),
    "qwen2": split_by(llama3_split.replace("{1,3}", "")),
    "tekken": split_by(tekken_split),
}


def byte_level_vocabulary(pre):
    """Tokens, kinds and merges. Specials come first, user-defined ones and a hole filled by an unused token last."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splits[pre]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=384, initial_alphabet=alphabet, show_progress=False))
    state = json.loads(tokenizer.to_str())["model"]
    words = sorted(state["vocab"], key=state["vocab"].get)
    tokens = specials + words + user_defined + ["[PAD0]"]
    kinds = [3] * len(specials) + [1] * len(words) + [4] * len(user_defined) + [5]
    return tokens, kinds, [" ".join(pair) for pair in state["merges"]]


def sentencepiece_vocabulary():
    """Tokens, kinds and scores as SentencePiece's BPE has them: bytes, pieces from the best merge on, then characters."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(corpus[:-2], trainers.BpeTrainer(vocab_size=200, show_progress=False))
    state = json.loads(tokenizer.to_str())["model"]
    merged = ["".join(pair) for pair in state["merges"]]
    characters = sorted((t for t in state["vocab"] if len(t) == 1 and ord(t) < 0x3000), key=lambda c: state["vocab"][c])
    pieces = [*dict.fromkeys(merged + characters)]
    head = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    tokens = head + pieces + specials[1:] + user_defined
    kinds = [2, 3, 3] + [6] * 256 + [1] * len(pieces) + [3] * 2 + [4] * 2
    scores = [0.0] * len(head) + [-float(i) for i in range(len(pieces))] + [0.0] * 4
    return tokens, kinds, scores


# --- models

shape = dict(
    hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
    rope_parameters={"rope_type": "default", "rope_theta": 10000.0}, rms_norm_eps=1e-5,
)
config_keys = {
    "model_type", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
    "head_dim", "hidden_act", "max_position_embeddings", "rms_norm_eps", "rope_parameters", "tie_word_embeddings", "n_positions",
    "n_embd", "n_layer", "n_head", "activation_function", "layer_norm_epsilon",
}
template = "{% for m in messages %}<|user|>{{ m['content'] }}<|end|>{% endfor %}"


def llama3_divisors(theta, dim, factor):
    """As llama.cpp's converter computes rope_freqs.weight."""
    freqs = 1.0 / theta ** (np.arange(0, dim, 2, dtype=np.float64) / dim)
    out = []
    for freq in freqs:
        wavelength = 2 * np.pi / freq
        if wavelength < 8192 / 4:
            out.append(1.0)
        elif wavelength > 8192 / 1:
            out.append(factor)
        else:
            smooth = (8192 / wavelength - 1) / (4 - 1)
            out.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(out, dtype=np.float32)


def permuted(weight, heads):
    """Rows as llama.cpp's converter puts them for Llama."""
    rows = weight.shape[0]
    return weight.reshape(heads, 2, rows // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


# Element types by the end of the GGUF name; the rest is F32.
mixed = {
    "token_embd.weight": Q.Q8_0, "output.weight": Q.F16, "attn_q.weight": Q.Q4_0, "attn_k.weight": Q.Q4_1,
    "attn_v.weight": Q.Q5_0, "attn_output.weight": Q.Q5_1, "attn_qkv.weight": Q.Q5_1, "ffn_gate.weight": Q.BF16,
    "ffn_up.weight": Q.F16, "ffn_down.weight": Q.Q8_0,
}
k_mixed = {**mixed, "blk.0.ffn_down.weight": Q.Q4_K, "blk.1.ffn_down.weight": Q.Q6_K}


def write_model(name, model, arch, pre, kinds_of, rope_scaling=None, spm=False, add_bos=None):
    config = model.config
    path = here / f"{name}.gguf"
    writer = gguf.GGUFWriter(path, arch)
    get = lambda key: getattr(config, key)
    hidden, layers, heads = get("hidden_size"), get("num_hidden_layers"), get("num_attention_heads")
    writer.add_name(name)
    writer.add_context_length(get("max_position_embeddings"))
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    if arch == "gpt2":
        writer.add_feed_forward_length(4 * hidden)
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
    else:
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
        writer.add_vocab_size(config.vocab_size)
        if arch == "llama":
            writer.add_rope_dimension_count(config.head_dim)
        if config.head_dim != hidden // heads if arch == "llama" else arch == "qwen3":
            writer.add_key_length(config.head_dim)
            writer.add_value_length(config.head_dim)
        if rope_scaling == "yarn":
            writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
            writer.add_rope_scaling_factor(4.0)
            writer.add_rope_scaling_orig_ctx_len(16)

    if spm:
        tokens, token_kinds, scores = sentencepiece_vocabulary()
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(tokens)
        writer.add_token_scores(scores)
        writer.add_token_types(token_kinds)
        ids = {"bos": 1, "eos": 2, "unk": 0}
    else:
        tokens, token_kinds, merges = byte_level_vocabulary(pre)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_list(tokens)
        writer.add_token_types(token_kinds)
        writer.add_token_merges(merges)
        ids = {"bos": 0, "eos": 1, "pad": 1}
    for key, value in ids.items():
        getattr(writer, f"add_{key}_token_id")(value)
    if add_bos is not None:
        writer.add_add_bos_token(add_bos)
    writer.add_chat_template(template)
    assert len(tokens) == config.vocab_size, (len(tokens), config.vocab_size)

    names = gguf.get_tensor_name_map({v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}[arch], layers)
    expected = {}
    for key, tensor in model.state_dict().items():
        if key == "lm_head.weight" and config.tie_word_embeddings:
            continue
        data = tensor.numpy()
        if arch == "gpt2" and key.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
            data = data.T
        if arch == "llama" and ".q_proj." in key:
            data = permuted(data, heads)
        if arch == "llama" and ".k_proj." in key:
            data = permuted(data, config.num_key_value_heads)
        target = names.get_name(key, try_suffixes=(".weight", ".bias"))
        assert target, key
        kind = next((k for end, k in kinds_of.items() if target.endswith(end)), Q.F32)
        writer.add_tensor(target, quantised(data, kind), raw_dtype=kind)
        expected[key] = kind.name
    if rope_scaling == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_divisors(config.rope_parameters["rope_theta"], config.head_dim, 8.0))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    path.chmod(0o644)
    return path, expected


@torch.no_grad()
def witness(path, model, expected, pre, spm):
    """What transformers reads in the file, and llama.cpp's tokens."""
    config = model.config
    loaded = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, config=config, dtype=torch.float32).eval()
    conv1d = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    weights = {}
    for key, tensor in loaded.state_dict().items():
        if key not in expected:
            continue
        # Ours keep [out, in] for GPT-2 too.
        data = (tensor.T if isinstance(model, GPT2LMHeadModel) and key.endswith(conv1d) else tensor).contiguous().numpy()
        weights[key] = [expected[key], list(data.shape), hashlib.sha256(data.tobytes()).hexdigest()]
    sequence = random.integers(5, config.vocab_size - 5, 12).tolist()
    logits = loaded(torch.tensor([sequence])).logits[0, -1]

    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    if pre == "smollm":  # transformers splits by GPT-2's rule alone
        tokenizer.backend_tokenizer.pre_tokenizer = splits[pre]
    if spm:  # transformers gives no space to texts after special tokens and before spaces; the models' tokenizer.json does
        tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([
            normalizers.Prepend(prepend="\u2581"), normalizers.Replace(pattern=" ", content="\u2581"),
        ])
        tokenizer.backend_tokenizer.pre_tokenizer = None
    llama = Llama(str(path), vocab_only=True, verbose=False)
    tokens, decoded = [], []
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"] if text else []
        theirs = llama.tokenize(text.encode(), add_bos=False, special=True) if text else []
        assert ids == theirs, f"{path.name}: {text!r}: transformers {ids}, llama.cpp {theirs}"
        tokens.append([text, ids, tokenizer.decode(ids, skip_special_tokens=True)])
    result = {
        "config": {k: v for k, v in config.to_dict().items() if k in config_keys},
        "weights": weights, "sequence": sequence, "lastLogits": [float(f"{x:.7g}") for x in logits.tolist()], "texts": tokens,
    }
    path.with_suffix(".json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{path.name}: {path.stat().st_size} bytes, {len(weights)} tensors")


def make(name, build, arch, pre, kinds_of=mixed, **options):
    spm = options.get("spm", False)
    size = len(sentencepiece_vocabulary()[0] if spm else byte_level_vocabulary(pre)[0])
    torch.manual_seed(len(name))
    model = build(size).float().eval()
    for key, p in model.named_parameters():
        p.data.copy_(1 + 0.1 * torch.randn_like(p) if "norm" in key or "ln_" in key else 0.1 * torch.randn_like(p))
    path, expected = write_model(name, model, arch, pre, kinds_of, **options)
    witness(path, model, expected, pre, spm)


def rope(**more):
    return {**shape, "rope_parameters": {"rope_theta": 500000.0, **more}}


here.mkdir(exist_ok=True)
make_blocks()
make("llama-sentencepiece", lambda v: LlamaForCausalLM(LlamaConfig(
    vocab_size=v, intermediate_size=256, head_dim=8, tie_word_embeddings=False, **shape)), "llama", "default", k_mixed, spm=True)
make("llama3", lambda v: LlamaForCausalLM(LlamaConfig(
    vocab_size=v, intermediate_size=64, head_dim=16, tie_word_embeddings=True, **rope(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=8192))),
    "llama", "llama-bpe", rope_scaling="llama3")
make("smollm", lambda v: LlamaForCausalLM(LlamaConfig(
    vocab_size=v, intermediate_size=64, head_dim=8, tie_word_embeddings=True, **shape)), "llama", "smollm", add_bos=False)
make("qwen2", lambda v: Qwen2ForCausalLM(Qwen2Config(
    vocab_size=v, intermediate_size=64, tie_word_embeddings=True, **rope(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=16))), "qwen2", "qwen2", rope_scaling="yarn", add_bos=False)
make("qwen3", lambda v: Qwen3ForCausalLM(Qwen3Config(
    vocab_size=v, intermediate_size=64, head_dim=16, tie_word_embeddings=False, **shape)), "qwen3", "qwen2", add_bos=False)
make("gpt2", lambda v: GPT2LMHeadModel(GPT2Config(
    vocab_size=v, n_embd=32, n_layer=2, n_head=4, n_positions=64)), "gpt2", "gpt-2")
make("tekken", lambda v: LlamaForCausalLM(LlamaConfig(
    vocab_size=v, intermediate_size=64, head_dim=8, tie_word_embeddings=True, **{**shape, "num_hidden_layers": 1})),
    "llama", "tekken")
