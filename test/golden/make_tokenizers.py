"""Makes small tokenizers of the kinds that real models have, and what Hugging Face's tokenizers make of some texts.

    python test/golden/make_tokenizers.py

needs tokenizers, sentencepiece and protobuf; made with tokenizers 0.23. Each is trained on the texts below. `kinds.json` holds
every model once and for each kind its parts, the ids of all texts, and what becomes of ids that are read back.
"""

import functools
import io
import json
import random
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

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
more = texts + [
    "",
    "   ",
    "x<tool>y <tool> ytool <tool>, a  <L>  b  <R>  c  <B>  d<word>e <word> f<words>",
    "<TOOL><L><L> <R><R>\n<B>\t<B><Word>_<word>.<word>\u0301",
    "fox FOX foxes a fox. 'fox'",
    "\u00a0nbsp\u3000wide\u2028line\u0085next\ufeffbom\x1cfs \x0b\x0c",
    "٣٤٥ ১২ Ⅷ ² ①② 12,345.67",
    "a..b$+^|`~«x»¡_-–—“q”…",
    "ΑΣ Σ İ ẞ ß ǅ ﬁ é e\u0301 a\u0903 b\u20dd",
    "한국어 हिन्दी ภาษา 👩‍👩‍👧 🏳️‍🌈 \u1100\u1161",
    "a\x00b\x01c\ufffdd\ue000e",
    "</s><s><unk> [UNK] <0x41>",
    "https://a.b/c?d=e&f=g#h_i-j camelCaseWords HTTPServer",
    "x\n\n\ny\n \n z\r\r\n",
    "日本𠀀語abc123かカー",
]
random.seed(7)
letters = list("ab cX.1'\n\t") + ["é", "e\u0301", "東", "🙂", "ß", "▁", "  ", "<tool>", "<L>", "<R>", "fox", "Σ", "İ", "½", "٣", "\u200b", "\u00a0", "'s", "ll", "$1", "->"]
more += ["".join(random.choice(letters) for _ in range(random.randint(5, 30))) for _ in range(8)]
special = ["<|im_start|>", "<|im_end|>"]

llama3_rule = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
qwen_rule = llama3_rule.replace(r"\p{N}{1,3}", r"\p{N}")
rules = {
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "bloom": r" ?[^(\s|[.,!?…。，、।۔،])]+",
    "atomic": r"(?>a|ab)c|\p{L}++|(?<=\d)\.(?=\d)",
    "posix": r"[[:alpha:]]+|[[:digit:]]|[[:punct:]]+|\h",
    "bounds": r"\b\w+\b|\W",
    "scripts": r"\p{Han}+|\p{Hiragana}+|\p{Katakana}+|[一-龥]+|[^\p{Han}]",
    "classes": r"[\p{L}&&[^a-c]]+|[^\S\n]+|\A.|.\z",
    "qwen35": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}

byte_decoder = decoders.ByteLevel()


def byte_level(pre=None, normalizer=None, **model):
    tokenizer = Tokenizer(models.BPE(**model))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = byte_decoder
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=360, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in special])
    return tokenizer


def then_bytes(*parts):
    return pre_tokenizers.Sequence([*parts, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def by_rule(rule, normalizer=None):
    return byte_level(then_bytes(pre_tokenizers.Split(Regex(rule), "isolated")), normalizer)


@functools.cache
def sentencepiece_pieces():
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(split=True)
    trainer = trainers.BpeTrainer(vocab_size=180, limit_alphabet=70, show_progress=False)
    trained.train_from_iterator(corpus, trainer)
    model = json.loads(trained.to_str())["model"]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{i:02X}>" for i in range(256))]
    pieces += [t for t in model["vocab"] if t not in pieces]
    return {t: i for i, t in enumerate(pieces)}, [tuple(m) for m in model["merges"]]


def sentencepiece_bpe(metaspace, pre=None):
    vocab, merges = sentencepiece_pieces()
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if pre:
        tokenizer.pre_tokenizer = pre
    elif metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in ["<s>", "</s>", *special]])
    return tokenizer


