import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from '../../../src/tokenizer/load';

/** What test/golden/make_tokenizers.py stores. */
interface Stored {
  tokenizer: unknown;
  cases: { text: string; ids: number[]; decoded: string; withoutSpecial: string }[];
}

const folder = join(process.cwd(), 'test/golden/tokenizers');
const kinds = readdirSync(folder).map((file): [string, Stored] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Stored,
]);

describe.each(kinds)('a tokenizer like that of %s', (_kind, { tokenizer: json, cases }) => {
  const tokenizer = loadTokenizer(json, { eos_token: '<|im_end|>' });

  it.each(cases.map((c) => [c.text, c] as const))(
    'encodes and decodes %j as Hugging Face does',
    (_text, c) => {
      expect(tokenizer.encode(c.text)).toEqual(c.ids);
      expect(tokenizer.decode(c.ids, { keepSpecial: true })).toBe(c.decoded);
      expect(tokenizer.decode(c.ids)).toBe(c.withoutSpecial);
    },
  );

  it('maps a special token within a text to its id', () => {
    const [start, end] = [tokenizer.encode('<|im_start|>'), tokenizer.encode('<|im_end|>')];
    expect([start.length, end]).toEqual([1, [tokenizer.eos]]);
    expect(tokenizer.encode('<|im_start|>user')[0]).toBe(start[0]);
  });
});
