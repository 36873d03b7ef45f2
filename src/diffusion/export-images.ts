/** Images and pairs of a run as files: PNG, and JSON lines that name them. */
import { strToU8 } from 'fflate';
import type { RunSummary } from '../../workers/protocol';
import type { PreferenceTree } from '../tree/tree';
import { pngOf } from '../util/png';
import { zipOf } from '../util/zip';
import { conditionOf, timeOf } from './images';
import { toBytes } from './measure';
import { IMAGE } from './net/schedule';
import { conditionAt, inWords } from './world/condition';
import { SIDE, SIZE } from './world/draw';

/** Pairs and lists that are written at most: the first ones. */
const MOST = 1000;

const png = (pixels: Uint8Array) => pngOf(pixels, SIDE, SIDE);

const numbered = (n: number, digits = 4) => String(n).padStart(digits, '0');

/** Pictures of every evaluation, by step, under the condition of each. */
const drawnFiles = ({ evaluations }: RunSummary): [string, Uint8Array][] =>
  evaluations.flatMap(({ images, step, stage }, e) =>
    (images?.conditions ?? []).map((condition, i): [string, Uint8Array] => [
      `images/${numbered(e, 2)}-${stage}-step-${step}/${numbered(i + 1, 2)}-${inWords(conditionAt(condition)).replace(' ', '-')}.png`,
      png(images!.pixels.subarray(i * SIZE, (i + 1) * SIZE)),
    ]),
  );

/** One comparison a line, its two images in files of their own; of lists every comparison, each image once. */
const pairFiles = (trees: readonly PreferenceTree[]): { files: [string, Uint8Array][]; lines: string[] } => {
  const files: [string, Uint8Array][] = [];
  const lines = trees.slice(0, MOST).flatMap((tree, t) => {
    const names = tree.responses.map(({ leaf }, k) => {
      const name = `pairs/${numbered(t + 1)}-${k + 1}.png`;
      files.push([name, png(toBytes([tree.nodes[leaf]!.image!]))]);
      return name;
    });
    const states = tree.responses.map(({ leaf }) => timeOf(tree.nodes[leaf]!));
    const reward = (k: number) => tree.responses[k]!.labels?.['reward'] ?? tree.responses[k]!.score;
    return tree.comparisons.map(({ chosen, rejected, margin }) =>
      JSON.stringify({
        id: tree.id,
        prompt: inWords(conditionOf(tree)),
        chosen: names[chosen],
        rejected: names[rejected],
        chosen_reward: reward(chosen),
        rejected_reward: reward(rejected),
        ...(margin !== undefined && { margin }),
        ...(states[chosen] !== IMAGE && { t: states[chosen] }),
      }),
    );
  });
  return { files, lines };
};

/**
 * A zip: what every evaluation drew, and what the run compared. @param trees that it trains on, of the present pass
 * @throws Error when there is neither
 */
export const exportImages = (run: RunSummary, trees: readonly PreferenceTree[]): Uint8Array => {
  const drawn = drawnFiles(run);
  const { files, lines } = pairFiles(trees);
  if (drawn.length + files.length === 0) {
    throw new Error(
      'The run has drawn nothing yet; train it for a step, or set evaluation.problems above 0.',
    );
  }
  const left = trees.length > MOST ? ` The run has ${trees.length}; the first ${MOST} are here.` : '';
  const readme = `Images of ${run.document.model}, ${SIDE} by ${SIDE} pixels.

images/  the same draws at each evaluation, in order.
pairs.jsonl  one comparison a line: what was asked for, the PNG of the preferred and of the other, their rewards.${left}
  Of comparisons of single steps "t" is the time of the two states, whose noise is cut to what a PNG can hold.
`;
  return zipOf(
    new Map<string, Uint8Array>([
      ...drawn,
      ...(lines.length > 0 ? [['pairs.jsonl', strToU8(`${lines.join('\n')}\n`)] as const] : []),
      ...files,
      ['run.json', strToU8(`${JSON.stringify(run.document, null, 2)}\n`)],
      ['README.md', strToU8(readme)],
    ]),
  );
};