def write_old_kinds():
    for name, tokenizer in {
        "gpt2": byte_level(),
        "llama3": by_rule(llama3_rule),
        "qwen2": by_rule(qwen_rule, normalizers.NFC()),
        "llama2": sentencepiece_bpe(False),
        "llama2-metaspace": sentencepiece_bpe(True),
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


# One byte-level model serves all rules: what is compared is how texts are cut.
base = byte_level()
base_model = json.loads(base.to_str())["model"]


def cut_by(*parts, **options):
    tokenizer = Tokenizer.from_str(base.to_str())
    for name, value in options.items():
        setattr(tokenizer, name, value)
    tokenizer.pre_tokenizer = then_bytes(*parts)
    return tokenizer


def with_model(kind, trainer, pre, normalizer=None, decoder=None, add=special, **more_parts):
    tokenizer = Tokenizer(kind)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre:
        tokenizer.pre_tokenizer = pre
    tokenizer.train_from_iterator(corpus, trainer)
    if decoder:
        tokenizer.decoder = decoder
    for name, value in more_parts.items():
        setattr(tokenizer, name, value)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in add])
    return tokenizer


Split, Punctuation, Digits = pre_tokenizers.Split, pre_tokenizers.Punctuation, pre_tokenizers.Digits
behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
kinds = {}
for behavior in behaviors:
    kinds[f"split-regex-{behavior}"] = cut_by(Split(Regex(r"\s+|\p{P}"), behavior))
    kinds[f"split-regex-invert-{behavior}"] = cut_by(Split(Regex(r"\p{L}+|\d"), behavior, invert=True))
    kinds[f"split-string-{behavior}"] = cut_by(Split("o", behavior))
    kinds[f"split-empty-match-{behavior}"] = cut_by(Split(Regex(r"x*"), behavior))
    kinds[f"punctuation-{behavior}"] = cut_by(Punctuation(behavior))
kinds["split-dot"] = cut_by(Split(".", "merged_with_previous"))
for name, rule in rules.items():
    kinds[f"rule-{name}"] = cut_by(Split(Regex(rule), "isolated"))
kinds["rule-removed-invert"] = cut_by(Split(Regex(llama3_rule), "removed", invert=True))
kinds["digits"] = cut_by(Digits(individual_digits=False))
kinds["digits-individual"] = cut_by(Digits(individual_digits=True))
kinds["starcoder"] = byte_level(pre_tokenizers.Sequence([Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]))
kinds["falcon"] = cut_by(Punctuation("contiguous"), Digits(individual_digits=False), Split(Regex("[0-9][0-9][0-9]"), "isolated"))
kinds["deepseek"] = cut_by(
    Split(Regex("[\r\n]"), "isolated"),
    Split(Regex(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+"), "isolated"),
    Split(Regex(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), "isolated"),
    Split(Regex(r"\s+$"), "isolated"),
    Split(Regex("[一-龥ࠀ-一가-퟿]+"), "isolated"),
    Digits(individual_digits=True),
)
kinds["prefix-space"] = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=True))
kinds["whitespace-then-bytes"] = cut_by(pre_tokenizers.Whitespace())
kinds["whitespace-split"] = cut_by(pre_tokenizers.WhitespaceSplit())
kinds["bert-pre"] = cut_by(pre_tokenizers.BertPreTokenizer())
kinds["delimiter"] = cut_by(pre_tokenizers.CharDelimiterSplit("a"))
kinds["fixed-length"] = cut_by(pre_tokenizers.FixedLength(3))
kinds["bytes-by-normalizer"] = Tokenizer.from_str(base.to_str())
kinds["bytes-by-normalizer"].normalizer = normalizers.ByteLevel()
kinds["bytes-by-normalizer"].pre_tokenizer = Split(Regex("Ġ?[^Ġ]+"), "isolated")
kept = json.loads(base.to_str())
kept["model"]["ignore_merges"] = True
kinds["ignore-merges"] = Tokenizer.from_str(json.dumps(kept))

for name, normalizer in {
    "nfc": normalizers.NFC(),
    "nfd": normalizers.NFD(),
    "nfkc": normalizers.NFKC(),
    "nfkd": normalizers.NFKD(),
    "lowercase": normalizers.Lowercase(),
    "strip": normalizers.Strip(),
    "strip-left": normalizers.Strip(left=True, right=False),
    "strip-accents": normalizers.StripAccents(),
    "nmt": normalizers.Nmt(),
    "bert": normalizers.BertNormalizer(),
    "bert-plain": normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False),
    "bert-lower-accents": normalizers.BertNormalizer(strip_accents=False),
    "replace-string": normalizers.Replace("fox", "$&-$1"),
    "replace-regex": normalizers.Replace(Regex(r"(\s)\s+|x+"), "$1_"),
    "prepend": normalizers.Prepend("▁x"),
    "sequence": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase(), normalizers.Replace(Regex(" {2,}"), " ")]),
}.items():
    tokenizer = Tokenizer.from_str(base.to_str())
    tokenizer.normalizer = normalizer
    kinds[f"normalizer-{name}"] = tokenizer

