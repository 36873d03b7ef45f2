/** How the arrays of a loss case on images become entries of an objective, method by method. */
import type { LossCase } from './case';
import type { NamedArrays, Nested } from './named-arrays';

/** What an objective is given, and how the derivatives by its entries go back to the arrays. */
export interface Reading {
  prompts: LossCase['prompts'];
  /** @param entries the derivative by each entry, in order */
  back(entries: readonly number[]): Record<string, Nested>;
}

type Answer = LossCase['prompts'][number]['responses'][number];

/** An entry by its difference from the reference's: single precision then holds what counts. */
const answer = (difference: number, score?: number): Answer => ({
  steps: [{ policy: [difference], reference: [0] }],
  ...(score !== undefined && { score }),
});

const pair = (w: Answer, l: Answer): LossCase['prompts'][number] => ({
  responses: [w, l],
  comparisons: [{ chosen: 0, rejected: 1 }],
});

const sides = ['Chosen', 'Rejected'] as const;

/** The four arrays of pairs. */
const fourOf = (arrays: NamedArrays) => {
  const all = Object.fromEntries(
    sides.flatMap((side) =>
      ['policy', 'reference'].map((whose) => [`${whose}${side}`, arrays.one(`${whose}${side}`)] as const),
    ),
  );
  const n = all['policyChosen']!.length;
  for (const [name, values] of Object.entries(all)) arrays.length(name, values, n, 'policyChosen');
  if (n === 0) arrays.fail('policyChosen', 'is empty; give at least one pair');
  return { all, n };
};

/** Pairs of numbers under policy and reference. @param sign -1 where they are errors and not log-probs */
const pairReading = (arrays: NamedArrays, sign: 1 | -1, scores?: { w: number[]; l: number[] }): Reading => {
  const { all, n } = fourOf(arrays);
  const difference = (side: (typeof sides)[number], i: number) =>
    sign * (all[`policy${side}`]![i]! - all[`reference${side}`]![i]!);
  return {
    prompts: Array.from({ length: n }, (_, i) =>
      pair(answer(difference('Chosen', i), scores?.w[i]), answer(difference('Rejected', i), scores?.l[i])),
    ),
    back: (entries) => ({
      policyChosen: Array.from({ length: n }, (_, i) => sign * entries[2 * i]!),
      policyRejected: Array.from({ length: n }, (_, i) => sign * entries[2 * i + 1]!),
    }),
  };
};

const smpoReading = (arrays: NamedArrays): Reading => {
  const [w, l, range] = [arrays.one('rewardChosen'), arrays.one('rewardRejected'), arrays.one('rewardRange')];
  const [least, greatest] = range;
  if (range.length !== 2 || !(greatest! > least!)) {
    arrays.fail(
      'rewardRange',
      'has to be the least and the greatest reward of the data set, the second the larger',
    );
  }
  const share = (values: number[]) => values.map((r) => (r - least!) / (greatest! - least!));
  const reading = pairReading(arrays, -1, { w: share(w), l: share(l) });
  arrays.length('rewardChosen', w, reading.prompts.length, 'policyChosen');
  arrays.length('rewardRejected', l, reading.prompts.length, 'policyChosen');
  return reading;
};

/** Share of votes of each image, as `votesOf` has it: [rewards][images]. */
const votes = (rewards: readonly (readonly number[])[], images: number): number[] =>
  Array.from({ length: images }, (_, a) => {
    let won = 0;
    for (const own of rewards) for (const other of own) if (own[a]! > other) won++;
    return won / (rewards.length * Math.max(1, images - 1));
  });

const rankReading = (arrays: NamedArrays): Reading => {
  const [policy, reference, rewards] = [
    arrays.two('policy'),
    arrays.two('reference'),
    arrays.three('rewards'),
  ];
  if (policy.length === 0) arrays.fail('policy', 'is empty; give at least one list');
  arrays.length('reference', reference, policy.length, 'policy');
  arrays.length('rewards', rewards, policy.length, 'policy');
  policy.forEach((own, b) => {
    if (own.length < 2) arrays.fail('policy', `[${b}] has ${own.length} images; a list has at least two`);
    if (reference[b]) arrays.length('reference', reference[b], own.length, `policy[${b}]`);
    rewards[b]?.forEach((by) => void arrays.length('rewards', by, own.length, `policy[${b}]`));
    if (rewards[b]?.length === 0) arrays.fail('rewards', `[${b}] has no reward`);
  });
  return {
    prompts: policy.map((own, b) => {
      const phi = votes(rewards[b] ?? [], own.length);
      return {
        responses: own.map((error, a) => answer((reference[b]?.[a] ?? 0) - error, phi[a]!)),
        comparisons: phi.flatMap((x, chosen) =>
          phi.flatMap((y, rejected) => (x > y ? [{ chosen, rejected }] : [])),
        ),
      };
    }),
    back: (entries) => {
      let at = 0;
      return { policy: policy.map((own) => own.map(() => 0 - entries[at++]!)) };
    },
  };
};

