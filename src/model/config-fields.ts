/** What the families share in reading config.json: checked fields, and refusals that name field, value and remedy. */
import { z } from 'zod/mini';

/** A config.json that this program cannot use. The message has one line per field: what is wrong, what to do. */
export class ModelConfigError extends Error {
  override name = 'ModelConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`config.json cannot be used:\n${problems.map((p) => `- ${p}`).join('\n')}`);
  }
}

export type ConfigJson = Record<string, unknown>;

export const isRecord = (value: unknown): value is ConfigJson =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** "is missing", or "is" and the value, cut short. */
export const shown = (value: unknown): string => {
  if (value === undefined) return 'is missing';
  const text = JSON.stringify(value) ?? String(value);
  return `is ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
};

/** Bounds keep a hostile file from asking for the moon. */
export const count = (max: number) => z.int().check(z.minimum(1), z.maximum(max));
export const optional = <T extends z.core.$ZodType>(type: T) => z.optional(z.nullable(type));
export const flag = z.boolean();
export const epsilon = z.number().check(z.positive(), z.maximum(1));
const tokenId = z.int();

/** The fields that every family has under the same names. */
export const commonFields = {
  vocab_size: count(10_000_000),
  tie_word_embeddings: optional(flag),
  bos_token_id: optional(tokenId),
  eos_token_id: optional(z.union([tokenId, z.array(tokenId).check(z.maxLength(64))])),
  pad_token_id: z.optional(z.unknown()), // nothing is padded here
};

const remedy = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'too_big') return `it must be at most ${issue.maximum}.`;
  if (issue.code === 'too_small')
    return `it must be ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}.`;
  if (issue.code === 'invalid_union') return 'it must be a whole number or a list of them.';
  if (issue.code !== 'invalid_type') return `it cannot be used (${issue.message}).`;
  if (issue.expected === 'boolean') return 'it must be true or false.';
  return issue.path[0] === 'rms_norm_eps' || issue.path[0] === 'layer_norm_epsilon'
    ? 'it must be a number.'
    : 'it must be a whole number.';
};

/**
 * Reads the fields of a schema.
 * @param refused problems found before, which a model of another kind also has for that reason
 * @throws ModelConfigError naming these and every field that is wrong.
 */
export const readFields = <T extends z.core.$ZodShape>(
  json: ConfigJson,
  shape: T,
  refused: readonly string[],
): z.output<z.ZodMiniObject<T>> => {
  const parsed = z.safeParse(z.object(shape), json);
  if (parsed.success && refused.length === 0) return parsed.data as z.output<z.ZodMiniObject<T>>;
  const fields = new Map<string, string>();
  for (const issue of parsed.error?.issues ?? []) {
    const field = String(issue.path[0]);
    fields.set(field, `${field} ${shown(json[field])}: ${remedy(issue)}`);
  }
  throw new ModelConfigError([...refused, ...fields.values()]);
};

/** Refuses a field unless it is missing, null or one of these values. */
export const mustBe = (json: ConfigJson, field: string, allowed: readonly unknown[], remedyText: string) => {
  const value = json[field];
  return value === undefined || value === null || allowed.includes(value)
    ? []
    : [`${field} ${shown(value)}: ${remedyText}`];
};
