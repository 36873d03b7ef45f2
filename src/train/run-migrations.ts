import type { ParamSpecs } from '../methods/params';
import { defaultParams } from '../methods/params';
import type { MethodInfo } from './method-info';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Defaults for what is left out, since parameters are added with time; yes and no, which version 1 had as 1 and 0. */
const completed = (params: Fields, { params: specs }: { params: ParamSpecs }): Fields => {
  const absent = Object.entries(specs).flatMap(([key, spec]) =>
    spec.absent === undefined ? [] : [[key, spec.absent]],
  );
  const meant = { ...defaultParams({ params: specs }), ...Object.fromEntries(absent), ...params };
  return Object.fromEntries(
    Object.entries(meant).map(([key, value]) => {
      const spec = Object.hasOwn(specs, key) ? specs[key] : undefined;
      return [key, spec?.kind === 'flag' && (value === 0 || value === 1) ? value === 1 : value];
    }),
  );
};

/** Entries of `params` that fit, and the others. */
const split = (params: Fields, fits: (key: string) => boolean): [Fields, Fields] => {
  const entries = Object.entries(params);
  return [
    Object.fromEntries(entries.filter(([key]) => fits(key))),
    Object.fromEntries(entries.filter(([key]) => !fits(key))),
  ];
};

/**
 * The wrappers with their parameters completed, and with those that were named as the method's; and what is left of these.
 * What is no record of known wrappers comes back as it is.
 */
const withWrapperParams = (
  chosen: unknown,
  params: Fields,
  method: Pick<MethodInfo, 'params' | 'wrappers'>,
): [unknown, Fields] => {
  if (!isFields(chosen)) return [chosen, params];
  let left = params;
  const wrappers: Fields = {};
  for (const [id, before] of Object.entries(chosen)) {
    const wrapper = method.wrappers.find((w) => w.id === id);
    wrappers[id] = before;
    if (!wrapper || !isFields(before)) continue;
    const own = (key: string) => !Object.hasOwn(method.params, key) && Object.hasOwn(wrapper.params, key);
    const [moved, rest] = split(left, own);
    left = rest;
    wrappers[id] = completed({ ...before, ...moved }, wrapper);
  }
  return [wrappers, left];
};

/**
 * A document of an earlier version as the present one has it; what is none comes back as it is, for the schema to name.
 *
 * Version 1 to 2: how data are made was part of the method's parameters and is now `data.source`, with parameters of its own;
 * yes and no are booleans. Links and command lines that still name a source's parameter as the method's are understood
 * whatever their version. A parameter that is left out has its default.
 */
export const migrateRun = (
  value: unknown,
  methods: readonly Pick<MethodInfo, 'id' | 'params' | 'sources' | 'wrappers'>[],
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
  const [moved, others] = split(
    params,
    (key) => !Object.hasOwn(method.params, key) && own !== undefined && Object.hasOwn(own.params, key),
  );
  const [wrappers, rest] = withWrapperParams(data['wrappers'], others, method);
  run['method'] = { ...given, params: completed(rest, method) };
  const kept = wrappers === undefined ? data : { ...data, wrappers };
  run['data'] = kept;
  if (!own || isFields(data['dataset'])) return run;
  const before = chosen?.['params'] ?? {};
  run['data'] = {
    ...kept,
    source: {
      ...chosen,
      id: own.id,
      params: isFields(before) ? completed({ ...before, ...moved }, own) : before,
    },
  };
  return run;
};
