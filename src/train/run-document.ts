import { z } from 'zod/mini';
import { notAMethod } from '../util/not-a-method';
import { firstSource } from './default-run';
import type { MethodInfo } from './method-info';
import { migrateRun } from './run-migrations';
import { describeIssue, type Problem, paramProblems, sourceProblems, wrapperProblems } from './run-problems';
import { RUN_VERSION, type RunDocument, runSchema } from './run-schema';

export { defaultRun } from './default-run';
export {
  type AdapterDocument,
  defaultAdapter,
  defaultSnapshots,
  RUN_VERSION,
  type RunDocument,
  weightStorages,
} from './run-schema';

/** A run document that cannot be used. One line per field, each naming the field and the remedy. */
export class RunDocumentError extends Error {
  override name = 'RunDocumentError';
  constructor(readonly problems: Problem[]) {
    super(problems.map((p) => `${p.field}: ${p.message}`).join('\n'));
  }
}

/**
 * Checks an unknown value as a run document, the method's and the source's parameters against their ranges included.
 * Documents of earlier versions are migrated. Exactly one of `data.source` and `data.dataset` is not null in the result: a
 * dataset takes the source's place, and without either the method's own source is taken.
 * @param methods the catalogue as data, passed in so that this file needs no room above its own
 * @throws RunDocumentError naming every wrong field and what to do
 */
export const parseRun = (
  value: unknown,
  methods: readonly Pick<MethodInfo, 'id' | 'name' | 'params' | 'sources' | 'wrappers'>[],
): RunDocument => {
  if (typeof value === 'object' && value !== null && 'version' in value) {
    const { version } = value;
    if (version !== RUN_VERSION && version !== 1) {
      throw new RunDocumentError([
        {
          field: 'version',
          message: `is ${JSON.stringify(version)}, and this program reads versions 1 and ${RUN_VERSION}; make the run again here, or open it with the release that wrote it`,
        },
      ]);
    }
  }
  const result = z.safeParse(runSchema, migrateRun(value, methods));
  if (!result.success)
    throw new RunDocumentError(result.error.issues.map((issue) => describeIssue(issue, value)));
  const run = result.data;
  const problems: Problem[] = [];
  if (run.adapter === null && run.weights !== 'f32') {
    problems.push({
      field: 'weights',
      message: `is "${run.weights}", and weights that are all trained have to be "f32"; use that, or give an adapter`,
    });
  }
  const method = methods.find((m) => m.id === run.method.id);
  if (method) {
    problems.push(...paramProblems(method.name, method.params, run.method.params, 'method.params'));
    run.data.source = run.data.dataset ? null : (run.data.source ?? firstSource(method));
    if (run.data.source) problems.push(...sourceProblems(method, run.data.source));
    problems.push(...wrapperProblems(method, run.data.wrappers));
  } else {
    problems.push({
      field: 'method.id',
      message: notAMethod(
        run.method.id,
        methods.map((m) => m.id),
      ),
    });
  }
  if (problems.length > 0) throw new RunDocumentError(problems);
  return run;
};