extra = [
    AddedToken("<tool>", single_word=False),
    AddedToken("<L>", lstrip=True),
    AddedToken("<R>", rstrip=True),
    AddedToken("<B>", lstrip=True, rstrip=True, normalized=False),
    AddedToken("<word>", single_word=True),
    AddedToken("<words>", single_word=True, normalized=False),
    AddedToken("fox", single_word=True),
    AddedToken("<tool> y", normalized=False),
    AddedToken("  ", normalized=False),
]
for name, normalizer in {"": None, "-lowercase": normalizers.Lowercase(), "-strip": normalizers.Strip(), "-prepend": normalizers.Prepend("▁")}.items():
    tokenizer = Tokenizer.from_str(base.to_str())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_tokens(extra)
    kinds[f"added{name}"] = tokenizer
tokenizer = Tokenizer.from_str(base.to_str())
tokenizer.add_tokens(["é", "Ġ", "a b", "the"])
kinds["added-plain"] = tokenizer

for scheme in ("always", "first", "never"):
    for split in (True, False):
        tokenizer = sentencepiece_bpe(True, pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split))
        tokenizer.decoder = decoders.Metaspace(prepend_scheme=scheme, split=split) if split else tokenizer.decoder
        tokenizer.add_tokens(extra)
        kinds[f"metaspace-{scheme}-{'split' if split else 'whole'}"] = tokenizer
kinds["metaspace-after-split"] = sentencepiece_bpe(
    True, pre_tokenizers.Sequence([Split("x", "isolated"), pre_tokenizers.Metaspace(prepend_scheme="first")])
)
gemma = sentencepiece_bpe(True)
gemma.normalizer = normalizers.Replace(" ", "▁")
gemma.pre_tokenizer = Split(" ", "merged_with_previous")
gemma.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
kinds["gemma"] = gemma

small = trainers.BpeTrainer
for fuse in (True, False):
    kinds[f"unknown-{'fused' if fuse else 'apart'}"] = with_model(
        models.BPE(unk_token="[UNK]", fuse_unk=fuse),
        small(vocab_size=120, special_tokens=["[UNK]"], limit_alphabet=20, show_progress=False),
        pre_tokenizers.Whitespace(),
    )
kinds["unknown-dropped"] = with_model(
    models.BPE(), small(vocab_size=120, limit_alphabet=20, show_progress=False), pre_tokenizers.WhitespaceSplit()
)
part = with_model(
    models.BPE(unk_token="[UNK]", fuse_unk=True, byte_fallback=True),
    small(vocab_size=120, special_tokens=["[UNK]", "<0x0A>", "<0xC3>", "<0xA9>", "<0xBC>", "<0x09>"], limit_alphabet=20, show_progress=False),
    pre_tokenizers.Metaspace(),
    decoder=decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]),
)
kinds["bytes-in-part"] = part
kinds["clip"] = with_model(
    models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"),
    small(vocab_size=200, special_tokens=["[UNK]"], end_of_word_suffix="</w>", limit_alphabet=40, show_progress=False),
    Split(Regex(r"'s|'t|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True),
    normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]),
    decoders.BPEDecoder(suffix="</w>"),
)
kinds["subword-prefix"] = with_model(
    models.BPE(unk_token="[UNK]", continuing_subword_prefix="##"),
    small(vocab_size=200, special_tokens=["[UNK]"], continuing_subword_prefix="##", limit_alphabet=40, show_progress=False),
    pre_tokenizers.Whitespace(),
    decoder=decoders.WordPiece(),
)
for clean in (True, False):
    kinds[f"wordpiece-{'clean' if clean else 'plain'}"] = with_model(
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=12),
        trainers.WordPieceTrainer(vocab_size=220, special_tokens=["[UNK]", "[CLS]", "[SEP]"], limit_alphabet=50, show_progress=False),
        pre_tokenizers.BertPreTokenizer(),
        normalizers.BertNormalizer(),
        decoders.WordPiece(cleanup=clean),
        post_processor=processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1)),
    )
kinds["wordlevel"] = with_model(
    models.WordLevel(unk_token="[UNK]"), trainers.WordLevelTrainer(special_tokens=["[UNK]"], show_progress=False), pre_tokenizers.Whitespace()
)


@functools.cache
def trained_unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=150, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    return tokenizer.to_str()


