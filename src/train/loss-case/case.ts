import { z } from 'zod/mini';
import type { Objective } from '../../methods/objective';
import { inTwoRoles } from '../../tree/two-roles';

const numbers = z.array(z.number());
const labels = z.optional(z.record(z.string(), z.number()));

/** The numbers of one step: one for each scored token, in order, unless said otherwise. */
const stepSchema = z.strictObject({
  tokens: z.optional(z.array(z.int())),
  /** Natural logs, as all log-probs here. */
  policy: numbers,
  reference: z.optional(numbers),
  guide: z.optional(numbers),
  /** Under two contrastive models. */
  positive: z.optional(numbers),
  negative: z.optional(numbers),
  /** log p(EOS | state before the token) under policy and reference. */
  stop: z.optional(numbers),
  stopReference: z.optional(numbers),
  /** V(state before the token). */
  value: z.optional(numbers),
  /** Exact divergence of the next-token distributions at that state. */
  kl: z.optional(numbers),
  /** log of the sum of squared next-token probabilities at that state. */
  squares: z.optional(numbers),
  /** Value head at the last token of the step. */
  valueEnd: z.optional(z.number()),
  /** Mean-pooled last hidden state of the step. */
  hidden: z.optional(numbers),
  labels,
});

const caseSchema = z.strictObject({
  method: z.string(),
  params: z._default(z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])), {}),
  prompts: z
    .array(
      z.strictObject({
        responses: z
          .array(
            z.strictObject({
              steps: z.array(stepSchema),
              score: z.optional(z.number()),
              labels,
            }),
          )
          .check(z.minLength(1)),
        comparisons: z._default(
          z.array(
            z.strictObject({
              chosen: z.int().check(z.minimum(0)),
              rejected: z.int().check(z.minimum(0)),
              margin: z.optional(z.number()),
            }),
          ),
          [],
        ),
      }),
    )
    .check(z.minLength(1)),
});

/** One method's loss on given numbers, without a model: what authors check their own code against. */
export type LossCase = z.infer<typeof caseSchema>;
export type CaseStep = z.infer<typeof stepSchema>;

