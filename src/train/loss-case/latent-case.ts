import { z } from 'zod/mini';
import { methodById } from '../../methods/index';
import { areImages, mainPass } from '../../methods/method';
import { stepMetrics } from '../metrics';
import type { LossCase } from './case';
import { checkLossCase, LossCaseError } from './case';
import { caseBatch } from './case-batch';
import { evaluateCase, paramsOf } from './compute-loss';
import { latentReadings } from './latent-readings';
import { NamedArrays, type Nested } from './named-arrays';

/** A loss case of a method on images: its arrays by name, see docs/loss-case.md. */
export interface LatentCase {
  method: string;
  params?: Record<string, number | boolean | string | null>;
  input: Record<string, Nested>;
}

export interface LatentResult {
  loss: number;
  /** The derivative by each array that has one, in its shape. */
  gradient: Record<string, Nested>;
  metrics: Record<string, number>;
}

/** Whether a loss case is one of arrays by name. */
export const isLatentCase = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'input' in value;

const schema = z.strictObject({
  method: z.string(),
  params: z._default(z.record(z.string(), z.nullable(z.union([z.number(), z.boolean(), z.string()]))), {}),
  input: z.record(z.string(), z.unknown()),
});

/**
 * The loss of a method on images, on denoising errors, log-probs or means that are given, and its derivative by each array of the
 * policy's. A backend has to be started before.
 * @throws LossCaseError naming every array, its place and what is wrong
 */
export const computeLatentLoss = async (value: unknown): Promise<LatentResult> => {
  const parsed = z.safeParse(schema, value);
  if (!parsed.success) {
    throw new LossCaseError(
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the case'}: ${issue.message}`),
    );
  }
  const { method: id, input } = parsed.data;
  const method = methodById(id);
  const read = latentReadings[id];
  if (!read || !areImages(method.eats)) {
    throw new LossCaseError([
      `input: ${method.name} trains on text, whose case has prompts; see docs/loss-case.md, or npm run loss -- --example ${id}`,
    ]);
  }
  // No clip may be said as null.
  const given = Object.entries(parsed.data.params).map(
    ([name, own]) => [name, own === null ? 0 : own] as const,
  );
  const params = paramsOf({ method: id, params: Object.fromEntries(given), prompts: [] });
  const arrays = new NamedArrays(input);
  const { prompts, back } = read(arrays, params['guidance'] === true);
  arrays.check();
  const lossCase: LossCase = { method: id, params: {}, prompts };
  const { objective } = mainPass(method, params);
  checkLossCase(lossCase, method.name, objective);
  const batch = caseBatch(lossCase);
  const { loss, over, aux, rewards, flat } = await evaluateCase(lossCase, objective, batch);
  const side = (of: 'chosen' | 'rejected') => Float32Array.from(batch.comparisons, (c) => rewards![c[of]]!);
  const compared = rewards && batch.comparisons.length > 0;
  const metrics = stepMetrics([
    {
      loss,
      over,
      aux,
      tokens: 0,
      ...(compared && { chosenRewards: side('chosen'), rejectedRewards: side('rejected') }),
    },
  ]);
  const plain = (nested: Nested): Nested => (Array.isArray(nested) ? nested.map(plain) : nested + 0); // no minus zeros
  const gradient = back([...flat['policy']!]);
  return {
    loss,
    gradient: Object.fromEntries(Object.entries(gradient).map(([name, own]) => [name, plain(own)])),
    metrics,
  };
};
