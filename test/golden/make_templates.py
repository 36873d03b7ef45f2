"""Makes what Jinja2 and transformers make of chat templates of many kinds, and of small pieces of template.

    python test/golden/make_templates.py

needs transformers and jinja2; made with transformers 5.24 and jinja2 3.1. `families` are templates in the shape of
those that well-known models have, `pieces` one thing each. A case has the text, or what the exception's type was.
"""

import json
from datetime import datetime
from pathlib import Path

from transformers.utils import chat_template_utils

moment = datetime(2025, 3, 4, 5, 6, 7)


class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return moment


chat_template_utils.datetime = Clock
compiled = chat_template_utils._compile_jinja_template

weather = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a <city> & \"country\"; für München.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Name"},
                "days": {"type": "integer", "enum": [1, 2], "default": 1},
                "items": {"type": "array", "items": {"type": "number"}},
            },
            "required": ["city"],
        },
        "return": {"type": "object"},
    },
}
talks = {
    "one": [{"role": "user", "content": "What is 2 + 2?"}],
    "pair": [{"role": "user", "content": "  Hello\n there \n"}, {"role": "assistant", "content": "\n  Hi,  you\n"}],
    "system": [
        {"role": "system", "content": " Be brief.\n"},
        {"role": "user", "content": "Grüße, 東京 🙂"},
        {"role": "assistant", "content": "<think>\nhm\n  hm\n</think>\n\n  indented\n    more"},
        {"role": "user", "content": "<a> & 'b'"},
        {"role": "assistant", "content": "ok"},
    ],
    "three": [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b</think>c"},
        {"role": "user", "content": "d"},
    ],
    "twice": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    "answer": [{"role": "assistant", "content": "I begin"}, {"role": "user", "content": ""}],
    "tools": [
        {"role": "system", "content": "Use tools."},
        {"role": "user", "content": "Weather?"},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "\nI need it.\n",
            "tool_calls": [
                {"id": "abcdefghi", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Köln", "days": 2}}},
                {"id": "bcdefghij", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Ulm", "hot": 1.5, "no": None, "yes": True}}},
            ],
        },
        {"role": "tool", "name": "get_weather", "tool_call_id": "abcdefghi", "content": "sun"},
        {"role": "tool", "name": "get_weather", "tool_call_id": "bcdefghij", "content": "rain"},
        {"role": "assistant", "content": "Sun and rain."},
        {"role": "user", "content": "Thanks"},
    ],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "look "}, {"type": "image"}, {"type": "text", "text": "here"}]}],
    "odd": [{"role": "critic", "content": "no"}],
    "empty": [],
}
special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}

