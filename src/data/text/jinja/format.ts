import { checkText, fail } from './error';
import { floatText, repr, toText } from './print';
import type { Value } from './values';
import { asInteger, asNumber, Float, Frozen, lengthOf, typeName, Undefined } from './values';

export const repeat = (text: string, count: number): string => {
  checkText(text.length * Math.max(0, count));
  return text.repeat(Math.max(0, count));
};

/** `align`: < left, > right, ^ middle, = after the sign. */
export const pad = (text: string, width: number, align: string, fill = ' '): string => {
  const missing = width - lengthOf(text);
  if (missing <= 0) return text;
  if (align === '<') return text + repeat(fill, missing);
  if (align === '>') return repeat(fill, missing) + text;
  if (align === '=') {
    const sign = /^[-+ ]?(?:0[xXob])?/.exec(text)![0];
    return sign + repeat(fill, missing) + text.slice(sign.length);
  }
  const left = Math.floor(missing / 2);
  return repeat(fill, left) + text + repeat(fill, missing - left);
};

/** With that many decimals; exact ties go to the even digit, where toFixed goes up. */
export const fixed = (value: number, decimals: number): string => {
  const rounded = value.toFixed(decimals);
  if (decimals > 60 || Math.abs(value) >= 1e21) return rounded;
  const exact = value.toFixed(decimals + 40);
  const cut = exact.slice(0, exact.length - 40 + (decimals === 0 ? -1 : 0));
  const isTie = /^50*$/.test(exact.slice(-40));
  return isTie && Number(cut.at(-1)) % 2 === 0 ? cut : rounded;
};

const exponentText = (value: number, precision: number) =>
  value.toExponential(precision).replace(/e([-+])(\d)$/, 'e$10$2');

const general = (value: number, precision: number, alternate: boolean): string => {
  const digits = precision || 1;
  const exponent = value === 0 ? 0 : Number(value.toExponential(digits - 1).split('e')[1]);
  const text =
    exponent < -4 || exponent >= digits
      ? exponentText(value, digits - 1)
      : fixed(value, Math.max(0, digits - 1 - exponent));
  return alternate || !text.includes('.') ? text : text.replace(/\.?0+(?=e|$)/, '');
};

interface Spec {
  type: string;
  alternate: boolean;
  sign: string;
  precision: number | undefined;
}

/** A number in one of the forms d, x, X, o, b, e, f, g, %. */
const formatNumber = (value: number, { type, alternate, sign, precision }: Spec): string => {
  const isNegative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  if ('eEfFgG%'.includes(type) && (precision ?? 6) > 100)
    return fail('a precision above 100 is not supported here');
  const forms: Record<string, () => string> = {
    d: () => String(size),
    x: () => (alternate ? '0x' : '') + size.toString(16),
    X: () => (alternate ? '0X' : '') + size.toString(16).toUpperCase(),
    o: () => (alternate ? '0o' : '') + size.toString(8),
    b: () => (alternate ? '0b' : '') + size.toString(2),
    e: () => exponentText(size, precision ?? 6),
    f: () => fixed(size, precision ?? 6),
    g: () => general(size, precision ?? 6, alternate),
    '%': () => `${fixed(size * 100, precision ?? 6)}%`,
  };
  const form =
    forms[type] ?? forms[type.toLowerCase()] ?? (() => fail(`the format ${type} is not supported here`));
  const text = Number.isFinite(value) ? form() : floatText(size);
  const cased = type === 'E' || type === 'G' || type === 'F' ? text.toUpperCase() : text;
  return (isNegative ? '-' : sign === '+' || sign === ' ' ? sign : '') + cased;
};

const thousands = (text: string, sign: string) =>
  text.replace(
    /^([-+ ]?)(\d+)/,
    (_, s: string, digits: string) => s + digits.replace(/\B(?=(\d{3})+$)/g, sign),
  );

