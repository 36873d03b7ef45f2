import { checkText, fail } from './error';
import type { Value } from './values';
import { Float, Frozen, Generator, Markup, Namespace, Undefined } from './values';

/** A float as Python prints it. */
export const floatText = (value: number): string => {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
};

const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };

const textRepr = (text: string): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\p{C}\p{Z}\\'"]/gu, (c) => {
    if (c === ' ' || ((c === '"' || c === "'") && c !== quote)) return c;
    if (c === quote) return `\\${c}`;
    const code = c.codePointAt(0)!;
    const hex = code.toString(16);
    return (
      named[c] ??
      (code < 0x100
        ? `\\x${hex.padStart(2, '0')}`
        : code < 0x10000
          ? `\\u${hex.padStart(4, '0')}`
          : `\\U${hex.padStart(8, '0')}`)
    );
  });
  return quote + inner + quote;
};

/** Python's repr(). */
export const repr = (value: Value, depth = 0): string => {
  if (depth > 100) return fail('values are nested too deeply to print');
  const items = (list: readonly Value[]) => {
    const parts: string[] = [];
    let length = 0;
    for (const item of list) {
      const part = repr(item, depth + 1);
      length += part.length;
      checkText(length);
      parts.push(part);
    }
    return parts.join(', ');
  };
  if (typeof value === 'string') return textRepr(value);
  if (Array.isArray(value)) return `[${items(value)}]`;
  if (value instanceof Map) {
    const entries = [...value].map(([k, v]) => `${repr(k, depth + 1)}: ${repr(v, depth + 1)}`).join(', ');
    checkText(entries.length);
    return `{${entries}}`;
  }
  if (value instanceof Frozen) {
    if (value.printed !== undefined) return value.printed;
    if (value.kind === 'tuple') return `(${items(value.items)}${value.items.length === 1 ? ',' : ''})`;
    return `${value.kind}([${items(value.items)}])`;
  }
  if (value instanceof Markup) return `Markup(${textRepr(value.text)})`;
  if (value instanceof Undefined) return 'Undefined';
  return toText(value, depth);
};

/** Python's str(), which is also what `{{ }}` writes. */
export const toText = (value: Value, depth = 0): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (value === null) return 'None';
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return '';
  if (value instanceof Markup) return value.text;
  if (value instanceof Namespace) {
    return `<Namespace ${repr(new Map([...value.attributes] as [Value, Value][]), depth)}>`;
  }
  if (Array.isArray(value) || value instanceof Map || value instanceof Frozen) return repr(value, depth);
  // Python would print an address of memory.
  return fail(
    `a ${value instanceof Generator ? 'generator' : 'function'} is printed; make a list or call it`,
  );
};

const htmlEscapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&#39;',
  '"': '&#34;',
};

export const escapeHtml = (value: Value): Markup =>
  value instanceof Markup ? value : new Markup(toText(value).replace(/[&<>'"]/g, (c) => htmlEscapes[c]!));

/** Texts put together. @throws TooMuch before more than a template may make is made */
export const joinTexts = (parts: readonly Value[], separator = ''): string => {
  const texts = parts.map((part) => toText(part));
  let length = separator.length * Math.max(0, texts.length - 1);
  for (const text of texts) length += text.length;
  checkText(length);
  return texts.join(separator);
};

export interface JsonOptions {
  indent?: string | undefined;
  separators?: [string, string] | undefined;
  ensureAscii?: boolean;
  sortKeys?: boolean;
}

/** Python's json.dumps(). @throws TemplateError for what has no form in JSON */
export const toJson = (value: Value, options: JsonOptions = {}, depth = 0): string => {
  if (depth > 200) return fail('values are nested too deeply for JSON');
  const { indent } = options;
  const [comma, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': '];
  const quote = (text: string) => {
    const quoted = JSON.stringify(text);
    if (!options.ensureAscii) return quoted;
    return quoted.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  };
  const wrap = (open: string, parts: string[], close: string) => {
    checkText(
      parts.reduce((sum, part) => sum + part.length, 0) + parts.length * (indent?.length ?? 0) * (depth + 1),
    );
    if (parts.length === 0 || indent === undefined) return open + parts.join(comma) + close;
    const line = `\n${indent.repeat(depth)}`;
    return `${open}${line}${indent}${parts.join(`${comma}${line}${indent}`)}${line}${close}`;
  };
  if (typeof value === 'string') return quote(value);
  if (value instanceof Markup) return quote(value.text);
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Float) {
    if (Number.isFinite(value.value)) return floatText(value.value);
    return Number.isNaN(value.value) ? 'NaN' : value.value > 0 ? 'Infinity' : '-Infinity';
  }
  if (Array.isArray(value) || (value instanceof Frozen && value.kind === 'tuple')) {
    const items = Array.isArray(value) ? value : value.items;
    return wrap(
      '[',
      items.map((item) => toJson(item, options, depth + 1)),
      ']',
    );
  }
  if (value instanceof Map) {
    const keyText = (key: Value) => {
      if (typeof key === 'string') return key;
      if (key === null || typeof key === 'number' || typeof key === 'boolean') return toJson(key);
      return fail('keys must be str, int, float, bool or None');
    };
    const entries = [...value];
    if (options.sortKeys) entries.sort(([a], [b]) => (keyText(a) < keyText(b) ? -1 : 1));
    const parts = entries.map(([k, v]) => quote(keyText(k)) + colon + toJson(v, options, depth + 1));
    return wrap('{', parts, '}');
  }
  return fail(
    `Object of type ${value instanceof Undefined ? 'Undefined' : 'function'} is not JSON serializable`,
  );
};
