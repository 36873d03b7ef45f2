import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTokenizer } from '../../../src/tokenizer/read-tokenizer';

/** What test/golden/make_tokenizers.py stores: every model once, and for each kind its parts and what comes of texts. */
interface Stored {
  texts: string[];
  models: Record<string, unknown>[];
  kinds: Record<
    string,
    {
      model: number;
      parts: Record<string, unknown>;
      /** null where the library itself panics. */
      ids: (number[] | null)[];
      /** With special tokens (0: as the text), and without (0: the same). */
      decoded: [string | 0 | null, string | 0 | null][];
      /** Ids that no text has. */
      loose: [number[], string | null][];
      around: [number[], number[]];
    }
  >;
}

const { texts, models, kinds } = JSON.parse(
  readFileSync(new URL('../../golden/tokenizer-kinds.json', import.meta.url), 'utf8'),
) as Stored;

describe('kinds of tokenizers, as the Hugging Face library has them', () => {
  it.each(Object.entries(kinds))('%s', (_, { model, parts, ids, decoded, loose, around }) => {
    const engine = readTokenizer({ ...parts, model: models[model] });
    texts.forEach((text, i) => {
      const expected = ids[i];
      if (!expected) return;
      expect({ text, ids: engine.encode(text) }).toEqual({ text, ids: expected });
      const [whole, bare] = decoded[i]!;
      const read = whole === 0 ? text : whole;
      if (read !== null) expect(engine.decode(expected, true)).toBe(read);
      const short = bare === 0 ? read : bare;
      if (short !== null) expect(engine.decode(expected, false)).toBe(short);
    });
    for (const [some, text] of loose) if (text !== null) expect(engine.decode(some, true)).toBe(text);
    expect([engine.around.before, engine.around.after]).toEqual(around);
  });
});
