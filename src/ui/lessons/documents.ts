import type { Fields, Lesson, RunSpec } from '../../lessons/lesson';
import type { MethodInfo } from '../../train/method-info';
import { parseRun, type RunDocument } from '../../train/run-document';
import { hash } from '../../util/rng';
import { armDocuments, letters } from '../compare/arms';
import { documentOfFields } from '../document-of-fields';
import type { Strings } from '../place';
import { readFields } from '../run-url';

const strings = (fields: Fields): Strings =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, String(value)]));

/** Fields of a run as an address has them: those of the lesson, then the run's own; an arm's under its letter. */
const addressFields = (lesson: Lesson, { fields = {}, arms = [] }: RunSpec, seed: number): Strings => ({
  ...strings({ seed, ...lesson.base, ...fields }),
  ...Object.fromEntries(
    arms.flatMap((arm, i) =>
      Object.entries(strings(arm)).map(([key, value]) => [`${letters[i]}.${key}`, value]),
    ),
  ),
});

/** The address of a run of a lesson: of the first page, or of the comparison. */
export const addressOf = (lesson: Lesson, run: RunSpec, seed: number): string =>
  `#/${run.arms ? 'compare' : ''}?${Object.entries(addressFields(lesson, run, seed))
    .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
    .join('&')}`;

/**
 * The documents of a lesson's run: one, or one to an arm.
 * @param backend as the reader has it
 * @throws RunDocumentError where the lesson asks for what there is not
 */
export const documentsOf = (
  lesson: Lesson,
  run: RunSpec,
  seed: number,
  methods: readonly MethodInfo[],
  backend: RunDocument['backend'],
): RunDocument[] => {
  const { arms } = run;
  const own = addressFields(lesson, run, seed);
  const shared = Object.entries(own).filter(([key]) => !/^[a-d]\./.test(key));
  const base = parseRun(
    { ...(documentOfFields(readFields(shared), methods, methods[0]) as RunDocument), backend },
    methods,
  );
  if (!arms) return [base];
  return armDocuments(base, own, methods).map((document) => parseRun(document, methods));
};

/** Names documents by what is in them: equal ones have equal names. */
export const keyOf = (documents: readonly RunDocument[]): string => {
  const text = JSON.stringify(documents);
  return [1, 2].map((seed) => (hash(text, seed) >>> 0).toString(36)).join('.');
};
