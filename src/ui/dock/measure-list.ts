import { html, nothing } from 'lit';
import type { Evaluation } from '../../../workers/protocol';
import { measureInterval, measuresBeforeAndAfter, measureValue } from '../../train/measure-words';
import { plural } from '../format';

/** How many of a world's measures the dock has room for; the curves show all. */
const shown = 3;

/**
 * What the world measures beside accuracy, before and now; how much there is beside that is said in a line.
 * @param trained the measure that the run trains on, which comes first
 */
export const measureList = (
  first: Evaluation | undefined,
  last: Evaluation | undefined,
  trained: string | undefined,
) => {
  const all = measuresBeforeAndAfter(first?.measures, last?.measures);
  if (all.length === 0) return nothing;
  // Parts of another measure, as "asr-trained" is of "asr", come after what stands by itself.
  const isPart = ({ after: { id } }: (typeof all)[number]) =>
    all.some(({ after }) => id.startsWith(`${after.id}-`));
  const place = (row: (typeof all)[number]) => (row.after.id === trained ? 0 : isPart(row) ? 2 : 1);
  // What was measured at the end alone has no before, and stands below.
  const compared = first === last ? all : all.filter(({ before }) => before);
  const rows = [...compared].sort((a, b) => place(a) - place(b)).slice(0, shown);
  const more = all.length - rows.length;
  return html`<div>${
    rows.length === 0
      ? nothing
      : html`<dl class="dock-measures" data-testid="measures">${rows.map(({ before, after }) => {
          const same = first === last || !before;
          return html`<div data-testid="measure-${after.id}" data-before=${before?.value ?? nothing} data-now=${after.value} title="95 % interval ${measureInterval(after)}">
      <dt>${after.name}</dt>
      <dd>${same ? nothing : html`${measureValue(before)} <span aria-hidden="true">→</span><span class="visually-hidden"> before, now </span> `}${measureValue(after)}</dd>
    </div>`;
        })}</dl>`
  }
    ${more > 0 ? html`<p class="dock-rest" data-testid="measures-more" data-count=${more}>${plural(more, 'more measure')} below</p>` : nothing}</div>`;
};