def unigram(byte_fallback=False, normalizer=None, pre=None):
    state = json.loads(trained_unigram())
    if byte_fallback:
        state["model"]["vocab"] += [[f"<0x{i:02X}>", 0.0] for i in range(256)]
        state["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(state))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre or pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in special])
    return tokenizer


kinds["unigram"] = unigram()
kinds["unigram-bytes"] = unigram(True)
kinds["unigram-whole"] = unigram(True, None, pre_tokenizers.Metaspace(split=False))


def chars_map():
    """SentencePiece's compiled table of a few rules."""
    rows = {
        "A": "a", "é": "e", "e\u0301": "E!", "ﬁ": "fi", "½": "1/2", "\t": " ", "\u00a0": " ", "\u3000": " ", "…": "...",
        "\u200d": "", "🙂": ":)", "ß": "ss", "東": "East", "\u1100\u1161": "가", "İ": "I", "①": "1", "\u0085": " ",
    }
    path = Path("/tmp/rules.tsv")
    path.write_text("".join(f"{' '.join(f'{ord(c):X}' for c in k)}\t{' '.join(f'{ord(c):X}' for c in v)}\n" for k, v in rows.items()))
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=out, vocab_size=100, hard_vocab_limit=False,
        normalization_rule_tsv=str(path), minloglevel=2,
    )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(out.getvalue())
    return model.normalizer_spec.precompiled_charsmap


kinds["unigram-precompiled"] = unigram(True, normalizers.Sequence([normalizers.Precompiled(chars_map()), normalizers.Replace(Regex(" {2,}"), " ")]))

template = processors.TemplateProcessing(single="<|im_start|> $A <|im_end|> <|im_end|>", pair=None, special_tokens=[("<|im_start|>", 360), ("<|im_end|>", 361)])
for name, processor in {
    "template": template,
    "roberta": processors.RobertaProcessing(("<|im_end|>", 361), ("<|im_start|>", 360)),
    "sequence": processors.Sequence([processors.ByteLevel(trim_offsets=False), template]),
    "many": processors.TemplateProcessing(single="two $A", special_tokens=[{"id": "two", "ids": [360, 361], "tokens": ["<|im_start|>", "<|im_end|>"]}]),
}.items():
    tokenizer = Tokenizer.from_str(base.to_str())
    tokenizer.post_processor = processor
    kinds[f"around-{name}"] = tokenizer
tokenizer = Tokenizer.from_str(base.to_str())
tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Replace(Regex("[aeiou]+"), "$0"), decoders.Strip(" ", 2, 1)])
kinds["decoder-replace"] = tokenizer
tokenizer = Tokenizer.from_str(kinds["wordlevel"].to_str())
tokenizer.decoder = decoders.Fuse()
kinds["decoder-fuse"] = tokenizer



def attempt(make):
    """The library itself panics at some texts: None then."""
    try:
        return make()
    except BaseException:  # noqa: BLE001
        return None


write_old_kinds()
stored = {"texts": more, "models": [], "kinds": {}}
for name, tokenizer in kinds.items():
    state = json.loads(tokenizer.to_str())
    model = state.pop("model")
    if model not in stored["models"]:
        stored["models"].append(model)
    size = tokenizer.get_vocab_size()
    ids, decoded = [], []
    for text in more:
        ids.append(attempt(lambda: tokenizer.encode(text, add_special_tokens=False).ids))
        whole, bare = (attempt(lambda: tokenizer.decode(ids[-1], skip_special_tokens=skip)) for skip in (False, True))
        # 0: as the text, or as with special tokens.
        decoded.append([0 if whole == text else whole, 0 if bare == whole else bare])
    rng = random.Random(name)
    loose = [[i for i in (rng.randrange(size) for _ in range(8)) if tokenizer.id_to_token(i) is not None] for _ in range(4)]
    bare, whole = tokenizer.encode("fox", add_special_tokens=False).ids, tokenizer.encode("fox").ids
    at = next(i for i in range(len(whole) + 1) if whole[i : i + len(bare)] == bare)
    stored["kinds"][name] = {
        "model": stored["models"].index(model),
        "parts": state,
        "ids": ids,
        "decoded": decoded,
        "loose": [[some, attempt(lambda: tokenizer.decode(some, skip_special_tokens=False))] for some in loose],
        "around": [whole[:at], whole[at + len(bare) :]],
    }
path = here.parent / "tokenizer-kinds.json"
path.write_text(json.dumps(stored, ensure_ascii=True, separators=(",", ":")).replace('"texts"', '\n"texts"').replace('},"', '},\n"') + "\n")
print(len(kinds), "kinds,", len(more), "texts,", path.stat().st_size, "bytes")
