import { html, nothing, type TemplateResult } from 'lit';
import type { View } from '../../lessons/lesson';
import { armNames } from '../compare/arm-names';
import { tablePanel } from '../compare/arms-table';
import { accuracyPanel, letterOf, mendedPanel, type ShownArm } from '../compare/panels';
import { define } from '../element';
import { LiveView } from '../live/live-view';
import type { Sight } from './views';

/** Arms of a comparison as the page of comparisons shows them, at the width that there is. */
class LessonRace extends LiveView {
  static override properties = { ...LiveView.properties, arms: { attribute: false } };
  declare arms: readonly ShownArm[];

  override render() {
    const { arms, width } = this;
    return html`${accuracyPanel(arms, width)}${tablePanel(arms, width)}${mendedPanel(arms, width)}`;
  }
}

define('lesson-race', LessonRace);

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
    status: { steps: Math.max(run.document.steps, run.points.at(-1)?.x ?? 0), stage: { count: 1 } },
    letter: letterOf(i),
    name: names[i]!,
  }));
  return html`<lesson-race role="group" aria-label=${view.title} .arms=${arms}></lesson-race>`;
};
