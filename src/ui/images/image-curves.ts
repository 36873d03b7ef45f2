import { html, nothing } from 'lit';
import { otherMetrics, plannedSteps } from '../charts/curves';
import '../charts/line-chart';
import { AppElement, define } from '../element';
import { number } from '../format';
import { imageFigures } from './image-figures';

/** The curves of a run on images. */
export class ImageCurves extends AppElement {
  protected watched() {
    return ['points', 'evaluations', 'stages', 'status', 'document', 'runDocument'] as const;
  }

  override render() {
    const { points, evaluations, stages, runDocument, document } = this.state;
    const figures = imageFigures(points, evaluations, runDocument ?? document);
    if (figures.length === 0)
      return html`<p class="hint">The curves are drawn while it trains: what becomes of the images first, then loss, rewards and errors, step by step.</p>`;
    const steps = plannedSteps(this.state);
    const others = otherMetrics(points).filter(
      ([key]) => !key.startsWith('errors/') || key === 'errors/mean',
    );
    return html`${figures.map((figure) => html`<line-chart .figure=${figure} .stages=${stages.length > 4 ? [] : stages} .steps=${steps}></line-chart>`)}
      ${others.length > 0 ? html`<p class="quiet others">Also reported, at the last step: ${others.map(([key, value], i) => html`${i > 0 ? ', ' : ''}<code>${key}</code> ${number(value)}`)}.</p>` : nothing}`;
  }
}

define('image-curves', ImageCurves);
