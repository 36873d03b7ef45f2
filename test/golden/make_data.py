"""Makes data/: small Parquet files, and what TRL makes of small preference datasets.

    python test/golden/make_data.py

Needs pyarrow, datasets, tokenizers, transformers, trl and torch; made with pyarrow 26.0, datasets 5.2, tokenizers 0.23,
transformers 5.24, trl 1.16 and torch 2.15. No random numbers.

tokens.json holds two tokenizers trained here on the text below (byte-level without BOS; SentencePiece-like with BOS and
byte fallback), chat templates written here, and for each dataset the rows as they go in, then the token ids that
DPOTrainer's own `_prepare_dataset` gives and the sequences that its collator cuts from them at several lengths.
`rendered` holds texts that `apply_chat_template` writes.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast
from trl import DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference

OUT = Path(__file__).parent / "data"
OUT.mkdir(exist_ok=True)

TEXT = [
    "The sky is blue. What color is the sky? It is green, and the grass is green as well.",
    "Step 1: There are 3 apples and 4 pears, 3 + 4 = <<3+4=7>>7 fruits.\nStep 2: Half of them are eaten.\nA: 3.5",
    "How many eggs does she sell every day? She sells 16 - 7 = <<16-7=9>>9 eggs.\nA: 9\n",
    "You are a helpful assistant. Hello! How are you today? I am fine, thank you.",
    "Ünïcode: naïve café, 你好，世界。 🙂 and 🎉!",
]


def byte_level():
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tok.train_from_iterator(TEXT, trainer)
    return tok, {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}


def metaspace():
    tok = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)
    tok.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)],
        limit_alphabet=60,
        show_progress=False,
    )
    # Word by word: with whole lines every line would become one token.
    tok.train_from_iterator([word for text in TEXT for word in text.replace("\n", " ").split(" ")], trainer)
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tok.token_to_id("<s>"))]
    )
    return tok, {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<unk>"}


CHATML = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INST = """{%- set ns = namespace(system='') -%}
{{- bos_token }}
{%- for message in messages %}
    {%- if message.role == 'system' %}
        {%- set ns.system = message.content | trim ~ '\\n\\n' %}
    {%- elif message.role == 'user' %}
        {%- if loop.index0 > 4 %}{{ raise_exception('Too many turns') }}{% endif %}
        {{- '[INST] ' + ns.system + message.content.strip() + ' [/INST]' }}
        {%- set ns.system = '' %}
    {%- else %}
        {%- generation %}{{- ' ' ~ message['content'] | trim ~ eos_token }}{% endgeneration %}
    {%- endif %}
{%- endfor %}
"""
# Leaves the thought out of the prompt when an answer follows: the prompt alone is no beginning of the whole.
THINK = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\n</think>\n\n{% endif %}"
)


def talk(*contents, first="user"):
    roles = ["system", "user", "assistant", "user", "assistant"]
    start = roles.index(first)
    return [{"role": roles[start + i], "content": content} for i, content in enumerate(contents)]


def answer(content):
    return [{"role": "assistant", "content": content}]


PLAIN = [
    {"prompt": "The sky is", "chosen": " blue.", "rejected": " green."},
    {"prompt": "How many eggs? ", "chosen": "She sells 9.\nA: 9", "rejected": "She sells 16 eggs.\nA: 16 eggs every day"},
    {"prompt": "What color is the sky?\n", "chosen": "blue{eos}", "rejected": "It is green"},
    {"prompt": "你好", "chosen": "，世界。 🙂", "rejected": " naïve 🎉🎉"},
    {"prompt": "The grass is gr", "chosen": "een", "rejected": "ay and gr"},
]
IMPLICIT = [
    {"chosen": "The sky is blue.", "rejected": "The sky is green."},
    {"chosen": "It is fine", "rejected": "It is fine, thank you"},
    {"chosen": "Hello! 🙂", "rejected": "Hello! 🎉"},
]
TALK = [
    {"prompt": talk("What color is the sky?"), "chosen": answer("It is blue."), "rejected": answer("It is green.")},
    {
        "prompt": talk("Be brief.", "How many eggs does she sell every day?", first="system"),
        "chosen": answer("She sells 16 - 7 = <<16-7=9>>9 eggs.\nA: 9"),
        "rejected": answer("She sells 16 eggs.\nA: 16"),
    },
    {
        "prompt": talk("Hello!", "Hello! How are you?", "I am fine, thank you."),
        "chosen": answer(" Step 1: Half of them.\nStep 2: 🎉 "),
        "rejected": answer("你好"),
    },
]
IMPLICIT_TALK = [
    {"chosen": talk("What color is the sky?", "blue"), "rejected": talk("What color is the sky?", "green")},
    {
        "chosen": talk("Hello!", "Hello!", "How are you?", "I am fine."),
        "rejected": talk("Hello!", "Hello!", "How are you?", "I am blue."),
    },
]


def case(name, tokenizer, rows, template=None):
    tok, specials = TOKENIZERS[tokenizer]
    fast = PreTrainedTokenizerFast(tokenizer_object=tok, chat_template=TEMPLATES.get(template), **specials)
    rows = json.loads(json.dumps(rows).replace("{eos}", specials["eos_token"]))
    self = SimpleNamespace(_tokenizer=fast)
    args = SimpleNamespace(dataset_num_proc=None, max_length=None, truncation_mode="keep_start")
    prepared = list(DPOTrainer._prepare_dataset(self, Dataset.from_list(rows), fast, args, "train"))
    examples = [{key: row[key] for key in ("prompt_ids", "chosen_ids", "rejected_ids")} for row in prepared]
    cuts = []
    for mode in ("keep_start", "keep_end"):
        for length in (6, 12, 20, 1000):
            collator = DataCollatorForPreference(pad_token_id=0, max_length=length, truncation_mode=mode)
            for index, example in enumerate(examples):
                batch = collator([example])
                for side, which in enumerate(("chosen", "rejected")):
                    here = batch["attention_mask"][side].bool()
                    cuts.append(
                        {
                            "row": index,
                            "side": which,
                            "mode": mode,
                            "length": length,
                            "ids": batch["input_ids"][side][here].tolist(),
                            "completion": batch["completion_mask"][side][here].sum().item(),
                        }
                    )
    return {
        "name": name,
        "tokenizer": tokenizer,
        "template": template,
        "rows": rows,
        "examples": examples,
        "cuts": cuts,
    }


def rendered(template, tokenizer, messages, add_generation_prompt):
    tok, specials = TOKENIZERS[tokenizer]
    fast = PreTrainedTokenizerFast(tokenizer_object=tok, chat_template=TEMPLATES[template], **specials)
    text = fast.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    return {
        "template": template,
        "tokenizer": tokenizer,
        "messages": messages,
        "add_generation_prompt": add_generation_prompt,
        "text": text,
    }


TOKENIZERS = {"byte-level": byte_level(), "metaspace": metaspace()}
TEMPLATES = {"chatml": CHATML, "inst": INST, "think": THINK}


def make_tokens():
    cases = [
        case("plain", "byte-level", PLAIN),
        case("plain with BOS", "metaspace", PLAIN),
        case("implicit", "byte-level", IMPLICIT),
        case("implicit with BOS", "metaspace", IMPLICIT),
        case("conversation", "byte-level", TALK, "chatml"),
        case("conversation with BOS", "metaspace", TALK, "inst"),
        case("conversation whose prompt is no prefix", "byte-level", TALK, "think"),
        case("implicit conversation", "byte-level", IMPLICIT_TALK, "chatml"),
    ]
    texts = [
        rendered("chatml", "byte-level", talk("Hello!"), True),
        rendered("chatml", "byte-level", talk("  Be brief.\n", "Hello!", "Hi", first="system"), False),
        rendered("inst", "metaspace", talk(" Be brief. ", " Hello!\n", " Hi ", "And?", first="system"), False),
        rendered("inst", "metaspace", talk("Hello!", "Hi"), True),
        rendered("think", "byte-level", talk("Hello!"), True),
    ]
    document = {
        "tokenizers": {
            name: {"tokenizer": json.loads(tok.to_str()), "config": specials}
            for name, (tok, specials) in TOKENIZERS.items()
        },
        "templates": TEMPLATES,
        "cases": cases,
        "rendered": texts,
    }
    (OUT / "tokens.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")


def make_parquet():
    pairs = pa.table(
        {
            "prompt": ["The sky is", "Grass is", "", "Ünï 🙂", None] * 4,
            "chosen": [" blue", " green", "a", "b", "c"] * 4,
            "rejected": [" green", " blue", "b", "c", "d"] * 4,
            "margin": [0.5, 1.0, 1.5, 2.0, None] * 4,
            "id": list(range(20)),
            "label": [True, False, True, None, False] * 4,
        }
    )
    talks = pa.table(
        {
            "chosen": [talk("What color?", "blue"), talk("Hello!", "Hi"), []] * 3,
            "rejected": [talk("What color?", "green"), None, talk("x", "y")] * 3,
            "scores": [[1.0, 2.5], [], None] * 3,
        }
    )
    for codec in ("none", "snappy", "gzip", "zstd", "brotli", "lz4"):
        pq.write_table(pairs, OUT / f"pairs-{codec}.parquet", compression=codec, row_group_size=8)
    pq.write_table(talks, OUT / "talks.parquet", compression="snappy")
    pq.write_table(
        talks, OUT / "talks-v2.parquet", compression="zstd", data_page_version="2.0", use_dictionary=False
    )
    for name, encodings in {
        "pairs-delta": {"id": "DELTA_BINARY_PACKED", "chosen": "DELTA_LENGTH_BYTE_ARRAY"},
        "pairs-delta-bytes": {"prompt": "DELTA_BYTE_ARRAY"},
    }.items():
        pq.write_table(pairs, OUT / f"{name}.parquet", use_dictionary=False, column_encoding=encodings)
    (OUT / "rows.json").write_text(
        json.dumps({"pairs": pairs.to_pylist(), "talks": talks.to_pylist()}, ensure_ascii=False) + "\n"
    )


make_parquet()
make_tokens()