/** Means over the numbers of an image of log N(x; mean, sigma^2), without what policy and reference have in common. */
const logRatioOf = (
  x: readonly number[],
  policy: readonly number[],
  reference: readonly number[],
  sigma: number,
) => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    // (x - reference)^2 - (x - policy)^2 without cancellation
    sum += (policy[i]! - reference[i]!) * (2 * x[i]! - policy[i]! - reference[i]!);
  }
  return sum / (2 * sigma * sigma * x.length);
};

const tailorReading = (arrays: NamedArrays, guidance: boolean): Reading => {
  const names = ['chosen', 'rejected', 'policyMean', 'referenceMean'] as const;
  const [given, rejected, policy, reference] = names.map((name) => arrays.two(name)) as [
    number[][],
    number[][],
    number[][],
    number[][],
  ];
  const sigma = arrays.one('sigma');
  const n = given.length;
  if (n === 0) arrays.fail('chosen', 'is empty; give at least one transition');
  const fits = (name: string, rows: number[][]) => {
    arrays.length(name, rows, n, 'chosen');
    rows.forEach((row, i) => {
      if (given[i]) arrays.length(name, row, given[i].length, `chosen[${i}]`);
    });
  };
  fits('rejected', rejected);
  fits('policyMean', policy);
  fits('referenceMean', reference);
  arrays.length('sigma', sigma, n, 'chosen');
  sigma.forEach((s, i) => {
    if (!(s > 0)) arrays.fail('sigma', `[${i}] is ${s}; it has to be above 0, or there is no log-prob`);
  });
  let chosen = given;
  if (guidance) {
    const slope = arrays.two('rewardGradient');
    fits('rewardGradient', slope);
    const [eta, before, after] = [arrays.one('eta'), arrays.one('reward'), arrays.one('rewardShifted')];
    arrays.length('eta', eta, n, 'chosen');
    arrays.length('reward', before, n, 'chosen');
    arrays.length('rewardShifted', after, n, 'chosen');
    chosen = given.map((row, i) =>
      after[i]! > before[i]! ? row.map((x, j) => x + eta[i]! * (slope[i]?.[j] ?? 0)) : row,
    );
  }
  const ratio = (side: number[][], i: number) =>
    logRatioOf(side[i] ?? [], policy[i] ?? [], reference[i] ?? [], sigma[i] ?? 1);
  return {
    prompts: chosen.map((_, i) => pair(answer(ratio(chosen, i)), answer(ratio(rejected, i)))),
    back: (entries) => ({
      policyMean: policy.map((row, i) =>
        row.map((mean, j) => {
          const own = [chosen[i]![j]! - mean, rejected[i]![j]! - mean] as const;
          return (
            (entries[2 * i]! * own[0] + entries[2 * i + 1]! * own[1]) / (sigma[i]! * sigma[i]! * row.length)
          );
        }),
      ),
    }),
  };
};

/** Images, noises and shares of signal, with what the network says of each mixture. */
const denoisingReading = (arrays: NamedArrays): Reading => {
  const [image, noise, policy] = ['image', 'noise', 'policy'].map((name) => arrays.two(name)) as [
    number[][],
    number[][],
    number[][],
  ];
  const kept = arrays.one('alphaBar');
  const n = image.length;
  if (n === 0) arrays.fail('image', 'is empty; give at least one image');
  for (const [name, rows] of [['noise', noise] as const, ['policy', policy] as const]) {
    arrays.length(name, rows, n, 'image');
    rows.forEach((row, i) => {
      if (image[i]) arrays.length(name, row, image[i].length, `image[${i}]`);
    });
  }
  arrays.length('alphaBar', kept, n, 'image');
  kept.forEach((share, i) => {
    if (!(share >= 0 && share <= 1)) arrays.fail('alphaBar', `[${i}] is ${share}; it is a share from 0 to 1`);
  });
  const away = image.map((row, i) =>
    row.map((x, j) => {
      const v = Math.sqrt(kept[i] ?? 0) * (noise[i]?.[j] ?? 0) - Math.sqrt(1 - (kept[i] ?? 0)) * x;
      return (policy[i]?.[j] ?? 0) - v;
    }),
  );
  return {
    prompts: away.map((row) => ({
      responses: [answer(-row.reduce((sum, d) => sum + d * d, 0) / Math.max(1, row.length))],
      comparisons: [],
    })),
    back: (entries) => ({
      policy: away.map((row, i) => row.map((d) => (-2 * d * entries[i]!) / row.length)),
    }),
  };
};

/** By a method's id. */
export const latentReadings: Record<string, (arrays: NamedArrays, guidance: boolean) => Reading> = {
  ddpm: denoisingReading,
  'diffusion-dpo': (arrays) => pairReading(arrays, -1),
  smpo: smpoReading,
  rankdpo: rankReading,
  spo: (arrays) => pairReading(arrays, 1),
  d3po: (arrays) => pairReading(arrays, 1),
  tailorpo: tailorReading,
};
