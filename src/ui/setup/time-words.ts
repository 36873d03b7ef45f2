import type { Estimate } from '../../../workers/protocol';
import type { RunDocument } from '../../train/run-document';
import { treesTaken } from '../../train/used-trees';
import { count, duration, number, plural } from '../format';

type Part = Estimate['ahead'][number];

const partWords = ({ what, count: n, seconds }: Part, made: string, { data }: RunDocument): string => {
  const time = seconds === undefined ? '' : `, ${duration(seconds)}`;
  if (what === 'drawing') return `drawing what it learns from, ${plural(n, 'step')} of denoising${time}`;
  if (what === 'making') return `making ${plural(n, made)}${time}`;
  if (what === 'scoring')
    return `scoring ${plural(n, data.dataset ? 'example' : 'pair')} under the reference${time}`;
  return `measuring on what is held out, ${plural(n, 'time')}${time}`;
};

/** What comes beside the steps, part by part; empty when nothing does. */
export const aheadWords = ({ ahead, images }: Estimate, document: RunDocument): string =>
  ahead.map((part) => partWords(part, images ? 'example' : 'pair', document)).join('; ');

/** How often the steps go through the data, where their number is known. */
export const epochWords = (document: RunDocument, trees: number | undefined): string => {
  if (!trees) return '';
  const epochs = treesTaken(document) / trees;
  return epochs < 1
    ? `The steps take ${count(treesTaken(document))} of the ${plural(trees, 'example')}; the others are left out.`
    : `The steps go ${number(Number(epochs.toPrecision(2)))} times through the ${plural(trees, 'example')}.`;
};

/** For the dock: seconds before the first step, and in all. */
export const dockTime = ({ ahead, secondsInAll, secondsPerStep }: Estimate): string => {
  const before = ahead
    .filter(({ what }) => what !== 'measuring')
    .reduce((sum, { seconds }) => sum + (seconds ?? 0), 0);
  const parts = [
    secondsInAll === undefined ? '' : `${duration(secondsInAll)} in all`,
    before >= 1 ? `${duration(before)} before the first step` : '',
    secondsPerStep === undefined || secondsInAll !== undefined ? '' : `${duration(secondsPerStep)} a step`,
  ];
  return parts.filter(Boolean).join(', ');
};
