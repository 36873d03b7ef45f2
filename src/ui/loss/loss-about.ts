import { html, nothing } from 'lit';
import type { LossCase } from '../../train/loss-case/case';
import type { LossResult } from '../../train/loss-case/compute-loss';
import { number } from '../format';
import type { Question } from './shape-case';
import { type Field, fieldsOf, type ShownNumber } from './shown-case';

const fieldNames: Record<Field, string> = {
  policy: 'log-probs of the policy',
  stop: 'log p(EOS)',
  value: 'values of the states',
  kl: 'divergences',
  squares: 'sums of squares',
  valueEnd: 'values of the steps',
};

/** A case that has been computed. */
export interface Answer {
  given: LossCase;
  result: LossResult;
}

const choice = (fields: readonly Field[], chosen: Field, choose: (field: Field) => void) =>
  fields.length < 2
    ? nothing
    : html`<fieldset class="filter"><legend>Derivative by</legend>${fields.map(
        (
          field,
        ) => html`<label><input type="radio" name="loss-field" data-testid="loss-field-${field}" .checked=${chosen === field}
            @change=${() => choose(field)} /> ${fieldNames[field]}</label>`,
      )}</fieldset>`;

const readout = (looked: ShownNumber | undefined) =>
  html`<p class="readout" data-testid="loss-readout">${
    looked
      ? html`<strong>${looked.place}</strong>: <span class="readout-token">${number(looked.value)}</span>, derivative <span class="readout-token">${number(looked.derivative)}</span>`
      : 'A number: point at one, or move to it with the arrow keys; up and down change it by 0.1, with Shift by 1.'
  }</p>`;

interface About {
  name: string;
  /** The text is another by now. */
  stale: boolean;
  field: Field;
  question: Question | undefined;
  looked: ShownNumber | undefined;
  choose(field: Field): void;
}

/** What is said of a computed case beside it: loss, metrics, what is derived by, the number that is looked at. */
export const lossAbout = ({ result }: Answer, { name, stale, field, question, looked, choose }: About) => {
  const metrics = Object.entries(result.metrics).filter(([key]) => key !== 'loss');
  return html`<p role="status"><strong>Loss of ${name}: ${number(result.loss)}</strong>${stale ? ' (of the text before)' : nothing}</p>
    ${metrics.length > 0 ? html`<dl class="legend">${metrics.map(([key, value]) => html`<div><dt>${key}</dt><dd>${number(value)}</dd></div>`)}</dl>` : nothing}
    ${choice(fieldsOf(result), field, choose)}
    ${question ? html`<p><em>${question.label}.</em> ${question.look}</p>` : nothing}
    <p>Training steps against the derivative: a negative one pushes its number up (blue, a whole rule below), a positive one down (orange, dotted); a stronger colour is a larger one, and without colour it is 0.</p>
    ${readout(looked)}`;
};