/** A loss case that cannot be computed. One line a problem, each naming prompt, response, step and field. */
export class LossCaseError extends Error {
  override name = 'LossCaseError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** "prompt 0, response 1, step 2, policy" of a path into the document. */
const placeOf = (path: readonly PropertyKey[]): string => {
  const names: Record<string, string> = {
    prompts: 'prompt',
    responses: 'response',
    steps: 'step',
    comparisons: 'comparison',
  };
  const parts: string[] = [];
  for (let i = 0; i < path.length; i++) {
    const name = names[String(path[i])];
    if (name && typeof path[i + 1] === 'number') parts.push(`${name} ${String(path[++i])}`);
    else parts.push(typeof path[i] === 'number' ? `[${String(path[i])}]` : String(path[i]));
  }
  return parts.join(', ') || 'the case';
};

/** @throws LossCaseError naming every wrong field */
export const parseLossCase = (value: unknown): LossCase => {
  const result = z.safeParse(caseSchema, value);
  if (result.success) return result.data;
  throw new LossCaseError(
    result.error.issues.map((issue) => {
      const what =
        issue.code === 'unrecognized_keys'
          ? `has an unknown field ${issue.keys.map((key) => `"${key}"`).join(', ')}`
          : issue.code === 'invalid_type'
            ? `should be ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`
            : (issue.message ?? 'is not valid');
      return `${placeOf(issue.path)}: ${what}`;
    }),
  );
};

/** Fields of a step that hold one number for each scored token. */
const perToken = [
  'tokens',
  'reference',
  'guide',
  'positive',
  'negative',
  'stop',
  'stopReference',
  'value',
  'kl',
  'squares',
] as const;

/** Fields that hold log-probs. */
const logProbs = [
  'policy',
  'reference',
  'guide',
  'positive',
  'negative',
  'stop',
  'stopReference',
  'squares',
] as const;

/** The fields that an objective reads of each step, beside `policy`. */
export const fieldsRead = ({ reads }: Objective): (keyof CaseStep)[] => [
  ...(reads.reference ? (['reference'] as const) : []),
  ...(reads.stop ? (['stop'] as const) : []),
  ...(reads.kl ? (['kl'] as const) : []),
  ...(reads.squares ? (['squares'] as const) : []),
  ...(reads.hidden ? (['hidden'] as const) : []),
  ...(reads.head?.at === 'state' ? (['value'] as const) : []),
  ...(reads.head?.at === 'step' ? (['valueEnd'] as const) : []),
  ...Object.entries(reads.frozen ?? {}).flatMap(([name, { read }]) =>
    read === 'head' ? [] : [name as keyof CaseStep],
  ),
];

/**
 * Checks that a case has what a loss reads, in shape and value.
 * @param name of the method, for messages
 * @throws LossCaseError
 */
export const checkLossCase = (given: LossCase, name: string, objective: Objective): void => {
  const problems: string[] = [];
  const needed = fieldsRead(objective);
  const { reads } = objective;
  // A reward model speaks through the margins of the comparisons.
  const heads = Object.values(reads.frozen ?? {}).filter(({ read }) => read === 'head');
  const readsMargin = reads.margins || heads.some(({ label }) => label === undefined);
  const stepLabels = [...(reads.stepLabels ?? []), ...heads.flatMap(({ label }) => label ?? [])];
  let width: number | undefined;
  given.prompts.forEach(({ responses, comparisons }, p) => {
    responses.forEach(({ steps, score, labels: own }, r) => {
      const at = `prompt ${p}, response ${r}`;
      if (reads.scores && score === undefined) problems.push(`${at}: has no score, and ${name} reads one`);
      for (const label of reads.answerLabels ?? []) {
        if (own?.[label] === undefined && !own?.['mismatched'])
          problems.push(`${at}: has no label "${label}", and ${name} reads it`);
      }
      steps.forEach((step, s) => {
        const place = `${at}, step ${s}`;
        for (const field of needed) {
          if (step[field] === undefined) problems.push(`${place}: has no ${field}, and ${name} reads it`);
        }
        for (const label of stepLabels) {
          if (step.labels?.[label] === undefined)
            problems.push(`${place}: has no label "${label}", and ${name} reads it`);
        }
        for (const field of perToken) {
          const values = step[field];
          if (values && values.length !== step.policy.length) {
            problems.push(
              `${place}, ${field}: has ${values.length} numbers, and policy has ${step.policy.length}`,
            );
          }
        }
        for (const field of logProbs) {
          // Of an image it is a density, whose log may be above 0.
          const most = reads.latents ? Number.POSITIVE_INFINITY : 0;
          const bad = step[field]?.findIndex((x) => !(x <= most) || !Number.isFinite(x)) ?? -1;
          if (bad >= 0) {
            problems.push(
              `${place}, ${field}[${bad}]: is ${step[field]![bad]}, and a log-prob is a finite number of at most 0`,
            );
          }
        }
        if (step.hidden) {
          width ??= step.hidden.length;
          if (step.hidden.length !== width)
            problems.push(`${place}, hidden: has ${step.hidden.length} numbers, and others have ${width}`);
        }
      });
    });
    const both = reads.oneRole && inTwoRoles(comparisons);
    if (both) {
      problems.push(
        `prompt ${p}: response ${both.rejected} is chosen in one comparison and rejected in another, and ${name} gives each one role only`,
      );
    }
    comparisons.forEach(({ chosen, rejected, margin }, c) => {
      if (readsMargin && margin === undefined)
        problems.push(`prompt ${p}, comparison ${c}: has no margin, and ${name} reads one`);
      for (const [side, index] of Object.entries({ chosen, rejected })) {
        if (index >= responses.length) {
          problems.push(
            `prompt ${p}, comparison ${c}, ${side}: is ${index}, and the prompt has ${responses.length} responses`,
          );
        }
      }
    });
  });
  if (problems.length > 0) throw new LossCaseError(problems);
};