families = {
    "chatml": """{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
    "chatml-default-system": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
    "chatml-indented": """
{%- for message in messages %}
    {%- if (loop.last and add_generation_prompt) or not loop.last %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\n' + message.content }}
    {%- endif %}
{%- endfor %}
{% if add_generation_prompt and messages[-1]['role'] != 'assistant' %}
    {{- '<|im_start|>assistant\n' }}
{% endif %}
""",
    "generation-marks": """
{% for m in messages %}
  {% if m.role == 'assistant' %}
<|assistant|>
    {% generation %}
{{ m.content }}{{ eos_token }}
    {%- endgeneration %}

  {% else %}
<|{{ m.role }}|>
{{ m.content }}
  {% endif %}
{% endfor %}
""",
    "llama2": """{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
    "llama3": """{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}""",
    "llama31-tools": """{{- bos_token }}
{%- if custom_tools is defined %}{%- set tools = custom_tools %}{%- endif %}
{%- if not tools_in_user_message is defined %}{%- set tools_in_user_message = true %}{%- endif %}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{#- This block extracts the system message, so we can slot it into the right place. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- if tools_in_user_message and not tools is none %}
    {%- if messages | length != 0 %}
        {%- set first_user_message = messages[0]['content']|trim %}
        {%- set messages = messages[1:] %}
    {%- else %}
        {{- raise_exception("Cannot put tools in the first user message when there's no first user message!") }}
    {%- endif %}
    {{- '<|start_header_id|>user<|end_header_id|>\\n\\n' -}}
    {%- for t in tools %}
        {{- t | tojson(indent=4) }}
        {{- "\\n\\n" }}
    {%- endfor %}
    {{- first_user_message + "<|eot_id|>"}}
{%- endif %}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception("This model only supports single tool-calls at once!") }}
        {%- endif %}
        {%- set tool_call = message.tool_calls[0].function %}
        {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' -}}
        {{- '{"name": "' + tool_call.name + '", "parameters": ' }}{{- tool_call.arguments | tojson }}{{- "}" }}
        {{- "<|eot_id|>" }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "qwen2": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
    "qwen25-tools": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Q.' }}
    {%- endif %}
    {{- "\\n\\n# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- message.content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    "qwen3": """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}
        {{- messages[0].content + '\\n\\n' }}
    {%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}
        {{- "\\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and message.content is string and not(message.content.startswith('<tool_response>') and message.content.endswith('</tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.content is string %}
        {%- set content = message.content %}
    {%- else %}
        {%- set content = '' %}
    {%- endif %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning_content = '' %}
        {%- if message.reasoning_content is string %}
            {%- set reasoning_content = message.reasoning_content %}
        {%- else %}
            {%- if '</think>' in content %}
                {%- set reasoning_content = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
                {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
            {%- endif %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index %}
            {%- if loop.last or (not loop.last and reasoning_content) %}
                {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
            {%- else %}
                {{- '<|im_start|>' + message.role + '\\n' + content }}
            {%- endif %}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if (loop.first and content) or (not loop.first) %}
                    {{- '\\n' }}
                {%- endif %}
                {%- if tool_call.function %}
                    {%- set tool_call = tool_call.function %}
                {%- endif %}
                {{- '<tool_call>\\n{"name": "' }}
                {{- tool_call.name }}
                {{- '", "arguments": ' }}
                {%- if tool_call.arguments is string %}
                    {{- tool_call.arguments }}
                {%- else %}
                    {{- tool_call.arguments | tojson }}
                {%- endif %}
                {{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' }}
        {{- content }}
        {{- '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}""",
    "mistral": """{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}""",
    "mistral-tools": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- if not tools is defined %}
    {%- set tools = none %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace() %}
{%- set ns.index = 0 %}
{%- for message in loop_messages %}
    {%- if not (message.role == "tool" or message.role == "tool_results" or (message.tool_calls is defined and message.tool_calls is not none)) %}
        {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
            {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- "[AVAILABLE_TOOLS] [" }}
            {%- for tool in tools %}
                {%- set tool = tool.function %}
                {{- '{"type": "function", "function": {' }}
                {%- for key, val in tool.items() if key != "return" %}
                    {%- if val is string %}
                        {{- '"' + key + '": "' + val + '"' }}
                    {%- else %}
                        {{- '"' + key + '": ' + val|tojson }}
                    {%- endif %}
                    {%- if not loop.last %}
                        {{- ", " }}
                    {%- endif %}
                {%- endfor %}
                {{- "}}" }}
                {%- if not loop.last %}
                    {{- ", " }}
                {%- else %}
                    {{- "]" }}
                {%- endif %}
            {%- endfor %}
            {{- "[/AVAILABLE_TOOLS]" }}
            {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message.tool_calls is defined and message.tool_calls is not none %}
        {{- "[TOOL_CALLS] [" }}
        {%- for tool_call in message.tool_calls %}
            {%- set out = tool_call.function|tojson %}
            {{- out[:-1] }}
            {%- if not tool_call.id is defined or tool_call.id|length != 9 %}
                {{- raise_exception("Tool call IDs should be alphanumeric strings with length 9!") }}
            {%- endif %}
            {{- ', "id": "' + tool_call.id + '"}' }}
            {%- if not loop.last %}
                {{- ", " }}
            {%- else %}
                {{- "]" + eos_token }}
            {%- endif %}
        {%- endfor %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- elif message["role"] == "tool_results" or message["role"] == "tool" %}
        {%- if message.content is defined and message.content.content is defined %}
            {%- set content = message.content.content %}
        {%- else %}
            {%- set content = message.content %}
        {%- endif %}
        {{- '[TOOL_RESULTS] {"content": ' + content|string + ", " }}
        {{- '"call_id": "' + message.tool_call_id + '"}[/TOOL_RESULTS]' }}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
""",
    "gemma": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}""",
    "gemma3": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- if messages[0]['content'] is string -%}
        {%- set first_user_prefix = messages[0]['content'] + '\n\n' -%}
    {%- else -%}
        {%- set first_user_prefix = messages[0]['content'][0]['text'] + '\n\n' -%}
    {%- endif -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'image' -%}
                {{ '<start_of_image>' }}
            {%- elif item['type'] == 'text' -%}
                {{ item['text'] | trim }}
            {%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\n'}}
{%- endif -%}
""",
    "zephyr": """{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}""",
    "tulu": """{% for message in messages %}\n{% if message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] }}\n{% elif message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] }}\n{% elif message['role'] == 'assistant' %}\n{% if not loop.last %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token + '\n' }}\n{% else %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>\n' }}\n{% endif %}\n{% endfor %}""",
    "phi3": """{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}""",
    "phi4-mini": """{% for message in messages %}{% if message['role'] == 'system' and 'tools' in message and message['tools'] is not none %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|tool|>' + message['tools'] + '<|/tool|>' + '<|end|>' }}{% else %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% else %}{{ eos_token }}{% endif %}""",
    "deepseek": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\n\n' }}{% elif message['role'] == 'assistant' %}{{ 'Assistant: ' + message['content'] + eos_token }}{% elif message['role'] == 'system' %}{{ message['content'] + '\n\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}""",
    "deepseek-r1": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% set ns = namespace(is_first=false, is_tool=false, is_output_first=true, system_prompt='', is_first_sp=true) %}{%- for message in messages %}{%- if message['role'] == 'system' %}{%- if ns.is_first_sp %}{% set ns.system_prompt = ns.system_prompt + message['content'] %}{% set ns.is_first_sp = false %}{%- else %}{% set ns.system_prompt = ns.system_prompt + '\\n\\n' + message['content'] %}{%- endif %}{%- endif %}{%- endfor %}{{ bos_token }}{{ ns.system_prompt }}{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<｜User｜>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' and 'tool_calls' in message %}{%- set ns.is_tool = false -%}{%- for tool in message['tool_calls'] %}{%- if not ns.is_first %}{%- if message['content'] is none %}{{'<｜Assistant｜><｜calls｜>' + tool['type'] + tool['function']['name'] + '\\n' + '```json' + '\\n' + (tool['function']['arguments']|tojson) + '\\n' + '```'}}{%- else %}{{'<｜Assistant｜>' + message['content'] + '<｜calls｜>' + tool['type'] + tool['function']['name']}}{%- endif %}{%- set ns.is_first = true -%}{%- else %}{{'\\n' + tool['function']['name']}}{%- endif %}{%- endfor %}{%- endif %}{%- if message['role'] == 'assistant' and 'tool_calls' not in message %}{%- if ns.is_tool %}{{'<｜outputs_end｜>' + message['content'] + eos_token}}{%- set ns.is_tool = false -%}{%- else %}{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1] %}{% endif %}{{'<｜Assistant｜>' + content + eos_token}}{%- endif %}{%- endif %}{%- if message['role'] == 'tool' %}{%- set ns.is_tool = true -%}{%- if ns.is_output_first %}{{'<｜outputs｜>' + message['content'] + '<｜end｜>'}}{%- set ns.is_output_first = false %}{%- else %}{{'\\n<｜out｜>' + message['content'] + '<｜end｜>'}}{%- endif %}{%- endif %}{%- endfor -%}{% if ns.is_tool %}{{'<｜outputs_end｜>'}}{% endif %}{% if add_generation_prompt and not ns.is_tool %}{{'<｜Assistant｜><think>\\n'}}{% endif %}""",
    "command-r": """{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% elif false == true %}{% set loop_messages = messages %}{% set system_message = 'You are C.' %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% if system_message != false %}{{ '<|START|><|SYSTEM|>' + system_message + '<|END|>' }}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% set content = message['content'] %}{% if message['role'] == 'user' %}{{ '<|START|><|USER|>' + content.strip() + '<|END|>' }}{% elif message['role'] == 'assistant' %}{{ '<|START|><|BOT|>'  + content.strip() + '<|END|>' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|START|><|BOT|>' }}{% endif %}""",
    "command-r-types": """
{%- macro json_to_python_type(json_spec) %}
{%- set basic_type_map = {
    "string": "str",
    "number": "float",
    "integer": "int",
    "boolean": "bool"
} %}
{%- if basic_type_map[json_spec.type] is defined %}
    {{- basic_type_map[json_spec.type] }}
{%- elif json_spec.type == "array" %}
    {{- "List[" +  json_to_python_type(json_spec['items']) + "]"}}
{%- elif json_spec.type == "object" %}
    {{- "Dict[str, " + json_to_python_type(json_spec.additionalProperties) + ']'}}
{%- elif json_spec.type is iterable %}
    {{- "Union[" }}
    {%- for t in json_spec.type %}
      {{- json_to_python_type({"type": t}) }}
      {%- if not loop.last %}
        {{- "," }}
    {%- endif %}
    {%- endfor %}
    {{- "]" }}
{%- else %}
    {{- "Any" }}
{%- endif %}
{%- endmacro %}
{%- macro old_tool_parser(tools) %}
{%- for tool in tools %}
    {%- if loop.index0 != 0 %}
        {{- '\\n\\n' }}
    {%- endif %}
    {{- '```python\\ndef ' + tool.function.name + '(' }}
    {%- for param_name, param_fields in tool.function.parameters.properties|items %}
        {%- if loop.index0 != 0 %}
            {{- ', '}}
        {%- endif %}
        {{- param_name + ': ' }}
        {%- if not param_name in tool.function.parameters.required %}
            {{- 'Optional[' + json_to_python_type(param_fields) + '] = None'}}
        {%- else %}
            {{- json_to_python_type(param_fields) }}
        {%- endif %}
    {%- endfor %}
    {{- ') -> List[Dict]:\\n    pass\\n```' }}
{%- endfor %}
{%- endmacro %}
{{- bos_token }}{{ old_tool_parser(tools) if tools else 'none' }}
{% for m in messages %}{{ m.role|upper }}: {{ m.content|trim }}
{% endfor %}""",
    "hermes-tools": """{%- macro fn(tool) %}{"name": "{{ tool.name }}", "args": {% for p in tool.parameters.properties %}{{ p }}={{ tool.parameters.properties[p].type }}{{ ", " if not loop.last else "" }}{% endfor %}}{% endmacro %}
{%- if tools is iterable and tools | length > 0 %}<tools>{% for t in tools %}{{ fn(t.function) }}{% endfor %}</tools>
{% endif %}
{%- for message in messages %}
{{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}
{%- endfor %}""",
    "vicuna": """{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}{% if messages[0]['role'] == 'system' %}{{ messages[0]['content'] | trim + ' ' }}{% set messages = messages[1:] %}{% endif %}{% for message in messages %}{{ ('USER' if message.role == 'user' else 'ASSISTANT') ~ ': ' ~ message.content | trim }}{{ eos_token if message.role == 'assistant' else ' ' }}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}""",
    "alpaca": """{% if messages and messages[0].role == 'system' %}{{ messages[0].content.strip() }}

{% endif %}
{% for message in messages if message.role != 'system' %}
{% if message.role == 'user' %}
### Instruction:
{{ message.content.strip() }}

{% elif message.role == 'assistant' %}
### Response:
{{ message.content.strip() }}{{ eos_token }}

{% endif %}
{% endfor %}
{% if add_generation_prompt %}
### Response:
{% endif %}""",
    "smollm3": """{%- set date = strftime_now("%d %B %Y") -%}
{%- if messages and messages[0].role == "system" -%}
  {%- set system_message = messages[0].content -%}
  {%- if "/no_think" in system_message -%}
    {%- set reasoning_mode = "/no_think" -%}
  {%- else -%}
    {%- set reasoning_mode = "/think" -%}
  {%- endif -%}
  {%- set custom = system_message.replace("/no_think", "").replace("/think", "").rstrip() -%}
{%- else -%}
  {%- set custom = "" -%}
  {%- set reasoning_mode = "/think" -%}
{%- endif -%}
{{- "<|im_start|>system\\n" -}}
Today Date: {{ date }}
Reasoning Mode: {{ reasoning_mode }}
{{ custom }}
{%- for message in messages -%}
  {%- set content = message.content if message.content is string else "" -%}
  {%- if message.role == "user" -%}
    {{ "<|im_start|>" + message.role + "\\n"  + content + "<|im_end|>\\n" }}
  {%- elif message.role == "assistant" -%}
    {%- generation -%}
    {{ "<|im_start|>assistant\\n" + content.lstrip("\\n") + "<|im_end|>\\n" }}
    {%- endgeneration -%}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {%- if reasoning_mode == "/think" -%}
    {{ "<|im_start|>assistant\\n" }}
  {%- else -%}
    {{ "<|im_start|>assistant\\n" + "<think>\\n\\n</think>\\n" }}
  {%- endif -%}
{%- endif -%}""",
    "granite": """{%- if messages and messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content'] %}{%- set loop_messages = messages[1:] %}{%- else %}{%- set system_message = "Knowledge Cutoff: April 2024.\\nToday's Date: " + strftime_now('%B %d, %Y') + "." %}{%- set loop_messages = messages %}{%- endif %}
{{- '<|role|>system<|end|>' + system_message + '<|text|>\\n' }}
{%- if documents %}{%- for document in documents %}{{- '<|role|>document ' ~ document['doc_id'] ~ '\\n' ~ document['text'] }}{%- endfor %}{%- endif %}
{%- for message in loop_messages %}
{{- '<|role|>' + message['role'] + '<|end|>' + message['content'] + '<|text|>\\n' }}
{%- if loop.last and add_generation_prompt %}{{- '<|role|>assistant' }}{%- endif %}
{%- endfor %}""",
    "internlm": """{{ bos_token }}{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
    "falcon": """{% for message in messages %}{% if not loop.first %}{{ '\n' }}{% endif %}{% if message['role'] == 'system' %}{{ 'System: ' }}{% elif message['role'] == 'user' %}{{ 'User: ' }}{% elif message['role'] == 'assistant' %}{{ 'Falcon: ' }}{% endif %}{{ message['content'] }}{% endfor %}{% if add_generation_prompt %}{{ '\n' + 'Falcon:' }}{% endif %}""",
    "olmo": """{{ bos_token }}{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] }}\n{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}""",
    "functions-ts": """{% macro type_of(s) -%}
{%- if s.enum -%}{{ s.enum | map('tojson') | join(' | ') }}
{%- elif s.type == 'array' -%}{{ type_of(s['items']) }}[]
{%- elif s.type in ['integer', 'number'] -%}number
{%- else -%}{{ s.type | default('any') }}
{%- endif -%}
{%- endmacro %}
{% for tool in tools or [] %}
// {{ tool.function.description | replace('\\n', ' ') | truncate(20) }}
type {{ tool.function.name }} = (_: {
{%- for name, s in tool.function.parameters.properties.items() | sort %}
{{ name }}{{ '?' if name not in tool.function.parameters.required }}: {{ type_of(s) }}{{ ',' if not loop.last }}
{%- endfor %}}) => any;
{% endfor %}
{% for m in messages %}{{ loop.index }}/{{ loop.length }} {{ m.role }}: {{ m.content | string | indent(2) }}
{% endfor %}""",
    "loop-control": """{% for m in messages %}
{% if m.role == 'system' %}skipped {{ loop.index }}
{% continue %}
{% endif %}
[{{ m.role }}] {% if loop.index > 3 %}cut{% break %}{% endif %}
{{ m.content }}
{% endfor %}
{% if add_generation_prompt %}[assistant]{% endif %}""",
    "parts-or-text": """{% for m in messages %}{{ m.role }}: {% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content %}{% if p.type == 'text' %}{{ p.text }}{% else %}<{{ p.type }}>{% endif %}{% endfor %}{% endif %}
{% endfor %}""",
    "joined": """{{ messages | map(attribute='content') | select('string') | join('|') }}{{ messages | rejectattr('role', 'in', ['user', 'assistant']) | map(attribute='role') | list }}{{ (messages | groupby('role'))[0][0] if messages }}""",
    "recursive-json": """{% macro show(v) %}{% if v is mapping %}{ {%- for k in v | dictsort %} {{ k[0] }}={{ show(k[1]) }};{% endfor %} }{% elif v is string %}'{{ v }}'{% elif v is iterable %}[{% for x in v %}{{ show(x) }}{% if not loop.last %},{% endif %}{% endfor %}]{% else %}{{ v }}{% endif %}{% endmacro %}{{ show(messages) }}""",
    "call-blocks": """{% macro turn(role, first=false) %}<{{ role }}{{ ' first' if first }}>{{ caller() }}</{{ role }}>{% endmacro %}{% for m in messages %}{% call turn(m.role, first=loop.first) %}{{ m.content | trim }}{% endcall %}{% endfor %}""",
    "windows-lines": "{% for m in messages %}\r\n{{ m.role }}:\r\n{{ m.content }}\r\n{% endfor %}\r\n",
}

pieces = r"""
{{ '  a\n'.strip() }}|{{ '\n a \n'.strip('\n') }}|{{ 'xxaxx'.lstrip('x') }}|{{ 'abcab'.rstrip('ab') }}|{{ ' a '.strip(none) }}|{{ ''.strip('x') }}
{{ '\ufeff\x1c\x85 a\u200b'.strip() | tojson }}
{{ '  x  ' | trim }}|{{ '--x--' | trim('-') }}|{{ none | trim }}|{{ 5 | trim }}
{% for i in range(5) %}a{{ i }}{% if i == 1 %}c{% continue %}{% endif %}b{% if i == 3 %}e{% break %}{% endif %}d{% endfor %}
{% for i in [1, 2] %}{% for j in [1, 2] %}{{ i }}{{ j }}{% break %}x{% endfor %},{% endfor %}
{% break %}
{{ nothing }}|{{ nothing.a }}
{{ nothing['a'] }}
{{ messages.nothing }}|{{ messages[99] }}|{{ messages[0].nothing }}
{{ messages[0].nothing.more }}
{{ messages[99].role }}
{{ nothing + 'a' }}
{{ 'a' + nothing }}
{{ 'a' ~ nothing ~ 'b' }}
{{ nothing() }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ 'a' + none }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1, 'b'] ~ {'a': none} }}
{{ 'abc' * 2 }}|{{ 2 * [1] }}|{{ [1] + [2] }}|{{ (1,) + (2,) }}
{{ [1] + 'a' }}
{{ -'a' }}
{{ 'a' < 1 }}
{{ none > 1 }}
{{ 1 in 'a1' }}
{{ '1' in 'a1' }}|{{ 1 in [1.0] }}|{{ 'a' in {'a': 1} }}|{{ 'a' not in ['b'] }}|{{ 'x' in nothing }}
{{ 'x' in none }}
{{ 'x' in 5 }}
{% for x in nothing %}a{% else %}empty{% endfor %}
{% for x in none %}a{% endfor %}
{% for x in 5 %}a{% endfor %}
{% for a, b in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}
{% for a, b in [[1, 2, 3]] %}{{ a }}{% endfor %}
{% for a in 'añ🙂' %}[{{ a }}]{% endfor %}
{% for k in {'a': 1, 'b': 2} %}{{ k }}{% endfor %}{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}
{{ 1 / 2 }}|{{ 4 / 2 }}|{{ 7 // 2 }}|{{ -7 // 2 }}|{{ -7 % 3 }}|{{ 7.5 // 2 }}|{{ 2 ** 3 }}|{{ 2 ** -1 }}|{{ 2 ** 3 ** 2 }}
{{ 1 / 0 }}
{{ 1 % 0 }}
{{ -2 ** 2 }}|{{ -2|abs }}|{{ - 3 + 5 }}|{{ +4 }}|{{ not 1 == 2 }}
{{ 1 + 2 ~ 3 + 4 }}|{{ 1 ~ 2 * 3 }}|{{ 'a' ~ 'b' == 'ab' }}
{{ 1 < 2 < 3 }}|{{ 3 > 2 > 2 }}|{{ 1 == 1.0 == true }}
{{ 1.0 }}|{{ 1e3 }}|{{ 1.5e-7 }}|{{ 1e16 }}|{{ 123456789012345.0 }}|{{ 0.1 + 0.2 }}|{{ 1_000 }}|{{ 0x1f }}|{{ 0b11 }}|{{ 0o17 }}
{{ true }}|{{ False }}|{{ none }}|{{ None }}|{{ True + True }}
{{ [1, 'a\'b', "c\"d", none, true, 1.5, (1,), ()] }}|{{ {'a': [1], 2: 'b'} }}
{{ 'é\n\t\x07\u200b"' ~ ['é\n\t\x07\u200b"\'', "it's"] }}
{{ range(3) }}|{{ range(1, 7, 2) | list }}|{{ range(5, 0, -2) | list }}|{{ range(3)[1] }}
{{ 'abc'[0] }}|{{ 'abc'[-1] }}|{{ 'abc'[1:] }}|{{ 'abc'[::-1] }}|{{ 'abc'[:-1] }}|{{ 'a🙂c'[1] }}|{{ 'a🙂c' | length }}|{{ 'abc'[7] }}|{{ 'abcdef'[1:5:2] }}
{{ [1, 2, 3][1:] }}|{{ [1, 2, 3][-2:] }}|{{ [1, 2, 3][5:] }}|{{ (1, 2, 3)[::2] }}|{{ [1, 2, 3][::-2] }}|{{ [][0] is defined }}
{{ [1, 2][::0] }}
{{ ['a'][0.0] is defined }}|{{ [1, 2]['a'] is defined }}|{{ messages[0]['role'] }}|{{ messages[0].role }}|{{ messages.0.role }}
{{ {'items': 1}.items is callable }}|{{ {'items': 1}['items'] }}|{{ {'a': 1}['keys'] is callable }}|{{ {'a': 1}.get('b', 2) }}|{{ {'a': 1}.get('b') }}
{{ {'a': 1}.keys() | list }}|{{ {'a': 1}.values() | list }}|{{ {'a': 1}.items() | list }}|{{ {'a': 1}.keys() }}|{{ {'a': 1}.items() }}
{{ [1].append(2) }}
{% set l = [1] %}{% set _ = l.append(2) %}{{ l }}
{{ [1].append is defined }}|{{ {}.update is defined }}
{{ {}.pop('a') }}
{{ ''.__class__ is defined }}|{{ messages.__class__ }}
{{ ''.__class__.__mro__ }}
{{ messages[0]._private is defined }}
{{ 'a,b,,c'.split(',') }}|{{ 'a b  c '.split() }}|{{ ' a b c'.split(none, 1) }}|{{ 'a,b,c'.split(',', 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}|{{ 'a b'.split(' ', maxsplit=1) }}|{{ ''.split() }}|{{ ''.split(',') }}
{{ 'abc'.split('') }}
{{ 'abc'.split(1) }}
{{ 'a\nb\r\nc\x0bd\u2028e\n'.splitlines() }}|{{ 'a\nb'.splitlines(true) }}|{{ ''.splitlines() }}
{{ 'aXbX'.replace('X', '-') }}|{{ 'aaa'.replace('a', 'b', 2) }}|{{ 'ab'.replace('', '-') }}|{{ 'a.b' | replace('.', '') }}|{{ 'aaa' | replace('a', 'b', 1) }}
{{ 'abc'.startswith('a') }}|{{ 'abc'.startswith(('x', 'ab')) }}|{{ 'abc'.endswith('bc') }}|{{ 'abc'.startswith('b', 1) }}|{{ 'abc'.endswith('') }}
{{ 'abc'.startswith(['a']) }}
{{ 'abc'.startswith(none) }}
{{ 'abc'.find('c') }}|{{ 'abc'.find('x') }}|{{ 'abcabc'.rfind('b') }}|{{ 'abc'.index('b') }}|{{ 'aXbXc'.partition('X') }}|{{ 'aXbXc'.rpartition('X') }}|{{ 'abab'.count('ab') }}
{{ 'abc'.index('x') }}
{{ 'hello World'.upper() }}|{{ 'HeLLo'.lower() }}|{{ 'hello world'.title() }}|{{ "it's a dog".title() }}|{{ 'hELLO'.capitalize() }}|{{ 'aB'.swapcase() }}|{{ 'ß'.upper() }}|{{ 'Straße'.casefold() }}
{{ "it's a-dog" | title }}|{{ 'hELLO wORLD' | capitalize }}|{{ 'abc' | upper }}|{{ 5 | upper }}|{{ none | lower }}
{{ '12'.isdigit() }}|{{ 'a1'.isalnum() }}|{{ 'ab'.isalpha() }}|{{ ' '.isspace() }}|{{ ''.isdigit() }}|{{ 'AB'.isupper() }}|{{ 'ab1'.islower() }}|{{ '²'.isdigit() }}|{{ '²'.isdecimal() }}|{{ '½'.isnumeric() }}
{{ '7'.zfill(3) }}|{{ '-7'.zfill(4) }}|{{ 'a'.ljust(3, '.') }}|{{ 'a'.rjust(3) }}|{{ 'ab'.center(5, '-') }}|{{ 'abc'.center(6, '-') }}|{{ 'ab' | center(6) }}|
{{ '-'.join(['a', 'b']) }}|{{ ['a', 1, none] | join(',') }}|{{ [{'n': 1}, {'n': 2}] | join('+', attribute='n') }}|{{ 'abc' | join('.') }}
{{ ','.join([1]) }}
{{ 'prefix-x'.removeprefix('prefix-') }}|{{ 'x.py'.removesuffix('.py') }}
{{ '%s is %d and %.2f, %5s|%-5s|%05d|%x|%r|%%' % ('a', 3, 1.005, 'b', 'c', 42, 255, 'q') }}|{{ '%(a)s' % {'a': 1} }}|{{ '%s' % none }}|{{ '%s' % [1] }}
{{ '%s %s' % ('a',) }}
{{ '%d' % 'a' }}
{{ 'a' % 1 }}
{{ '{} {1} {0!r} {x:>5} {y:.1f} {z[0]} {{}}'.format('a', 'b', x='c', y=1.25, z=['d']) }}
{{ '{}|{}'.format('a', 1) }}|{{ '{:05d}|{:,}|{:<4}|{:^5}|{:x}|{:+}|{:.3}|{:%}'.format(42, 1234567, 'a', 'b', 255, 3, 'abcdef', 0.25) }}
{{ '{}'.format() }}
{{ '%s-%s' | format('a', 2) }}
{{ 'a' if true }}|{{ 'a' if false }}|{{ 'a' if false else 'b' }}|{{ 'a' if 0 else 'b' if 0 else 'c' }}|{{ ('a' if false) is defined }}
{{ 0 or 'x' }}|{{ '' and 'y' }}|{{ [] or {} or none }}|{{ 'a' and 'b' }}|{{ not [] }}|{{ not 'a' }}
{{ nothing is defined }}|{{ nothing is undefined }}|{{ none is none }}|{{ 1 is number }}|{{ true is number }}|{{ 'a' is string }}|{{ {} is mapping }}|{{ [] is sequence }}|{{ {} is sequence }}|{{ 'a' is iterable }}|{{ 1 is iterable }}
{{ 1 is integer }}|{{ true is integer }}|{{ 1.0 is float }}|{{ true is boolean }}|{{ true is true }}|{{ 1 is true }}|{{ false is false }}|{{ none is sameas none }}|{{ 1 is sameas true }}
{{ 3 is odd }}|{{ 4 is even }}|{{ 9 is divisibleby 3 }}|{{ 9 is divisibleby(2) }}|{{ 'a' is in ['a'] }}|{{ 'a' is not in 'b' }}|{{ 1 is eq 1 }}|{{ 2 is gt 1 }}|{{ 'ab' is lower }}|{{ 'AB' is upper }}|{{ '1' is lower }}
{{ nothing is sequence }}|{{ nothing is iterable }}|{{ nothing is string }}|{{ nothing is none }}|{{ range is callable }}|{{ messages is iterable and messages is not string }}|{{ range(2) is sequence }}|{{ {}.keys() is sequence }}
{{ 'a' is odd }}
{{ 1 is equalto }}
{{ 1 is nosuchtest }}
{{ 1 | nosuchfilter }}
{% if false %}{{ 1 | nosuchfilter }}{% endif %}ok
{% if true %}{{ 1 | nosuchfilter }}{% endif %}ok
{{ nothing | default('d') }}|{{ '' | default('d') }}|{{ '' | default('d', true) }}|{{ none | default('d') }}|{{ none | d('e', boolean=true) }}|{{ messages[0].x | default('z') }}
{{ [3, 1, 2] | sort }}|{{ ['b', 'A', 'c'] | sort }}|{{ ['b', 'A'] | sort(case_sensitive=true) }}|{{ [3, 1] | sort(reverse=true) }}|{{ [{'n': 2}, {'n': 1}] | sort(attribute='n') }}|{{ [1, 2] | reverse | list }}|{{ 'abc' | reverse }}
{{ [1, 'a'] | sort }}
{{ {'b': 1, 'A': 2} | dictsort }}|{{ {'b': 1, 'a': 2} | dictsort(false, 'value') }}|{{ {'a': 1, 'b': 2} | dictsort(reverse=true) }}
{{ [1, 2, 3] | first }}|{{ [1, 2, 3] | last }}|{{ [] | first }}|{{ 'abc' | first }}|{{ [4, 2] | min }}|{{ [4, 2] | max }}|{{ [1, 2] | sum }}|{{ [{'a': 1}, {'a': 5}] | sum(attribute='a') }}|{{ [1, 1, 2] | unique | list }}|{{ ['a', 'A'] | unique | list }}
{{ [1, 2, 3] | length }}|{{ 'abc' | count }}|{{ {} | length }}|{{ nothing | length }}
{{ 5 | length }}
{{ [1, 2] | map('string') | list }}|{{ ['a', 'b'] | map('upper') | join }}|{{ messages | map(attribute='role') | list }}|{{ messages | map(attribute='x', default='-') | list }}|{{ [1, 0, 2] | select | list }}|{{ [1, 2, 3] | select('odd') | list }}|{{ [1, 2, 3] | reject('odd') | list }}|{{ [1, 5] | select('>', 2) | list }}
{{ messages | selectattr('role', 'equalto', 'user') | list | length }}|{{ messages | selectattr('x') | list }}|{{ messages | rejectattr('role', 'ne', 'user') | map(attribute='content') | list }}|{{ messages | selectattr('role', 'in', ['user']) | first }}
{{ messages | selectattr('role') | length }}
{{ (messages | map(attribute='role'))[0] }}
{% set g = [1, 2] | map('string') %}{{ g | list }}{{ g | list }}
{{ [1, 2, 3, 4, 5] | batch(2) | list }}|{{ [1, 2, 3] | batch(2, 0) | list }}|{{ [1, 2, 3, 4, 5] | slice(2) | list }}|{{ [1, 2, 3] | slice(2, 'x') | list }}
{{ '42' | int }}|{{ '4.9' | int }}|{{ 'x' | int }}|{{ 'x' | int(7) }}|{{ 3.9 | int }}|{{ '1.5' | float }}|{{ 'x' | float }}|{{ '1f' | int(base=16) }}|{{ none | int }}|{{ true | int }}|{{ ' 5 ' | int }}
{{ 3.14159 | round(2) }}|{{ 2.5 | round }}|{{ 3.5 | round }}|{{ 7 | round }}|{{ 1.2 | round(0, 'ceil') }}|{{ 1.55 | round(1) }}|{{ 2.675 | round(2) }}|{{ 1.29 | round(1, 'floor') }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(1, blank=true) }}|{{ 'a\nb' | indent('> ') }}|{{ 'a\n' | indent(2) }}|{{ '' | indent }}
{{ 'foo bar baz qux' | truncate(9) }}|{{ 'foo bar baz qux' | truncate(9, true) }}|{{ 'foo bar baz qux' | truncate(11) }}|{{ 'foo bar baz qux' | truncate(11, false, '..', 0) }}
{{ 'a b  c' | wordcount }}|{{ 'a b/c?d=é' | urlencode }}|{{ {'a': 'b c'} | urlencode }}|{{ [1, 2] | string }}|{{ 5 | string + 'a' }}
{{ {'a': 1, 'b': [1, 'x', none, true, 1.5], 'ä': '<é>\u2028"\\'} | tojson }}|{{ [] | tojson(indent=2) }}|{{ {} | tojson(indent=2) }}
{{ {'a': [1, {'b': 2}], 'c': {}} | tojson(indent=2) }}
{{ {'b': 1, 'a': 2} | tojson(sort_keys=true) }}|{{ {'b': 1} | tojson(separators=(',', ':')) }}|{{ 'é🙂' | tojson(ensure_ascii=true) }}|{{ (1, 2) | tojson }}|{{ {1: 2, none: 3} | tojson }}|{{ [1] | tojson(indent='--') }}
{{ nothing | tojson }}
{{ {'a': nothing} | tojson }}
{{ range(2) | tojson }}
{{ 'a' | tojson | length }}|{{ messages | tojson }}
{{ '<b>' | escape }}|{{ '<b>' | e ~ '<i>' }}|{{ '<b>' | safe }}|{{ ('<b>' | safe) ~ '<i>' }}|{{ '<' | safe + '<' }}
{% set x = 1 %}{% for i in range(3) %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}
{% set ns = namespace(x=1, y='a') %}{% for i in range(3) %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}{{ ns.z is defined }}|{{ ns }}
{% set x = {} %}{% set x.a = 1 %}
{% set ns = namespace() %}{% set ns._a = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set (c, d) = [3, 4] %}{{ c }}{{ d }}
{% set a, b = 1 %}
{% set x %}a{{ 1 }}b{% endset %}[{{ x }}]{% set y | upper | trim %} ab {% endset %}[{{ y }}]
{% if true %}{% set x = 1 %}{% endif %}{{ x }}{% if false %}{% set z = 1 %}{% endif %}{{ z }}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% set c = 3 %}{% endwith %}{{ a }}{{ c }}
{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% macro m(a, b=2, c='x') %}[{{ a }},{{ b }},{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=4) }}{{ m() }}{{ m(b=1, a=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, x=2) }}
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}
{% macro m(a, b=a ~ '!') %}{{ b }}{% endmacro %}{{ m('x') }}|{{ m.name }}{{ m.arguments }}
{% macro f(n) %}{% if n > 1 %}{{ n }},{{ f(n - 1) }}{% else %}1{% endif %}{% endmacro %}{{ f(4) }}
{% set y = 1 %}{% macro m() %}{{ y }}{{ z }}{% endmacro %}{% set z = 2 %}{{ m() }}
{% macro m() %}{% set q = 1 %}{% endmacro %}{{ m() }}{{ q is defined }}
{% macro outer() %}({{ caller('x') }}){% endmacro %}{% call(v) outer() %}got {{ v }}{% endcall %}
{% macro outer() %}x{% endmacro %}{% call outer() %}a{% endcall %}
{% filter upper %}a{{ 'b' }}{% endfilter %}|{% filter replace('a', 'b') | upper %}aca{% endfilter %}
{% for i in [1, 2, 3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }};{% endfor %}
{% for i in [1, 1, 2] %}{{ loop.changed(i) }}{% endfor %}{{ loop is defined }}
{% for i in [1, 2, 3, 4] if i is even %}{{ loop.index }}{{ i }}{% else %}none{% endfor %}|{% for i in [1] if i > 1 %}x{% else %}none{% endfor %}
{% for n in [{'v': 1, 'c': [{'v': 2, 'c': []}]}] recursive %}{{ n.v }}({{ loop(n.c) }}){{ loop.depth }}{% endfor %}
{% for i in [1] %}{{ loop(i) }}{% endfor %}
{% for i in [1, 2] %}{% for j in [3] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{% raw %}{{ not }} {% this %}{% endraw %}|{%- raw -%}  a  {%- endraw -%}  b
a {# comment #} b {#- x -#} c
  {% if true %}  
  x
  {% endif %}
y
  {%+ if true %}a{% endif +%}
b {%- if true -%}  c  {%- endif %} d
a  {{- ' b ' -}}  c
{{ '{%' }}{{ '%}' }}{{ '}}' }}{{ "{{" }}{{ {'a': {'b': 1}}['a']['b'] }}{{ {'a': {'b': 1}} }}
{{ 'a' 'b' "c" }}|{{ 'tab\tnl\\n\'q\' \x41\u00e9\101 \d' }}
{{ [1, 2,] }}|{{ (1, 2,) }}|{{ {'a': 1,} }}|{{ () }}|{{ (1) }}|{{ 1, 2 }}
{{ raise_exception('stop') }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %b %B %a %A %j %y %I %p %-d %%') }}
{{ dict(a=1, b=2) }}|{{ dict([['x', 1]]) }}|{{ dict({'q': 1}, r=2) }}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}|{% set j = joiner('; ') %}{{ j() }}a{{ j() }}b
{{ messages[0] }}
{{ messages | list == messages }}|{{ [1, 2] == [1, 2] }}|{{ {'a': 1} == {'a': 1.0} }}|{{ (1,) == [1] }}|{{ nothing == nothing2 }}|{{ nothing == none }}|{{ 'a' != 'b' }}|{{ [1, 2] < [1, 3] }}
{{ not messages }}|{{ messages and true }}|{{ messages[0]['content'] and messages[0]['content'] is not none }}
{{ messages[0].role.upper()[0:2] }}|{{ messages[0]['role'].replace('user', 'U').lower() }}|{{ (messages | first).role }}|{{ (messages | last)['content'] }}
{{ [[1, 2], [3]] | sum(start=[]) }}|{{ [1, 2, 3] | map('float') | list }}|{{ ['b', 'a'] | map('default', 'x') | sort | join }}
{{ 'a' | attr('upper') is callable }}|{{ {'a': 1} | attr('a') is defined }}|{{ [{'a': {'b': 1}}] | map(attribute='a.b') | list }}|{{ [['x', 'y']] | map(attribute=1) | list }}
{% print 'a', 1 %}
{% block b %}in{% endblock %}
{% for i in range(100001) %}{% endfor %}
{% do [].append(1) %}
{% nosuchtag %}
{% if %}
{% if true %}
{{ 1 + }}
{{ (1 }}
{% endif %}
{{ a b }}
{% for x in %}{% endfor %}
{{ 'unterminated }}
{% set 1 = 2 %}
{% set true = 2 %}
{{ loop }}
{{ self is defined }}|{{ globalThis is defined }}|{{ constructor is defined }}|{{ toString }}|{{ messages.length is defined }}|{{ ''.length is defined }}
{{ messages[0]['constructor'] is defined }}|{{ {}['__proto__'] is defined }}|{{ {}.hasOwnProperty is defined }}
{{ 'İ'.lower() | length }}|{{ 'ΑΣ'.lower() }}|{{ 'ǆ'.title() | length }}
{{ bos_token }}{{ eos_token }}{{ pad_token }}{{ sep_token is defined }}{{ tools is none }}{{ documents is none }}{{ add_generation_prompt }}
{{ f(*[1, 2]) if f is defined else range(*[1, 3]) | list }}|{{ dict(**{'a': 1}) }}
{{ 'a' * 3 ~ 'b' }}|{{ 2 * 3 + 4 }}|{{ 2 + 3 * 4 }}|{{ (2 + 3) * 4 }}|{{ 10 - 2 - 3 }}|{{ 100 // 7 % 4 }}
{{ 1 if true else 2 ~ 'x' }}|{{ 'a' in 'abc' and 'd' not in 'abc' }}|{{ not 'a' in 'abc' }}|{{ 'a' is string and 1 is not string }}|{{ 5 is odd | string }}
""".strip("\n").split("\n")
# The ones of several lines.
pieces += [
    "  {% if true %}  \n  x\n  {% endif %}\ny\n",
    "{% for i in [1, 2] %}\n  - {{ i }}\n{% endfor %}\n",
    "{%- for i in [1, 2] -%}\n  {{ i }}\n{%- endfor -%}\n end",
    "a\n\n{% if true -%}\n\n b \n\n{%- endif %}\n\nc\n\n",
    "\t{# x #}\n\t{{ 1 }}\n\t{%+ if true %}\n\tz{% endif %}",
    "{% set a = 'x\ny' %}{{ a }}\n{% raw %}\n {{ a }}\n{% endraw %}\nend",
    "a {% if true %}\n b\n {% endif %} c\n  {%- if true %} d{% endif %}",
    "{# many\nlines #}\nx {#- y -#}\n\n z",
    "{% macro m() %}\n  in\n{% endmacro %}\n[{{ m() }}]\n{% call m() %}{% endcall %}",
    "{% generation %}\n {% set q = 1 %}a\n{% endgeneration %}\n{{ q is defined }}",
    "\ufeff{{ 1 }}\x0b{% if true %}\x0bx{% endif %}",
    "\u00a0\u2003{%- if true -%}\u00a0\u3000x\ufeff{%- endif -%}\u2028y",
    "{{ 1 }}\n\n",
    "\n{{ 1 }}",
    "{{ 'a\\\nb' }}",
]


def render(source, talk, generation, **more):
    values = {"messages": talk, "tools": None, "documents": None, "add_generation_prompt": generation, **special, **more}
    try:
        return {"text": compiled(source).render(**values)}
    except Exception as error:  # noqa: BLE001
        return {"error": type(error).__name__}


def family(source):
    cases = []
    for name, talk in talks.items():
        for generation in (False, True) if name in ("one", "pair", "system") else (len(cases) % 2 == 0,):
            tools = [weather] if name in ("tools", "three") else None
            case = {"talk": name, "generation": generation, "tools": tools is not None}
            cases.append({**case, **render(source, talk, generation, tools=tools)})
    return {"source": source, "cases": cases}


out = {
    "now": moment.isoformat(),
    "talks": talks,
    "tools": [weather],
    "special": special,
    "families": {name: family(source) for name, source in families.items()},
    "pieces": [{"source": source, **render(source, talks["system"], True)} for source in pieces],
}
path = Path(__file__).parent / "templates.json"
path.write_text(json.dumps(out, ensure_ascii=True, indent=0).replace("\n", "\n") + "\n")
print(len(families), "families,", sum(len(f["cases"]) for f in out["families"].values()), "cases,", len(pieces), "pieces,", path.stat().st_size, "bytes")
