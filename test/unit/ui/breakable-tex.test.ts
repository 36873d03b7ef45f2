import katex from 'katex';
import { describe, expect, it } from 'vitest';
import { methods } from '../../../src/methods';
import { breakableTex } from '../../../src/ui/setup/breakable-tex';

const pieces = (tex: string) =>
  katex.renderToString(tex, { throwOnError: true }).split('<span class="katex-base">').length - 1;

describe('breakableTex', () => {
  it.each([
    [String.raw`\left( a - b \right)`, String.raw`\Bigl( a - b \Bigr)`],
    [String.raw`\left[a\right.`, String.raw`\Bigl[a`],
    [String.raw`\left\{ a \right\rangle`, String.raw`\Bigl\{ a \Bigr\rangle`],
    // Inside of braces no line is broken anyway, and brackets grow with what they hold.
    [String.raw`\frac{\left(a\right)}{b}`, String.raw`\frac{\left(a\right)}{b}`],
    [String.raw`\{ \leftarrow \left(a\right)`, String.raw`\{ \leftarrow \Bigl(a\Bigr)`],
  ])('%s', (tex, expected) => {
    expect(breakableTex(tex)).toBe(expected);
  });

  it('leaves every formula of the catalogue one that can be typeset, in no fewer pieces', () => {
    for (const { id, tex } of methods)
      expect(pieces(breakableTex(tex)), id).toBeGreaterThanOrEqual(pieces(tex));
    const dpo = methods.find(({ id }) => id === 'dpo')!.tex;
    expect(pieces(breakableTex(dpo))).toBeGreaterThan(pieces(dpo));
  });
});
