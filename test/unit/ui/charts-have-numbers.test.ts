import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = 'src/ui';
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));

/** Draws something that says more than its words, or has it drawn. */
const draws = /role="img"|\bsmallChart\(|new (?:uPlot|UPlot)\b/;
const hasTable = /\bnumbersTable\(|\bliveFigure\(|<table/;

/** Drawings whose numbers stand elsewhere, and where. */
const elsewhere: Readonly<Record<string, string>> = {
  'live/small-chart.ts': 'with whoever has it drawn',
  'dock/live-curve.ts': 'the tables of the curves',
  'methods/fork.ts': 'a glyph, named by its label',
  'images/paint.ts': 'an image has no numbers',
  'loss/arm-card.ts': 'the list beside it, and the bars’ own labels',
  'studies/effect-plot.ts': 'effect and interval stand in its row',
  'studies/seeds-plot.ts': 'the table of runs below it',
};

it('every drawing has its numbers in a table, or they stand elsewhere', () => {
  const drawing = files.filter(({ text }) => draws.test(text));
  expect(drawing.length).toBeGreaterThan(15);
  const bare = drawing.filter(({ text }) => !hasTable.test(text)).map(({ file }) => file);
  expect(bare.sort()).toEqual(Object.keys(elsewhere).sort());
});

it('every drawing has words for who does not see it', () => {
  const mute = files.flatMap(({ file, text }) =>
    [...text.matchAll(/role="img"/g)]
      .filter(({ index }) => !/aria-label=/.test(text.slice(Math.max(0, index - 300), index + 300)))
      .map(() => file),
  );
  expect(mute).toEqual([]);
});
