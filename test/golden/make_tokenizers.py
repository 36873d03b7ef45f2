"""Makes small tokenizers of the kinds that real models have, and what Hugging Face's tokenizers make of some texts.

    python test/golden/make_tokenizers.py

needs tokenizers; made with tokenizers 0.23. Each is trained on the texts below: GPT-2 (byte-level with its own rule),
Llama 3 and Qwen 2 (byte-level behind a regular expression), Llama 2 in both spellings of its SentencePiece model (byte
fallback; spaces by normalizer, or by Metaspace).
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

here = Path(__file__).parent / "tokenizers"

corpus = [
    "The quick brown fox jumps over the lazy dog. It's 12 + 345 = 357, isn't it?",
    "Natalia sold 48 clips in April and half as many in May. She sold 48/2 = <<48/2=24>>24 clips.",
    "user\nWhat is 2+2?\nassistant\nIt is 4.\n\n  def f(x):\n\treturn x * 2\n",
    "Grüße aus München; élève, naïve, 東京タワー, Привет мир, ½ 🙂",
] * 4

texts = [
    "Hello world",
    " leading space,  two  spaces and a trailing one ",
    "Natalia sold 48/2 = <<48/2=24>>24 clips.\nIt's 1234567, isn't it?\n\n\n  end",
    "<|im_start|>user\nWhat is 2+2?<|im_end|>\n<|im_start|>assistant\n",
    "a<|im_end|> b",
    "Grüße, 東京 🙂🙃 Привет ½ e\u0301",
    "tab\tand\r\nCRLF",
    "unseen ☃ \U0001F9A5 \u200d",
    "▁under▁",
    "THE Isn'T we'll I'M",
]
special = ["<|im_start|>", "<|im_end|>"]

llama3_rule = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
qwen_rule = llama3_rule.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(rule=None, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    if rule:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(rule), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=360, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in special])
    return tokenizer


def sentencepiece(metaspace):
    prepare = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(split=True)
    trainer = trainers.BpeTrainer(vocab_size=180, limit_alphabet=70, show_progress=False)
    trained.train_from_iterator(corpus, trainer)
    model = json.loads(trained.to_str())["model"]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    pieces += [t for t in model["vocab"] if t not in pieces]
    tokenizer = Tokenizer(
        models.BPE(
            vocab={t: i for i, t in enumerate(pieces)},
            merges=[tuple(m) for m in model["merges"]],
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = prepare
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in ["<s>", "</s>", *special]])
    return tokenizer


here.mkdir(exist_ok=True)
for name, tokenizer in {
    "gpt2": byte_level(),
    "llama3": byte_level(llama3_rule),
    "qwen2": byte_level(qwen_rule, normalizers.NFC()),
    "llama2": sentencepiece(False),
    "llama2-metaspace": sentencepiece(True),
}.items():
    cases = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append(
            {
                "text": text,
                "ids": ids,
                "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                "withoutSpecial": tokenizer.decode(ids, skip_special_tokens=True),
            }
        )
    stored = {"tokenizer": json.loads(tokenizer.to_str()), "cases": cases}
    (here / f"{name}.json").write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(name, tokenizer.get_vocab_size(), [len(c["ids"]) for c in cases])
