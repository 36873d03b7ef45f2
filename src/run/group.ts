import type { RunSummary } from '../../workers/protocol';
import type { RunDocument } from '../train/run-document';
import { parseRun, RunDocumentError } from '../train/run-document';

/** Arms of a comparison at most. */
const MOST_ARMS = 4;

/** A, B, C, D. */
export const armName = (arm: number): string => String.fromCharCode(65 + arm);

/**
 * Checks the documents of a comparison.
 * @throws RunDocumentError with fields such as `b.steps`
 * @throws Error where their number or their backends do not go together
 */
export const parseGroup = (values: unknown, methods: Parameters<typeof parseRun>[1]): RunDocument[] => {
  if (!Array.isArray(values) || values.length < 2 || values.length > MOST_ARMS) {
    const given = Array.isArray(values) ? String(values.length) : 'something else';
    throw new Error(`A comparison has two to ${MOST_ARMS} arms; ${given} were given.`);
  }
  const problems: { field: string; message: string }[] = [];
  const documents = values.flatMap((value, arm): RunDocument[] => {
    try {
      return [parseRun(value, methods)];
    } catch (error) {
      if (!(error instanceof RunDocumentError)) throw error;
      problems.push(
        ...error.problems.map(({ field, message }) => ({
          field: `${armName(arm).toLowerCase()}.${field}`,
          message,
        })),
      );
      return [];
    }
  });
  if (problems.length > 0) throw new RunDocumentError(problems);
  const backends = new Set(documents.map(({ backend }) => backend));
  if (backends.size > 1) {
    throw new Error(
      `The arms of a comparison run on one backend; these ask for ${[...backends].join(' and ')}.`,
    );
  }
  return documents;
};

/** The stored runs of a comparison in the order of their arms. @throws where one has been deleted */
export const storedArms = (id: string, runs: readonly RunSummary[]): RunSummary[] => {
  const own = runs.filter(({ group }) => group?.id === id).sort((a, b) => a.group!.arm - b.group!.arm);
  const [first] = own;
  if (!first) throw new Error(`There is no stored comparison "${id}".`);
  const { arms } = first.group!;
  if (own.length < arms) {
    throw new Error(
      `Of this comparison's ${arms} runs ${own.length} are stored; the others have been deleted. Open them one by one.`,
    );
  }
  return own;
};
