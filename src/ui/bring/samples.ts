import { html, nothing } from 'lit';
import type { DatasetReport } from '../../data/prepare/report';
import { number } from '../format';
import { shown } from './shown';

type Sample = DatasetReport['samples'][number];

const sides = { chosen: 'chosen', rejected: 'rejected', response: 'answer' } as const;

const steps = (texts: readonly string[], from: number, unscored: (step: number) => boolean) =>
  texts.map(
    (text, i) =>
      html`<li class="data-step ${unscored(i) ? 'is-shared' : ''}" value=${from + i}><bdi class="data-text">${shown(text)}</bdi></li>`,
  );

const one = (sample: Sample) => html`<li class="sample">
  <p class="quiet sample-where">${shown(sample.where)}</p>
  <p class="data-prompt"><bdi class="data-text">${shown(sample.prompt)}</bdi></p>
  ${sample.shared.length > 0 ? html`<p class="sample-side">given to both</p><ol class="data-steps">${steps(sample.shared, 1, () => true)}</ol>` : nothing}
  <div class="sample-sides">
    ${sample.responses.map(
      (response) => html`<div class="side-${response.side}">
        <p class="sample-side">${sides[response.side]}${response.score === undefined ? nothing : `, score ${number(response.score)}`}</p>
        <ol class="data-steps">${steps(response.steps, sample.shared.length + 1, (i) => response.given?.includes(i) === true)}</ol>
      </div>`,
    )}
  </div>
</li>`;

/** Examples on their own text, each step with its number before it. */
export const sampleList = (samples: readonly Sample[], testId: string) =>
  html`<ol class="samples" data-testid=${testId}>${samples.map(one)}</ol>`;
