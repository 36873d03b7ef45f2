import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile } from '../../../src/data/text/jinja';

interface Outcome {
  text?: string;
  error?: string;
}
interface Fixture {
  now: string;
  talks: Record<string, unknown>;
  tools: unknown[];
  special: Record<string, string>;
  families: Record<
    string,
    { source: string; cases: ({ talk: string; generation: boolean; tools: boolean } & Outcome)[] }
  >;
  pieces: ({ source: string } & Outcome)[];
}

const fixture = JSON.parse(
  readFileSync(new URL('../../golden/templates.json', import.meta.url), 'utf8'),
) as Fixture;

const render = (source: string, talk: unknown, generation: boolean, tools: unknown): Outcome => {
  const values = {
    messages: talk,
    tools,
    documents: null,
    add_generation_prompt: generation,
    ...fixture.special,
  };
  try {
    return { text: compile(source)(values, () => new Date(fixture.now)) };
  } catch (error) {
    return { error: (error as Error).message };
  }
};
/** An exception of Python stays one, whatever its words. */
const outcome = ({ text, error }: Outcome): Outcome =>
  error === undefined ? { text: text! } : { error: 'raised' };

describe('templates, as Jinja2 in transformers writes them', () => {
  it.each(Object.entries(fixture.families))('in the shape of %s', (_, { source, cases }) => {
    for (const { talk, generation, tools, ...expected } of cases) {
      const actual = render(source, fixture.talks[talk], generation, tools ? fixture.tools : null);
      expect({ talk, generation, ...outcome(actual) }, actual.error).toEqual({
        talk,
        generation,
        ...outcome(expected),
      });
    }
  });

  it.each(fixture.pieces.map((piece, i) => [i, piece.source, piece] as const))(
    '%i: %s',
    (_, source, expected) => {
      const actual = render(source, fixture.talks['system'], true, null);
      expect(outcome(actual), actual.error).toEqual(outcome(expected));
    },
  );
});
