import type { Json } from '../error';
import { bad, listAt, quoted } from '../error';
import type { TokenModel } from './model';
import { byteIds, readVocabulary } from './vocabulary';

/** Which two ids become which, and how early. */
interface Merge {
  rank: number;
  id: number;
}

/** Two ids as one number; ids stay below 2^24. */
const pairKey = (left: number, right: number) => left * 0x1000000 + right;

const CACHED_WORDS = 20_000;
const CACHED_LENGTH = 256;

const readMerges = (value: unknown, ids: ReadonlyMap<string, number>, prefix: string): Map<number, Merge> => {
  const merges = new Map<number, Merge>();
  for (const [rank, merge] of listAt(value, 'model.merges').entries()) {
    const place = `model.merges[${rank}]`;
    const parts = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || parts.some((part) => typeof part !== 'string')) {
      return bad(place, `${quoted(merge)} is not two tokens`);
    }
    const [left, right] = parts as [string, string];
    const whole = left + (prefix !== '' && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    const [a, b, id] = [left, right, whole].map(
      (token) => ids.get(token) ?? bad(place, `needs the token ${quoted(token)}, which is none`),
    );
    merges.set(pairKey(a!, b!), { rank, id: id! });
  }
  return merges;
};

/** A heap of merges that may be done, the earliest in the list first, then the leftmost. */
class Queue {
  private readonly items: { rank: number; at: number; id: number }[] = [];
  push(item: { rank: number; at: number; id: number }) {
    const { items } = this;
    let i = items.length;
    items.push(item);
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!Queue.isBefore(items[i]!, items[up]!)) break;
      [items[i], items[up]] = [items[up]!, items[i]!];
      i = up;
    }
  }
  pop() {
    const { items } = this;
    const top = items[0];
    const last = items.pop();
    if (items.length > 0 && last) {
      items[0] = last;
      let i = 0;
      for (;;) {
        const left = 2 * i + 1;
        let least = i;
        if (left < items.length && Queue.isBefore(items[left]!, items[least]!)) least = left;
        if (left + 1 < items.length && Queue.isBefore(items[left + 1]!, items[least]!)) least = left + 1;
        if (least === i) break;
        [items[i], items[least]] = [items[least]!, items[i]!];
        i = least;
      }
    }
    return top;
  }
  private static isBefore(a: { rank: number; at: number }, b: { rank: number; at: number }) {
    return a.rank < b.rank || (a.rank === b.rank && a.at < b.at);
  }
}

const mergeAll = (symbols: number[], merges: ReadonlyMap<number, Merge>): number[] => {
  const count = symbols.length;
  if (count < 2) return symbols;
  const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
  const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
  const queue = new Queue();
  const offer = (at: number) => {
    const right = next[at]!;
    const merge = at < 0 || right < 0 ? undefined : merges.get(pairKey(symbols[at]!, symbols[right]!));
    if (merge) queue.push({ ...merge, at });
  };
  for (let i = 0; i + 1 < count; i++) offer(i);
  for (let merge = queue.pop(); merge; merge = queue.pop()) {
    const { at, id } = merge;
    const right = symbols[at] === -1 ? -1 : next[at]!;
    // The pair may be gone, or another by now.
    if (right < 0 || merges.get(pairKey(symbols[at]!, symbols[right]!))?.id !== id) continue;
    symbols[at] = id;
    symbols[right] = -1;
    next[at] = next[right]!;
    if (next[at]! >= 0) previous[next[at]!] = at;
    if (previous[at]! >= 0) offer(previous[at]!);
    offer(at);
  }
  return symbols.filter((id) => id !== -1);
};

/** Byte-pair encoding, as the Hugging Face library does it. */
export const readBpe = (config: Json): TokenModel => {
  const { ids, tokens } = readVocabulary(config['vocab']);
  const text = (name: string) => (typeof config[name] === 'string' ? config[name] : '');
  const prefix = text('continuing_subword_prefix');
  const suffix = text('end_of_word_suffix');
  if (Number(config['dropout'] ?? 0) !== 0)
    bad(
      'model.dropout',
      'merges are left out by chance, so that a text has other tokens each time; set it to null',
    );
  const merges = readMerges(config['merges'], ids, prefix);
  const unknown = config['unk_token'];
  const fuses = config['fuse_unk'] === true;
  const fallsBack = config['byte_fallback'] === true;
  const keepsWords = config['ignore_merges'] === true;
  const unknownId = () =>
    ids.get(String(unknown)) ?? bad('model.unk_token', `${quoted(unknown)} is not in the vocabulary`);

  const symbolsOf = (word: string): number[] => {
    const symbols: number[] = [];
    let waiting: number | undefined;
    const flush = () => {
      if (waiting !== undefined) symbols.push(waiting);
      waiting = undefined;
    };
    const characters = Array.from(word);
    characters.forEach((character, i) => {
      const symbol = (i > 0 ? prefix : '') + character + (i === characters.length - 1 ? suffix : '');
      const id = ids.get(symbol);
      if (id !== undefined) {
        flush();
        symbols.push(id);
        return;
      }
      const bytes = fallsBack ? byteIds(symbol, ids) : undefined;
      if (bytes) {
        symbols.push(...bytes);
        return;
      }
      if (unknown === null || unknown === undefined) return;
      if (!fuses) flush();
      waiting = unknownId();
    });
    flush();
    return symbols;
  };

  const cache = new Map<string, number[]>();
  return {
    ids,
    tokens,
    encode: (word) => {
      const whole = keepsWords ? ids.get(word) : undefined;
      if (whole !== undefined) return [whole];
      const known = cache.get(word);
      if (known) return known;
      const encoded = mergeAll(symbolsOf(word), merges);
      if (word.length < CACHED_LENGTH) {
        if (cache.size >= CACHED_WORDS) cache.clear();
        cache.set(word, encoded);
      }
      return encoded;
    },
  };
};
