import type { Estimate } from '../../../workers/protocol';
import type { RunDocument } from '../../train/run-document';

/** Parts that an arm needs only while it has its turn; the others stay beside those of the other arms. */
const passing = new Set([
  'activations',
  'vocabulary and loss',
  'reference, while it is scored',
  'what is kept of a batch for its gradient',
]);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What its pairs are made of: arms with the same share them, and what a reference says of them. */
const dataKey = ({ model, seed, data }: RunDocument) => JSON.stringify([model, seed, data]);

/** What a comparison takes: arms take turns, so times add up, and of what passes the largest counts. */
export const estimateOfArms = (
  documents: readonly RunDocument[],
  estimates: readonly Estimate[],
): Estimate => {
  const [first] = estimates;
  if (!first) throw new Error('There are no arms.');
  const bytesOf = ({ parts }: Estimate, lasting: boolean) =>
    sum(parts.filter(({ what }) => passing.has(what) !== lasting).map(({ bytes }) => bytes));
  const totalBytes =
    sum(estimates.map((each) => bytesOf(each, true))) +
    Math.max(...estimates.map((each) => bytesOf(each, false)));
  const keys = documents.map(dataKey);
  const isMade = (i: number) => keys.indexOf(keys[i]!) < i;
  const own = estimates.map(({ ahead }, i) => ahead.filter(({ what }) => what === 'measuring' || !isMade(i)));
  const spared = sum(
    estimates.map(({ ahead }, i) =>
      sum(ahead.filter((part) => !own[i]!.includes(part)).map(({ seconds }) => seconds ?? 0)),
    ),
  );
  const seconds = estimates.map(({ secondsInAll }) => secondsInAll);
  const { limitBytes } = first;
  const worst = estimates.find(({ fits }) => !fits);
  const fits = !worst && (limitBytes === undefined || totalBytes <= limitBytes);
  return {
    ...first,
    parts: estimates.flatMap(({ parts }) => parts),
    totalBytes,
    largestBufferBytes: Math.max(...estimates.map((each) => each.largestBufferBytes)),
    allSteps: sum(estimates.map(({ allSteps }) => allSteps)),
    ahead: own.flat(),
    secondsInAll: seconds.some((each) => each === undefined) ? undefined : sum(seconds as number[]) - spared,
    fits,
    problem:
      worst?.problem ?? (fits ? '' : 'The arms together need more memory than there is; take one out.'),
    remedies: worst?.remedies ?? [],
  };
};
