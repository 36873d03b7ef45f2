import type { Arm, Fields, Study } from '../../studies/core/study';

/** What every run of a study has that a method's own defaults may not. */
const quiet: Fields = { 'evaluation.every': 0, checkpointEvery: 0 };

const query = (fields: Readonly<Record<string, unknown>>) =>
  new URLSearchParams(Object.entries(fields).map(([key, value]) => [key, String(value)])).toString();

/** The address of an arm with a seed on the first page, or of its experiment in the lab. */
export const armAddress = ({ on }: Study, arm: Arm, seed: number): string =>
  'lab' in on
    ? `#/lab/${on.lab}`
    : `#${query({ 'method.id': arm.method, model: on.model, ...quiet, ...on.set, ...arm.set, seed })}`;

/** Both arms in Compare, to be changed there; undefined where nothing is trained. */
export const compareAddress = ({ on, arms, seeds }: Study): string | undefined => {
  if ('lab' in on) return undefined;
  // Compare gives every method its own paper's data unless an arm says otherwise.
  const source = on.set['data.source.id'];
  const own = arms.flatMap((arm, i) =>
    Object.entries({ 'method.id': arm.method, ...(source && { 'data.source.id': source }), ...arm.set }).map(
      ([path, value]) => [`${'ab'[i]}.${path}`, value] as const,
    ),
  );
  const shared = { 'method.id': arms[0].method, model: on.model, ...on.set, seed: seeds[0] };
  return `#/compare?${query({ ...shared, ...Object.fromEntries(own) })}`;
};

/** What an arm has of its own, beside what both have. */
export const armFields = ({ on }: Study, { method, set }: Arm): Fields => ({
  ...('model' in on && method !== undefined ? { 'method.id': method } : {}),
  ...set,
});
