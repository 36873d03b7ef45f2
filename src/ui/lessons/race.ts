import { html, nothing, type TemplateResult } from 'lit';
import type { View } from '../../lessons/lesson';
import { armNames } from '../compare/arm-names';
import { accuracyPanel, letterOf, mendedPanel, tablePanel } from '../compare/panels';
import type { Sight } from './views';

/** Arms of a comparison as the page of comparisons shows them. */
export const raceView = (
  view: Extract<View, { view: 'race' }>,
  { growing, app, live }: Sight,
): TemplateResult | typeof nothing => {
  const runs = growing[typeof view.run === 'string' ? view.run : view.run(live)] ?? [];
  if (runs.length < 2) return nothing;
  const names = armNames(
    runs.map(({ document }) => document),
    (id) => app.method(id)?.name ?? id,
  );
  const arms = runs.map((run, i) => ({
    ...run,
    status: { steps: run.document.steps, stage: { count: 1 } },
    letter: letterOf(i),
    name: names[i]!,
  }));
  return html`<div class="lesson-race" role="group" aria-label=${view.title}>${accuracyPanel(arms)}${tablePanel(arms)}${mendedPanel(arms)}</div>`;
};
