import { html, svg, type TemplateResult } from 'lit';
import { type VerdictId, verdicts } from '../../studies/core/verdict';
import { cross, tick } from '../icons';

const line = (body: TemplateResult) =>
  svg`<svg class="icon" viewBox="0 0 16 16" width="1em" height="1em" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" aria-hidden="true" focusable="false">${body}</svg>`;

const signs: Readonly<Record<VerdictId, () => unknown>> = {
  shown: tick,
  opposite: cross,
  'not-shown': () => line(svg`<path d="M3 8h10" />`),
  exact: () => line(svg`<path d="M3 6h10 M3 10.4h10" />`),
  'not-run': () => line(svg`<path d="M3 8h.1 M8 8h.1 M13 8h.1" stroke-width="2.6" />`),
};

/** The sign of a verdict alone, its word for who does not see it. */
export const verdictSign = (id: VerdictId) =>
  html`<span class="verdict v-${id}" title=${verdicts[id].word}>${signs[id]()}<span class="visually-hidden">${verdicts[id].word}</span></span>`;

/** A verdict in a word and a sign. @param agrees of an exact number: whether it lies on the claimed side */
export const verdictMark = (id: VerdictId, agrees?: boolean) =>
  html`<span class="verdict v-${id}">${signs[id]()} <strong>${verdicts[id].word}</strong>${
    id === 'exact' && agrees !== undefined
      ? html` <span class="quiet">${agrees ? 'as the paper says' : 'not as the paper says'}</span>`
      : ''
  }</span>`;
