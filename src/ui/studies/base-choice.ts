import { html, nothing } from 'lit';
import { baseOf } from '../../studies/core/bases';
import { besideFirst, type Found, type Mark } from '../../studies/core/mark';
import type { Study } from '../../studies/core/study';
import { marks } from '../../studies/marks';
import type { App } from '../app';
import { pageLink } from '../page-link';
import { verdictMark } from './verdict-mark';

/** What the verdict of a further base model says beside the first one's, in a few words behind it; empty while one is missing. */
export const besideInWords = (first: Found, other: Found): string => {
  const how = besideFirst(first, other);
  if (how === undefined) return '';
  if (how === 'the same') return ', the same';
  return how === 'apart' ? ', and the intervals lie apart' : ', though the intervals overlap';
};

const sentence = (first: Found, others: readonly Found[]): string => {
  const all = others.map((other) => besideFirst(first, other));
  if (all.includes(undefined)) return '';
  if (all.every((how) => how === 'the same')) return 'The verdict is the same on both.';
  return all.includes('apart')
    ? 'The verdicts differ, and the intervals lie apart: it depends on the weights.'
    : 'The verdicts differ, though the intervals overlap: whether it depends on the weights is open.';
};

/** On which base model a study is shown, with the verdict of each; nothing where there is one alone. */
export const baseChoice = (app: App, whole: Study, shown: Study) => {
  const mark = marks.find(({ id }) => id === whole.id);
  if (!mark?.bases) return nothing;
  const { bases } = mark;
  const link = (model: string, found: Found) => {
    const own: Record<string, string> = model === baseOf(whole) ? {} : { base: model };
    return html`<li>${pageLink(app, { path: ['studies', whole.id], own }, model, model === baseOf(shown), `study-on-${model}`)} ${verdictMark(found.verdict, found.agrees)}</li>`;
  };
  return html`<nav class="study-bases" aria-label="Base model"><ul>${link(baseOf(whole)!, mark)}${bases.map((other) => link(other.model, other))}</ul>
    <p class="study-facts">${sentence(mark, bases)}</p></nav>`;
};

/** How many studies were run on a further base model, and how many of them say the same there; empty while there is none. */
export const basesInWords = (all: readonly Mark[]): string => {
  const how = all.flatMap((mark) => (mark.bases ?? []).flatMap((other) => besideFirst(mark, other) ?? []));
  if (how.length === 0) return '';
  const same = how.filter((each) => each === 'the same').length;
  const apart = how.filter((each) => each === 'apart').length;
  return `${how.length} were run on a second base model as well, made alike from other random weights: ${
    same === how.length
      ? 'all say the same there'
      : `${same} say the same there, and ${how.length - same} otherwise${apart === 0 ? ', each with intervals that overlap' : `, ${apart} of them with intervals that lie apart`}`
  }.`;
};
