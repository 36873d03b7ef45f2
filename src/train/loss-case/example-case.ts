import { methodById } from '../../methods/index';
import type { Method } from '../../methods/method';
import { comparesAnswers, mainPass } from '../../methods/method';
import type { LossInput, Objective } from '../../methods/objective';
import { defaultParams } from '../../methods/params';
import type { PackedBatch } from '../../tree/packed-batch';
import { createRng } from '../../util/rng';
import type { CaseStep, LossCase } from './case';
import { fieldsRead } from './case';
import { caseBatch } from './case-batch';
import { evaluateCase } from './compute-loss';

/** What a loss was seen to read beside the fields that its objective names. */
interface Seen {
  tokens: boolean;
  margin: boolean;
  stepLabels: ReadonlySet<string>;
  answerLabels: ReadonlySet<string>;
}

/** Tokens of each step, by response and prompt: short, and of unequal lengths. */
const shapes = (eats: Method['eats']): number[][][] => {
  switch (eats) {
    case 'lists':
      return [[[2, 3], [3, 1], [4]]];
    case 'steps':
    case 'turns':
      return [
        [
          [2, 3],
          [3, 2],
        ],
        [
          [2, 2],
          [1, 4],
        ],
      ];
    default:
      return [
        [[4], [3]],
        [[2], [3]],
      ];
  }
};

/** Values that labels have in the field; any other label gets a share. */
const labelValue = (name: string, good: boolean, share: number): number => {
  if (name === 'q') return good ? share : -share;
  if (name === 'desirable' || name === 'correct') return good ? 1 : 0;
  return share;
};

const twoDigits = (x: number) => Number(x.toFixed(2)) + 0;

/** A case of a method's shape. The first answer of each prompt is the best one. */
const caseWith = (method: Method, objective: Objective, seen: Seen): LossCase => {
  const { reads } = objective;
  const fields = new Set<keyof CaseStep>(['policy', ...fieldsRead(objective)]);
  if (seen.tokens) fields.add('tokens');
  const rng = createRng(1).fork(`example of ${method.id}`);
  const logProb = () => twoDigits(-0.05 - 2 * rng.next() ** 2);
  // Of images within the clip, outside which nothing moves.
  const spread = reads.latents ? 0.05 : 0.3;
  const near = (values: readonly number[]) =>
    values.map((x) => twoDigits(Math.min(-0.01, x + spread * rng.normal())));
  const labelled = (names: ReadonlySet<string>, good: boolean) => {
    const labels = Object.fromEntries(
      [...names].map((name) => [name, twoDigits(labelValue(name, good, 0.3 + 0.7 * rng.next()))]),
    );
    return names.size > 0 ? { labels } : {};
  };
  const step = (n: number, good: boolean): CaseStep => {
    const each = (value: () => number) => Array.from({ length: n }, value);
    const policy = each(logProb);
    const stop = each(() => twoDigits(-1 - 4 * rng.next()));
    const all: Omit<Required<CaseStep>, 'labels'> = {
      tokens: each(() => 3 + rng.int(5)),
      policy,
      reference: near(policy),
      guide: near(policy),
      positive: near(policy),
      negative: near(policy),
      stop,
      stopReference: near(stop),
      value: each(() => twoDigits(rng.next())),
      kl: each(() => twoDigits(0.3 * rng.next())),
      squares: each(logProb),
      valueEnd: twoDigits((good ? 1 : -1) * rng.next()),
      hidden: Array.from({ length: 3 }, () => twoDigits(rng.normal())),
    };
    return {
      ...(Object.fromEntries(Object.entries(all).filter(([key]) => fields.has(key as keyof CaseStep))) as {
        policy: number[];
      }),
      ...labelled(new Set([...seen.stepLabels, ...(reads.stepLabels ?? [])]), good),
    };
  };
  const prompts = shapes(method.eats).map((responses) => ({
    responses: responses.map((lengths, r) => {
      const steps = lengths.map((n) => step(n, r === 0));
      const own = labelled(new Set([...seen.answerLabels, ...(reads.answerLabels ?? [])]), r === 0);
      // Under what sampled it an answer is about as likely as under the policy.
      const sum = steps.flatMap(({ policy }) => policy).reduce((a, b) => a + b, 0);
      if (own.labels && 'logProposal' in own.labels) own.labels['logProposal'] = twoDigits(sum - 0.2);
      return { steps, ...(reads.scores && { score: twoDigits(1 - 0.5 * r) }), ...own };
    }),
    comparisons: comparesAnswers(method.eats)
      ? responses
          .slice(1)
          .map((_, i) => ({ chosen: 0, rejected: i + 1, ...(seen.margin && { margin: twoDigits(1 + i) }) }))
      : [],
  }));
  if (reads.mismatched) {
    prompts[0]!.responses.push({ steps: [step(3, false)], labels: { mismatched: 1 } });
  }
  return { method: method.id, params: {}, prompts };
};

/** Labels of which every reading is noted; all of them are there, but for the mark of another prompt's answer. */
const noted = (names: Set<string>) =>
  new Proxy<Record<string, number>>(
    {},
    {
      get(_, name) {
        if (typeof name !== 'string' || name === 'mismatched') return undefined;
        names.add(name);
        return 0.5;
      },
    },
  );

/** Runs the loss once and looks on. */
const watch = async (method: Method, objective: Objective): Promise<Seen> => {
  const none: Seen = { tokens: false, margin: false, stepLabels: new Set(), answerLabels: new Set() };
  const seen = { ...none, stepLabels: new Set<string>(), answerLabels: new Set<string>() };
  const given = caseWith(method, objective, none);
  const plain = caseBatch(given);
  const batch: PackedBatch = {
    ...plain,
    steps: plain.steps.map((step) => ({ ...step, labels: noted(seen.stepLabels) })),
    responses: plain.responses.map((response) => ({ ...response, labels: noted(seen.answerLabels) })),
    comparisons: plain.comparisons.map((comparison) => ({
      ...comparison,
      get margin() {
        seen.margin = true;
        return 1;
      },
    })),
  };
  const look = ({ tokens }: LossInput) => {
    const { ids } = tokens;
    Object.defineProperty(tokens, 'ids', {
      get() {
        seen.tokens = true;
        return ids;
      },
    });
  };
  await evaluateCase(given, objective, batch, look);
  return seen;
};

/**
 * A small loss case with every field that a method reads at its defaults, to begin with. Always the same one. A backend has to
 * be started before: what a loss reads without naming it is found by computing it once.
 * @throws Error when there is no such method
 */
export const exampleCase = async (id: string): Promise<LossCase> => {
  const method = methodById(id);
  const { objective } = mainPass(method, defaultParams(method));
  return caseWith(method, objective, await watch(method, objective));
};
