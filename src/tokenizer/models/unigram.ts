import type { Json } from '../error';
import { bad, listAt, quoted, TokenizerError } from '../error';
import type { TokenModel } from './model';
import { byteIds } from './vocabulary';

/** By how much an unknown character is worse than the worst token. */
const UNKNOWN_PENALTY = 10;

interface Node {
  id: number;
  children: Map<string, Node>;
}
const node = (): Node => ({ id: -1, children: new Map() });

/** Of all ways to write a word in tokens the one with the greatest sum of scores; unknown characters in a row are one. */
export const readUnigram = (config: Json): TokenModel => {
  const ids = new Map<string, number>();
  const tokens = new Map<number, string>();
  const scores: number[] = [];
  const root = node();
  for (const [id, entry] of listAt(config['vocab'], 'model.vocab').entries()) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string' || typeof entry[1] !== 'number') {
      return bad(`model.vocab[${id}]`, 'must be [token, score]');
    }
    const [token, score] = entry as [string, number];
    ids.set(token, id);
    tokens.set(id, token);
    scores.push(score);
    let at = root;
    for (const character of token) {
      let child = at.children.get(character);
      if (!child) {
        child = node();
        at.children.set(character, child);
      }
      at = child;
    }
    if (at !== root) at.id = id;
  }
  const given = config['unk_id'];
  const unknown =
    Number.isInteger(given) && (given as number) < scores.length ? (given as number) : undefined;
  if (unknown === undefined && given !== null && given !== undefined)
    bad('model.unk_id', `${quoted(given)} is not an id of the vocabulary`);
  const unknownScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  const fallsBack = config['byte_fallback'] === true;

  /** The best pieces, each with its characters; id -1 where it is unknown. */
  const best = (characters: readonly string[]) => {
    const count = characters.length;
    const total = new Float64Array(count + 1);
    const from = new Int32Array(count + 1).fill(-1);
    const id = new Int32Array(count + 1).fill(-1);
    const offer = (start: number, end: number, score: number, token: number) => {
      const sum = score + total[start]!;
      if (from[end]! >= 0 && sum <= total[end]!) return;
      total[end] = sum;
      from[end] = start;
      id[end] = token;
    };
    for (let start = 0; start < count; start++) {
      let at: Node | undefined = root;
      let hasSingle = false;
      for (let end = start; end < count; end++) {
        at = at.children.get(characters[end]!);
        if (!at) break;
        if (at.id < 0) continue;
        offer(start, end + 1, scores[at.id]!, at.id);
        if (end === start) hasSingle = true;
      }
      if (hasSingle) continue;
      if (unknown === undefined) {
        throw new TokenizerError(
          `The tokenizer has no token for ${quoted(characters[start])} and no unknown token. Leave it out, or use a model that knows it.`,
        );
      }
      offer(start, start + 1, unknownScore, unknown);
    }
    const pieces: { start: number; end: number; id: number }[] = [];
    for (let end = count; end > 0; end = from[end]!) {
      const last = pieces.at(-1);
      if (last && last.id === unknown && id[end] === unknown) last.start = from[end]!;
      else pieces.push({ start: from[end]!, end, id: id[end]! });
    }
    return pieces.reverse();
  };

  return {
    ids,
    tokens,
    encode: (word) => {
      const characters = Array.from(word);
      return best(characters).flatMap(({ start, end }) => {
        const text = characters.slice(start, end).join('');
        const id = ids.get(text);
        if (id !== undefined) return [id];
        return (fallsBack ? byteIds(text, ids) : undefined) ?? [unknown!];
      });
    },
  };
};
