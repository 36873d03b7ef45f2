import { html, nothing } from 'lit';
import { wishedFirst } from '../credit/wished-measure';
import { AppElement, define } from '../element';
import { number } from '../format';
import { liveViews } from '../live/live-views-door';
import { figuresOf, measuredOnce, otherMetrics, plannedSteps } from './curves';
import './line-chart';
import { measuresOnce } from './measures-once';

/** Every curve of the run. The charts hear of new points through this one element, at most once a frame. */
export class CurvesPanel extends AppElement {
  protected watched() {
    return ['points', 'evaluations', 'stages', 'status', 'probes', 'view'] as const;
  }

  override render() {
    const { points, evaluations, stages, status } = this.state;
    const all = figuresOf(points, evaluations);
    const { figures, unmet } = wishedFirst(this.state.view, all);
    const others = otherMetrics(points);
    if (figures.length === 0) {
      return html`<p class="hint">The curves are drawn while it trains: held-out accuracy first, then loss, rewards and log-probabilities, step by step.</p>`;
    }
    const steps = plannedSteps(this.state);
    const named = stages.map(({ id, x }) => ({
      id,
      x,
      label: status?.passes.find((pass) => pass.id === id)?.label ?? id,
    }));
    const passes = status && status.stage.count > 1 && stages.length > 1;
    return html`
      ${passes ? html`<p class="hint">Steps run on over the ${status.stage.count} passes; a dashed upright with its name marks where the next one begins.</p>` : nothing}
      ${unmet.map((text) => html`<p class="field-problem" role="status" data-testid="curves-unmet">${text}.</p>`)}
      ${figures.map((figure) => html`<line-chart .figure=${figure} .stages=${named} .steps=${steps}></line-chart>`)}
      ${measuresOnce(measuredOnce(evaluations))}
      ${
        others.length > 0
          ? html`<p class="quiet others">Also reported, at the last step: ${others.map(([key, value], i) => html`${i > 0 ? ', ' : ''}<code>${key}</code> ${number(value)}`)}.</p>`
          : nothing
      }
      ${liveViews(this)}
    `;
  }
}

define('curves-panel', CurvesPanel);
