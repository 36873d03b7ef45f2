"""Makes data/turns.json: which tokens of a conversation are learned when every answer of the assistant is.

    python test/golden/make_turns.py

Needs tokenizers, transformers and jinja2; made with tokenizers 0.23 and transformers 5.x. No random numbers, no model.

The tokenizers are those of tokens.json. TRL's SFTTrainer with `assistant_only_loss` calls `apply_chat_template` with
`return_assistant_tokens_mask`, as here; templates mark what is an answer by `{% generation %}`, end of turn included, as TRL's own
training templates do.
"""

import json
from pathlib import Path

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

DATA = Path(__file__).parent / "data"

TEMPLATES = {
    "chatml": (
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>\n{% endgeneration %}"
        "{% else %}{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
    "inst": (
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]"
        "{% else %}{% generation %} {{ m.content | trim }}{{ eos_token }}{% endgeneration %}{% endif %}{% endfor %}"
    ),
    # As Hermes-like models call tools: the call is the assistant's, its result is not.
    "tools": (
        "{% if tools %}<|im_start|>system\n{{ tools[0].function.name }}<|im_end|>\n{% endif %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{% if m.role == 'assistant' %}{% generation %}{{ m.content or '' }}"
        "{% for c in m.tool_calls or [] %}<tool_call>{{ c.function.name }}</tool_call>{% endfor %}<|im_end|>\n{% endgeneration %}"
        "{% else %}{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    ),
}


def talk(*contents):
    return [{"role": ("user", "assistant")[i % 2], "content": content} for i, content in enumerate(contents)]


TWO = talk("What color is the sky?", "It is blue.", "And the grass?", "It is green,\nas well.")
THREE = talk("Hello!", "Hi 🙂", "How are you?", " I am fine. ", "How many eggs?", "9\n")
SYSTEM = [{"role": "system", "content": "Be brief."}, *TWO]
CALLS = [
    {"role": "user", "content": "How many eggs?"},
    {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": {"name": "count", "arguments": {}}}]},
    {"role": "tool", "content": "9"},
    {"role": "assistant", "content": "She sells 9."},
]
TOOLS = [{"type": "function", "function": {"name": "count", "description": "Counts", "parameters": {}}}]


def case(name, tokenizer, template, messages, tools=None):
    fixture = json.loads((DATA / "tokens.json").read_text())["tokenizers"][tokenizer]
    fast = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(fixture["tokenizer"])),
        chat_template=TEMPLATES[template],
        **fixture["config"],
    )
    out = fast.apply_chat_template(
        messages, tools=tools, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    return {
        "name": name,
        "tokenizer": tokenizer,
        "template": TEMPLATES[template],
        "messages": messages,
        "tools": tools,
        "ids": out["input_ids"],
        "mask": out["assistant_masks"],
    }


document = [
    case("two answers", "byte-level", "chatml", TWO),
    case("three answers, spaces and a face", "byte-level", "chatml", THREE),
    case("under a system message", "byte-level", "chatml", SYSTEM),
    case("with BOS", "metaspace", "inst", TWO),
    case("with BOS, three answers", "metaspace", "inst", THREE),
    case("a call of a tool and its result", "byte-level", "tools", CALLS, TOOLS),
]
(DATA / "turns.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
