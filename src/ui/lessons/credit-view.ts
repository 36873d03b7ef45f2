import { html, nothing, type TemplateResult } from 'lit';
import type { CreditView } from '../../../workers/protocol';
import type { View } from '../../lessons/lesson';
import { netPushes } from '../../lessons/push';
import '../credit/credit-response';
import { shade, stepCredit } from '../credit/explain';
import type { Sight } from './views';

const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The first pair of a look as coloured tokens. */
export const creditView = (
  view: Extract<View, { view: 'credit' }>,
  { live }: Sight,
): TemplateResult | typeof nothing => {
  const first = (live.looks[view.run]?.[view.look] as { pair: CreditView } | undefined)?.pair;
  if (!first) return nothing;
  const shown = view.measure === 'net' ? netPushes(first) : first;
  const measure = view.measure === 'net' ? 'push' : view.measure;
  const scale = largest(shown.responses.flatMap((r) => r.tokens.map((t) => shade(t, measure))));
  const stepScale = largest(shown.responses.flatMap((r) => r.steps.map((_, i) => stepCredit(r, i, measure))));
  return html`<div class="credit" role="group" aria-label=${view.title}>
    <p class="lesson-caption">${view.title}</p>
    <p class="problem-text small">${shown.prompt.trim()}</p>
    ${shown.responses.map((response) => html`<credit-response .response=${response} measure=${measure} .scale=${scale} .stepScale=${stepScale}></credit-response>`)}
  </div>`;
};
