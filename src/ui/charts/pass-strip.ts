import { html, nothing } from 'lit';
import type { Measure } from '../../../workers/protocol';
import { measureInterval, measureValue } from '../../train/measure-words';
import { AppElement, define } from '../element';

const measured = (measures: readonly Measure[]) =>
  measures.map(
    (measure) =>
      html`<div data-testid="made-${measure.id}" data-value=${measure.value} title="95 % interval ${measureInterval(measure)}"><dt>${measure.name}</dt><dd>${measureValue(measure)}</dd></div>`,
  );

/** The passes of a run that has several, or whose data have something to say: where each begins, and what came of it. */
export class PassStrip extends AppElement {
  protected watched() {
    return ['status', 'evaluations', 'made'] as const;
  }

  override render() {
    const { status, evaluations, made } = this.state;
    const passes = status?.passes ?? [];
    if (!status || (passes.length < 2 && Object.keys(made).length === 0)) return nothing;
    const { index } = status.stage;
    return html`<ol class="passes" data-testid="passes" aria-label="Passes of the run">${passes.map(
      (pass, i) => {
        const after = evaluations
          .filter(({ evaluation }) => evaluation.stage === pass.id && evaluation.step > 0)
          .at(-1);
        const own = [...(i === 0 ? (made['run'] ?? []) : []), ...(made[pass.id] ?? [])];
        const state = i < index || status.phase === 'finished' ? 'done' : i === index ? 'now' : 'to come';
        return html`<li data-testid="pass-${pass.id}" data-state=${state} aria-current=${state === 'now' ? 'step' : nothing}>
        <h4>${pass.label}<span class="visually-hidden">, ${state}</span></h4>
        <dl>
          <div><dt><span aria-hidden="true">↤ </span>starts from</dt><dd>${pass.from}</dd></div>
          ${pass.reference ? html`<div><dt><span aria-hidden="true">⇠ </span>is compared with</dt><dd>${pass.reference}</dd></div>` : nothing}
          <div><dt>trains on</dt><dd>${pass.data}, ${pass.steps} steps</dd></div>
          ${measured(own)}
          ${after ? html`<div><dt>accuracy after</dt><dd>${(100 * after.evaluation.accuracy).toFixed(1)} %</dd></div>` : nothing}
        </dl>
      </li>`;
      },
    )}</ol>`;
  }
}

define('pass-strip', PassStrip);
