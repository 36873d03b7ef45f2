import type { z } from 'zod/mini';
import type { ParamSpecs } from '../methods/params';
import { paramProblem } from '../methods/params';
import type { MethodInfo } from './method-info';
import type { RunDocument } from './run-schema';

/** What is wrong with a field of a document, and what to do. */
export interface Problem {
  field: string;
  message: string;
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);

/** An issue of the schema in words. */
export const describeIssue = (issue: z.core.$ZodIssue, document: unknown): Problem => {
  const field = issue.path.join('.') || 'document';
  switch (issue.code) {
    case 'unrecognized_keys':
      return {
        field,
        message: `unknown field ${issue.keys.map((k) => `"${k}"`).join(', ')}; remove it or check the spelling`,
      };
    case 'too_small':
      return { field, message: `is too small; use at least ${String(issue.minimum)}` };
    case 'too_big':
      return { field, message: `is too large; use at most ${String(issue.maximum)}` };
    case 'invalid_type': {
      const wanted = issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`;
      const missing = issue.path.length > 0 && valueAt(document, issue.path) === undefined;
      return { field, message: `${missing ? 'is missing; it ' : ''}should be ${wanted}` };
    }
    case 'invalid_value':
      return { field, message: `should be one of ${issue.values.map(String).join(', ')}` };
    default:
      return { field, message: issue.message ?? 'is not valid' };
  }
};

/** What is wrong with the values of parameters, each with its field. */
export const paramProblems = (
  owner: string,
  specs: ParamSpecs,
  values: Readonly<Record<string, number | boolean | string>>,
  path: string,
): Problem[] => {
  const known = Object.keys(specs).join(', ') || 'none';
  const unknown = Object.keys(values)
    .filter((key) => !Object.hasOwn(specs, key))
    .map((key) => ({
      field: `${path}.${key}`,
      message: `is not a parameter of ${owner} (its parameters: ${known})`,
    }));
  const wrong = Object.entries(specs).flatMap(([key, spec]): Problem[] => {
    const message = paramProblem(spec, Object.hasOwn(values, key) ? values[key] : undefined);
    return message ? [{ field: `${path}.${key}`, message }] : [];
  });
  return [...unknown, ...wrong];
};

/** A source that makes nothing for the method, and what is wrong with its parameters. */
export const sourceProblems = (
  method: Pick<MethodInfo, 'name' | 'sources'>,
  { id, params }: { id: string; params: Readonly<Record<string, number | boolean | string>> },
): Problem[] => {
  const source = method.sources.find((s) => s.id === id);
  if (source) return paramProblems(source.name, source.params, params, 'data.source.params');
  const known = method.sources.map((s) => s.id).join(', ');
  return [
    {
      field: 'data.source.id',
      message: `"${id}" makes nothing that ${method.name} trains on; use one of ${known}`,
    },
  ];
};

/** Wrappers that change nothing for the method, and what is wrong with their parameters. */
export const wrapperProblems = (
  method: Pick<MethodInfo, 'name' | 'wrappers'>,
  chosen: RunDocument['data']['wrappers'],
): Problem[] =>
  Object.entries(chosen).flatMap(([id, params]) => {
    const wrapper = method.wrappers.find((w) => w.id === id);
    const field = `data.wrappers.${id}`;
    if (wrapper) return paramProblems(wrapper.name, wrapper.params, params, field);
    const known = method.wrappers.map((w) => w.id).join(', ') || 'none';
    return [{ field, message: `changes nothing that ${method.name} trains on; use one of ${known}` }];
  });