/** `format(value, spec)`. */
const formatValue = (value: Value, spec: string): string => {
  if (spec === '') return toText(value);
  const parts = /^(?:(.)?([<>=^]))?([-+ ]?)(#?)(0?)(\d*)([,_]?)(?:\.(\d+))?([a-zA-Z%]?)$/su.exec(spec);
  if (!parts) return fail(`invalid format specifier '${spec}'`);
  const [, fill, align, sign, alternate, zero, width, group, precision, type] = parts;
  const options = {
    alternate: alternate !== '',
    sign: sign!,
    precision: precision === undefined ? undefined : Number(precision),
  };
  const number = asNumber(value);
  let text: string;
  let side = align;
  if (typeof value === 'string' || number === undefined) {
    if (typeof value !== 'string')
      return fail(`unsupported format string passed to ${typeName(value)}.__format__`);
    if ((type !== '' && type !== 's') || sign !== '' || align === '=')
      return fail(`invalid format specifier '${spec}' for str`);
    text = options.precision === undefined ? value : Array.from(value).slice(0, options.precision).join('');
    side ??= '<';
  } else {
    const isFloat = value instanceof Float;
    if (isFloat && type !== '' && 'dxXob'.includes(type!))
      return fail(`unknown format code '${type}' for object of type 'float'`);
    if (!isFloat && precision !== undefined && 'dxXob'.includes(type!))
      return fail('precision not allowed in integer format specifier');
    if (type === '' && isFloat && precision === undefined) {
      text = (number >= 0 && sign !== '-' ? sign : '') + floatText(number);
    } else text = formatNumber(number, { ...options, type: type || (isFloat ? 'g' : 'd') });
    if (group) text = thousands(text, group);
    side ??= zero ? '=' : '>';
  }
  return pad(text, Number(width || 0), side!, fill ?? (zero ? '0' : ' '));
};

/** `template.format(...)`; `lookUp` finds attributes and items of what a field names. */
export const formatBraces = (
  template: string,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  lookUp: { attribute(value: Value, name: string): Value; item(value: Value, key: Value): Value },
): string => {
  let automatic = 0;
  let isManual: boolean | undefined;
  let length = 0;
  const field = (inner: string): string => {
    const found = /^([^!:[\].]*)((?:\.[^!:[\].]+|\[[^\]]+\])*)(?:!([rsa]))?(?::([\s\S]*))?$/u.exec(inner);
    if (!found) return fail(`the field {${inner}} cannot be read`);
    const [, name, path, conversion, spec = ''] = found;
    let value: Value | undefined;
    if (/^\d*$/.test(name!)) {
      const isAutomatic = name === '';
      isManual ??= !isAutomatic;
      if (isManual === isAutomatic)
        return fail('cannot switch between automatic and manual numbers of fields');
    }
    if (name === '') value = positional[automatic++];
    else value = /^\d+$/.test(name!) ? positional[Number(name)] : named.get(name!);
    if (value === undefined) return fail(`there is no value for the field {${inner}}`);
    for (const [step] of path!.matchAll(/\.[^.[]+|\[[^\]]+\]/g)) {
      const key = step.startsWith('.') ? step.slice(1) : step.slice(1, -1);
      value = step.startsWith('.')
        ? lookUp.attribute(value, key)
        : lookUp.item(value, /^\d+$/.test(key) ? Number(key) : key);
    }
    if (conversion === 'r' || conversion === 'a') value = repr(value);
    if (conversion === 's') value = toText(value);
    return formatValue(
      value,
      spec.replace(/\{([^{}]*)\}/g, (_, nested: string) => field(nested)),
    );
  };
  return template.replace(/\{\{|\}\}|\{((?:[^{}]|\{[^{}]*\})*)\}|[{}]/g, (whole, inner?: string) => {
    if (whole === '{{') return '{';
    if (whole === '}}') return '}';
    if (inner === undefined) return fail(`single '${whole}' in a format string`);
    const text = field(inner);
    length += text.length;
    checkText(length);
    return text;
  });
};

/** `template % values`. */
export const formatPercent = (template: string, values: Value): string => {
  const items = values instanceof Frozen && values.kind === 'tuple' ? values.items : [values];
  const mapping = values instanceof Map ? values : undefined;
  let next = 0;
  let length = 0;
  const take = (): Value => {
    if (next >= items.length) return fail('not enough arguments for format string');
    return items[next++]!;
  };
  const text = template.replace(
    /%(?:\(([^)]*)\))?([-#0 +]*)(\*|\d*)(?:\.(\*|\d+))?[hlL]?([\s\S]?)/gu,
    (
      _,
      key: string | undefined,
      flags: string,
      width: string,
      precision: string | undefined,
      type: string,
    ) => {
      if (type === '%') return '%';
      const count = (given: string) =>
        given === '*' ? (asInteger(take()) ?? fail('* wants int')) : Number(given || 0);
      const wide = count(width);
      const exact = precision === undefined ? undefined : count(precision);
      let value: Value;
      if (key === undefined) value = take();
      else
        value =
          (mapping ?? fail('format requires a mapping')).get(key) ?? fail(`the key '${key}' is missing`);
      if (key !== undefined) next = items.length;
      let formatted: string;
      if ('sra'.includes(type) && type !== '') {
        const whole = type === 's' ? toText(value) : repr(value);
        formatted = exact === undefined ? whole : Array.from(whole).slice(0, exact).join('');
      } else if (type === 'c')
        formatted = typeof value === 'string' ? value : String.fromCodePoint(asInteger(value) ?? 0);
      else {
        if (!'diuxXoeEfFgG'.includes(type) || type === '')
          return fail(`unsupported format character '${type}'`);
        const number =
          asNumber(value) ?? fail(`%${type} format: a real number is required, not ${typeName(value)}`);
        const isWhole = 'diu'.includes(type);
        const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
        formatted = formatNumber(isWhole ? Math.trunc(number) : number, {
          type: isWhole ? 'd' : type,
          alternate: flags.includes('#'),
          sign,
          precision: exact,
        });
        if (isWhole && exact !== undefined)
          formatted = pad(formatted, exact + (/^[-+ ]/.test(formatted) ? 1 : 0), '=', '0');
        if (flags.includes('0') && !flags.includes('-')) formatted = pad(formatted, wide, '=', '0');
      }
      const padded = pad(formatted, wide, flags.includes('-') ? '<' : '>');
      length += padded.length;
      checkText(length);
      return padded;
    },
  );
  // Python lets pass what has items, a list as well as a mapping.
  const mayBeLeft = mapping || Array.isArray(values) || values instanceof Undefined;
  if (next < items.length && !mayBeLeft) return fail('not all arguments converted during string formatting');
  return text;
};
