import type { ParamSpecs } from '../methods/params';
import type { MethodInfo } from './method-info';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Version 1 had yes and no as 1 and 0. */
const withFlags = (params: Fields, specs: ParamSpecs): Fields =>
  Object.fromEntries(
    Object.entries(params).map(([key, value]) => {
      const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
      return [key, spec?.kind === 'flag' && (value === 0 || value === 1) ? value === 1 : value];
    }),
  );

/** Entries of `params` that fit, and the others. */
const split = (params: Fields, fits: (key: string) => boolean): [Fields, Fields] => {
  const entries = Object.entries(params);
  return [
    Object.fromEntries(entries.filter(([key]) => fits(key))),
    Object.fromEntries(entries.filter(([key]) => !fits(key))),
  ];
};

/**
 * A document of an earlier version as the present one has it; what is none comes back as it is, for the schema to name.
 *
 * Version 1 to 2: how data are made was part of the method's parameters and is now `data.source`, with parameters of its own;
 * yes and no are booleans. Links and command lines that still name a source's parameter as the method's are understood
 * whatever their version.
 */
export const migrateRun = (
  value: unknown,
  methods: readonly Pick<MethodInfo, 'id' | 'params' | 'sources'>[],
): unknown => {
  if (!isFields(value)) return value;
  const run: Fields = value['version'] === 1 ? { ...value, version: 2 } : { ...value };
  const { method: given, data } = run;
  if (!isFields(given) || !isFields(data) || !isFields(given['params'] ?? {})) return run;
  const method = methods.find(({ id }) => id === given['id']);
  if (!method) return run;
  const chosen = isFields(data['source']) ? data['source'] : undefined;
  const own =
    method.sources.find(({ id }) => id === chosen?.['id']) ?? (chosen ? undefined : method.sources[0]);
  const params = (given['params'] ?? {}) as Fields;
  const [moved, rest] = split(
    params,
    (key) => !Object.hasOwn(method.params, key) && own !== undefined && Object.hasOwn(own.params, key),
  );
  run['method'] = { ...given, params: withFlags(rest, method.params) };
  if (!own || isFields(data['dataset'])) return run;
  const defaults = Object.fromEntries(Object.entries(own.params).map(([key, spec]) => [key, spec.default]));
  const before = chosen?.['params'] ?? defaults;
  run['data'] = {
    ...data,
    source: {
      ...chosen,
      id: own.id,
      params: isFields(before) ? withFlags({ ...before, ...moved }, own.params) : before,
    },
  };
  return run;
};
