import { html, nothing } from 'lit';
import { isOnFurther } from '../../studies/core/bases';
import { isFarBehind, trialMeans } from '../../studies/core/plan';
import type { Trial } from '../../studies/core/stored';
import { type Arm, measuresOf, type Study } from '../../studies/core/study';
import { plural } from '../format';
import { fieldList } from './field-list';

/**
 * The settings of both arms that were tried on other seeds, with what each gave.
 * @param weights SHA-256 of the model that the study was run on
 */
export const choices = (study: Study, trials: readonly Trial[], weights: string | undefined) => {
  const { chosen, arms } = study;
  if (!chosen) return nothing;
  const measure = measuresOf(study).find(({ id }) => id === chosen.by)!;
  const shown = (value: number) => (value * (measure.times ?? 1)).toFixed(measure.digits ?? 1);
  const result = (arm: Arm, i: number) => {
    const mean = trialMeans(study, arm.id, trials)[i];
    if (mean !== undefined) return shown(mean);
    const first = trials.find((t) => t.arm === arm.id && t.setting === i && t.seed === chosen.seeds[0]);
    const value = first?.numbers[chosen.by];
    if (value === undefined) return first?.failed ?? 'not run';
    return isFarBehind(study, arm.id, i, trials)
      ? `${shown(value)} on the first seed: too far behind`
      : `${shown(value)} on the first seed`;
  };
  const earlier =
    weights !== undefined && trials.some(({ model }) => model !== undefined && model !== weights);
  // Of some arm no setting has been tried on all of the seeds.
  const undecided = arms.some(({ id }) => trialMeans(study, id, trials).every((mean) => mean === undefined));
  const where =
    isOnFurther(study) && undecided
      ? ' They were chosen on the first base model, and kept for this one.'
      : earlier
        ? ' Some were tried on earlier weights of this model, and kept for these.'
        : '';
  return html`<details class="study-choices" data-testid="study-choices"><summary>How settings were chosen</summary>
    <p>On ${plural(chosen.seeds.length, 'other seed')} (${chosen.seeds.join(', ')}), by ${measure.name}${measure.unit && ` in ${measure.unit}`}. Each arm has its own best.${where}</p>
    ${arms.map(
      (arm) => html`<table class="study-table"><caption>${arm.label}</caption>
        <tbody>${(chosen.tried[arm.id] ?? []).map((setting, i) => {
          const taken = Object.entries(setting).every(([key, value]) => arm.set[key] === value);
          return html`<tr><th scope="row">${fieldList(setting)}</th><td>${result(arm, i)}${taken ? html` <strong>taken</strong>` : nothing}</td></tr>`;
        })}</tbody></table>`,
    )}
  </details>`;
};
