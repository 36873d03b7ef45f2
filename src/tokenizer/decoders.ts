import { characterBytes } from './byte-characters';
import type { Json } from './error';
import { byType, listAt, textAt } from './error';
import { readPattern } from './pattern';

/** Turns tokens back into texts that are joined. */
export type Decoder = (tokens: readonly string[]) => string[];

const encoder = new TextEncoder();
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A token with a character that stands for no byte is a text of its own. */
const byteLevel: Decoder = (tokens) => {
  const bytes: number[] = [];
  for (const token of tokens) {
    const own: number[] = [];
    for (const character of token) {
      const byte = characterBytes.get(character);
      if (byte === undefined) {
        own.splice(0, own.length, ...encoder.encode(token));
        break;
      }
      own.push(byte);
    }
    bytes.push(...own);
  }
  return [lossy.decode(Uint8Array.from(bytes))];
};

const byteFallback: Decoder = (tokens) => {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      texts.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      for (const _ of bytes) texts.push('\ufffd');
    }
    bytes = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([\dA-Fa-f]{2})>$/.exec(token)?.[1];
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
};

/** As transformers does it where clean_up_tokenization_spaces asks for it. */
export const cleanUp = (text: string): string =>
  [' .', ' ?', ' !', ' ,']
    .reduce((t, sign) => t.replaceAll(sign, sign.trim()), text)
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");

/** As the decoder of words does it, which knows one more. */
const cleanWord = (text: string): string =>
  [' .', ' ?', ' !', ' ,']
    .reduce((t, sign) => t.replaceAll(sign, sign.trim()), text)
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(' do not', " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");

const wordPiece = (config: Json): Decoder => {
  const prefix = typeof config['prefix'] === 'string' ? config['prefix'] : '##';
  const clean = config['cleanup'] !== false;
  return (tokens) =>
    tokens.map((token, i) => {
      let text = token;
      if (i > 0) text = token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return clean ? cleanWord(text) : text;
    });
};

const metaspace = (config: Json, place: string): Decoder => {
  const replacement = textAt(config['replacement'] ?? '▁', `${place}.replacement`);
  const given = config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');
  const drops = String(given).toLowerCase() !== 'never';
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && drops ? '' : ' '));
};

const strip = (config: Json, place: string): Decoder => {
  const content = textAt(config['content'] ?? ' ', `${place}.content`);
  const most = (name: string) => Number(config[name] ?? 0);
  return (tokens) =>
    tokens.map((token) => {
      const characters = Array.from(token);
      let start = 0;
      let end = characters.length;
      while (start < Math.min(most('start'), characters.length) && characters[start] === content) start++;
      for (let i = 0; i < most('stop') && end > 0 && characters[end - 1] === content; i++) end--;
      return characters.slice(start, Math.max(start, end)).join('');
    });
};

const replace = (config: Json, place: string): Decoder => {
  const find = readPattern(config['pattern'], `${place}.pattern`);
  const content = textAt(config['content'], `${place}.content`);
  return (tokens) =>
    tokens.map((token) => {
      let written = '';
      let last = 0;
      for (const { start, end } of find(token)) {
        written += token.slice(last, start) + content;
        last = end;
      }
      return written + token.slice(last);
    });
};

const sequence = (config: Json, place: string): Decoder => {
  const all = listAt(config['decoders'], `${place}.decoders`).map((one, i) =>
    byType(makers, one, `${place}.decoders[${i}]`),
  );
  return (tokens) => all.reduce((now, decode) => decode(now), [...tokens]);
};

const makers: Record<string, (config: Json, place: string) => Decoder> = {
  BPEDecoder: (config) => {
    const suffix = typeof config['suffix'] === 'string' ? config['suffix'] : '</w>';
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
  },
  ByteFallback: () => byteFallback,
  ByteLevel: () => byteLevel,
  Fuse: () => (tokens) => [tokens.join('')],
  Metaspace: metaspace,
  Replace: replace,
  Sequence: sequence,
  Strip: strip,
  WordPiece: wordPiece,
};

/** Without one, tokens are put together with spaces. @throws TokenizerError for a kind that is not known */
export const readDecoder = (config: unknown): ((tokens: readonly string[]) => string) => {
  if (config === null || config === undefined) return (tokens) => tokens.join(' ');
  const decode = byType(makers, config, 'decoder');
  return (tokens) => decode(tokens).join('');
};
