// What `npm run new:method` writes.

/** The name of a method's constant: ldDpo of ld-dpo. A name cannot begin with a digit. */
export const nameOf = (id) => {
  const name = id.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
  return /^\d/.test(name) ? `method${name}` : name;
};

const yearOf = (arxiv) => 2000 + Number(arxiv.slice(0, 2));

/** A method file that trains as DPO does, in the shape of the others. */
export const methodFile = (id, chapter, arxiv) => {
  const name = nameOf(id);
  return `/**
 * ${id.toUpperCase()}: what it changes, and why, in a sentence or two.
 *
 *   z = beta (S_w - S_l)                                                                       (1)
 *   L = softplus(-z), mean over pairs                                                          (2)
 *
 *   S    sum over the answer's tokens of (l_t - l0_t), log-probs under policy and reference     w, l  chosen, rejected
 *   beta strength of the pull to the reference
 *
 * Where we differ: pairs are the verifier's, where the paper has its own.
 *
 * Source: arXiv ${arxiv}, equation N. Official code, or none.
 */
import { rightAndWrong } from '../../sources/right-and-wrong';
import type { Scalar } from '../../tf';
import { tf } from '../../tf';
import { defineMethod } from '../method';
import type { Objective } from '../objective';
import { beta } from '${chapter === 'pairwise' ? './dpo' : '../pairwise/dpo'}';

const objectiveOf = ({ beta }: { beta: number }): Objective => ({
  reads: { reference: true },
  rewardScale: beta,
  loss({ pairs, answers }) {
    const perPair = tf.softplus(pairs.margin(-beta)); // (1), (2) [C]
    return { loss: tf.mean(perPair) as Scalar, over: pairs.count, rewards: answers.reward(beta) };
  },
});

export const ${name} = defineMethod({
  id: '${id}',
  name: '${id.toUpperCase()}',
  chapter: '${chapter}',
  paper: {
    title: 'Title of arXiv ${arxiv}',
    authors: 'Its authors',
    year: ${yearOf(arxiv)},
    arxiv: '${arxiv}',
    url: 'https://arxiv.org/abs/${arxiv}',
  },
  summary: 'What it does, for the page.',
  tex: String.raw\`\\mathcal{L} = -\\log \\sigma(\\beta S_w - \\beta S_l)\`,
  notes: ['Where we read the paper in one of several ways.'],
  kin: { id: 'dpo', change: 'with what it changes', axis: 'curve' },
  eats: 'pairs',
  params: { beta },
  sources: [rightAndWrong],
  passes: (params) => [{ id: '${id}', label: '${id.toUpperCase()}', objective: objectiveOf(params) }],
  defaults: { paper: { beta: 0.1 }, learningRate: 1e-4, batchSize: 16 },
});
`;
};

/** Its unit test: the formula in plain numbers, on pairs whose numbers are given. */
export const methodTest = (id) => `import { beforeAll, describe, expect, it } from 'vitest';
import { initBackend } from '../../../src/tf';
import { computeLoss } from '../../../src/train/loss-case/compute-loss';
import { exampleCase } from '../../../src/train/loss-case/example-case';

beforeAll(async () => {
  await initBackend('cpu');
});

describe('${id}', () => {
  it('is the formula of its paper on its example', async () => {
    const given = await exampleCase('${id}');
    const beta = 0.1;
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const margins = given.prompts.flatMap(({ responses, comparisons }) => {
      const logRatios = responses.map(({ steps }) =>
        sum(steps.map(({ policy, reference }) => sum(policy) - sum(reference ?? []))),
      );
      return comparisons.map(({ chosen, rejected }) => logRatios[chosen]! - logRatios[rejected]!);
    });
    const losses = margins.map((margin) => Math.log1p(Math.exp(-beta * margin)));
    const { loss } = await computeLoss(given);
    expect(loss).toBeCloseTo(sum(losses) / losses.length, 6);
  });
});
`;
