import type { Example, ScoredExample, Text } from '../formats/example';
import { RowProblem } from '../formats/example';
import type { Shape } from '../formats/read-row';
import type { DatasetSettings, FormatId } from '../settings';
import { buildCompared, buildSingle, turnByTurn } from './build-trees';
import type { BuildContext, Built } from './built';
import type { Problem } from './read';
import { problemOf } from './read';

type Answer = ScoredExample['responses'][number];

export interface BuilderOptions {
  context: BuildContext;
  shape: Shape;
  /** The method learns from right answers alone. */
  supervised: boolean;
  format: FormatId;
  settings: Pick<DatasetSettings, 'pairsPerRow'>;
  keep: (example: Example, built: Built, prompt: Text) => void;
  drop: (problem: Problem, where: string) => void;
}

/** Builds the trees of examples of one row; true when at least one came out. */
export type Builder = (where: string, examples: readonly Example[]) => boolean;

const idOf = (where: string, k: number) => (k === 0 ? where : `${where} #${k + 1}`);

export const createBuilder = (options: BuilderOptions): Builder => {
  const { context, shape, supervised, format, settings, keep, drop } = options;

  /** Best answers of a list to learn from when nothing is compared. */
  const answersOf = (example: ScoredExample): readonly Answer[] => {
    const best = format === 'ranked' ? Math.max(...example.responses.map((r) => r.score)) : 1;
    if (!supervised) return example.responses.map((r) => ({ ...r, desirable: r.score >= best }));
    const own = example.responses.filter((r) => r.score === best).slice(0, settings.pairsPerRow);
    if (own.length === 0) throw new RowProblem('the row has no right answer to learn from');
    return own;
  };

  return (where, examples) => {
    let made = 0;
    let k = 0;
    const attempt = (work: () => void) => {
      try {
        work();
      } catch (error) {
        drop(problemOf(error), where);
      }
    };
    const build = (given: Example, make: (id: string) => Built, prompt: Text) => {
      const id = idOf(given.where, k++);
      attempt(() => {
        keep(given, make(id), prompt);
        made++;
      });
    };
    for (const example of examples) {
      if (shape !== 'scored') {
        build(example, (id) => buildCompared(context, id, example), example.prompt);
      } else if (example.kind !== 'scored' && !supervised) {
        // Each side by itself, as TRL takes pairs apart for KTO.
        for (const answer of [
          { text: example.chosen, score: 1, desirable: true },
          { text: example.rejected, score: 0, desirable: false },
        ])
          build(example, (id) => buildSingle(context, id, example, answer), example.prompt);
      } else if (example.kind !== 'scored') {
        build(example, (id) => buildSingle(context, id, example), example.prompt);
      } else {
        attempt(() => {
          for (const answer of answersOf(example)) {
            attempt(() => {
              for (const turn of turnByTurn(context, example, answer)) {
                const single = { ...example, prompt: turn.prompt, responses: [turn.answer] };
                build(single, (id) => buildSingle(context, id, single, turn.answer), example.prompt);
              }
            });
          }
        });
      }
    }
    return made > 0;
  };
};
