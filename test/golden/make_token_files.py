"""Makes folders that name added and special tokens in one file or another, and what transformers makes of them.

    python test/golden/make_token_files.py

needs transformers; made with transformers 5.24.
"""

import json
import tempfile
from pathlib import Path

from transformers import PreTrainedTokenizerFast

words = ["[UNK]", "<s>", "</s>", "<pad>", "a", "b", "<", ">", "tool", "/", "s", "<sep>"]


def tokenizer_json(added=()):
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": list(added),
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {w: i for i, w in enumerate(words)}, "unk_token": "[UNK]"},
    }


def token(content, special=True, id=None, **flags):
    base = {"content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}
    return {**({} if id is None else {"id": id}), **base, **flags}


def without_special(entry):
    return {k: v for k, v in entry.items() if k != "special"}


kinds = {"tokenizer_class": "PreTrainedTokenizerFast"}
named = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "[UNK]"}
all_added = [token("[UNK]", id=0), token("<s>", id=1), token("</s>", id=2), token("<pad>", id=3)]
folders = {
    "all-in-tokenizer-json": {"tokenizer.json": tokenizer_json(all_added), "tokenizer_config.json": {**kinds, **named}},
    "named-only": {"tokenizer.json": tokenizer_json(), "tokenizer_config.json": {**kinds, **named}},
    "map-only": {"tokenizer.json": tokenizer_json(), "tokenizer_config.json": kinds, "special_tokens_map.json": named},
    "map-with-objects": {
        "tokenizer.json": tokenizer_json(),
        "tokenizer_config.json": kinds,
        "special_tokens_map.json": {
            "bos_token": without_special(token("<s>", lstrip=True)),
            "eos_token": without_special(token("</s>", rstrip=True)),
            "pad_token": "<pad>",
            "additional_special_tokens": ["<sep>"],
        },
    },
    "map-differs": {
        "tokenizer.json": tokenizer_json(all_added),
        "tokenizer_config.json": {**kinds, "eos_token": "<sep>", "bos_token": "<s>"},
        "special_tokens_map.json": {"eos_token": "</s>", "pad_token": "<pad>"},
    },
    "map-differs-beside-decoder": {
        "tokenizer.json": tokenizer_json(all_added),
        "tokenizer_config.json": {**kinds, "eos_token": "<sep>", "bos_token": "<s>", "added_tokens_decoder": {"2": token("</s>")}},
        "special_tokens_map.json": {"eos_token": "</s>"},
    },
    "decoder-only": {
        "tokenizer.json": tokenizer_json(all_added[1:3]),
        "tokenizer_config.json": {
            **kinds,
            "eos_token": "</s>",
            "added_tokens_decoder": {"12": token("<tool>", False), "13": token("</tool>", False), "14": token("<end>", lstrip=True)},
        },
    },
    "decoder-of-words": {
        "tokenizer.json": tokenizer_json(),
        "tokenizer_config.json": {
            **kinds,
            "eos_token": "</s>",
            "added_tokens_decoder": {"2": token("</s>"), "8": token("tool", False, single_word=True), "12": token("a b", False, normalized=True)},
        },
    },
    "decoder-other-flags": {
        "tokenizer.json": tokenizer_json([token("<s>", id=1), token("</s>", id=2), token("<tool>", False, id=12)]),
        "tokenizer_config.json": {
            **kinds,
            "eos_token": "</s>",
            "added_tokens_decoder": {"1": token("<s>", False), "2": token("</s>", lstrip=True, rstrip=True), "12": token("<tool>", True, lstrip=True)},
        },
    },
    "added-tokens-json": {
        "tokenizer.json": tokenizer_json(all_added[1:3]),
        "tokenizer_config.json": {**kinds, **named, "additional_special_tokens": ["<end>"]},
        "added_tokens.json": {"<tool>": 12, "<end>": 13},
    },
    "additional": {
        "tokenizer.json": tokenizer_json(all_added),
        "tokenizer_config.json": {**kinds, **named, "additional_special_tokens": ["<sep>", {"__type": "AddedToken", **token("tool", lstrip=True)}]},
    },
    "extra": {
        "tokenizer.json": tokenizer_json(all_added),
        "tokenizer_config.json": {**kinds, **named, "extra_special_tokens": {"sep_like": "<sep>"}},
    },
    "special-in-name-only": {
        "tokenizer.json": tokenizer_json([token("</s>", False, id=2), token("<tool>", False, id=12)]),
        "tokenizer_config.json": {**kinds, "eos_token": "</s>", "additional_special_tokens": ["<tool>"]},
    },
}
texts = ["a </s> b", "<s>a<pad></s>", "a <tool> b </tool> tool", "tool a b tools <end> b", " <sep> a", "<s>  a  </s>  b"]

out = {"texts": texts, "folders": {}}
for name, files in folders.items():
    with tempfile.TemporaryDirectory() as folder:
        for file, content in files.items():
            (Path(folder) / file).write_text(json.dumps(content))
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    ids = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    out["folders"][name] = {
        "files": files,
        "ids": ids,
        "decoded": [[tokenizer.decode(i, clean_up_tokenization_spaces=False), tokenizer.decode(i, skip_special_tokens=True, clean_up_tokenization_spaces=False)] for i in ids],
        "special": {key: getattr(tokenizer, f"{key}_token_id") for key in ("bos", "eos", "pad")},
    }
path = Path(__file__).parent / "token-files.json"
path.write_text(json.dumps(out, separators=(",", ":")).replace('},"', '},\n"') + "\n")
print(len(folders), "folders,", path.stat().st_size, "bytes")
