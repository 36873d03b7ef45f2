import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { otherMetrics, plannedSteps } from '../charts/curves';
import '../charts/line-chart';
import { AppElement, define } from '../element';
import { flopUnit, number } from '../format';
import { imageFigures, teraFlops } from './image-figures';

/** The curves of a run on images. */
export class ImageCurves extends AppElement {
  static override properties = { ...AppElement.properties, over: { state: true } };
  /** What the curves are drawn over. */
  declare over: 'updates' | 'flops';

  constructor() {
    super();
    this.over = 'updates';
  }

  protected watched() {
    return ['points', 'evaluations', 'stages', 'status', 'document', 'runDocument'] as const;
  }

  #switch() {
    const choice = (over: 'updates' | 'flops', label: string) =>
      html`<label class="tick"><input type="radio" name="curves-over" data-testid="curves-over-${over}" .checked=${this.over === over} @change=${() => {
        this.over = over;
      }} /> ${label}</label>`;
    return html`<fieldset class="curves-over"><legend>Curves over</legend>${choice('updates', 'updates')}${choice('flops', 'floating-point operations, drawing what is trained on included')}</fieldset>`;
  }

  override render() {
    const { points, evaluations, stages, runDocument, document } = this.state;
    const passes = this.state.status?.passes ?? [];
    const drawn = imageFigures(points, evaluations, runDocument ?? document);
    const costs = passes.some(({ flops }) => flops);
    const byCost = costs && this.over === 'flops';
    const steps = plannedSteps(this.state);
    const unit = flopUnit(teraFlops(passes, steps));
    const at = (x: number) => (byCost ? unit.per * teraFlops(passes, x) : x);
    const figures = byCost
      ? drawn.map((figure) => ({ ...figure, x: figure.x.map(at), xAxis: unit.name }))
      : drawn;
    if (figures.length === 0)
      return html`<p class="hint">The curves are drawn while it trains: what becomes of the images first, then loss, rewards and errors, step by step.</p>`;
    const others = otherMetrics(points).filter(
      ([key]) => !key.startsWith('errors/') || key === 'errors/mean',
    );
    const rules = stages.length > 4 ? [] : stages.map((stage) => ({ ...stage, x: at(stage.x) }));
    return html`${costs ? this.#switch() : nothing}
      ${repeat(
        figures,
        ({ id }) => `${id} ${byCost && unit.name}`,
        (figure) => html`<line-chart .figure=${figure} .stages=${rules} .steps=${at(steps)}></line-chart>`,
      )}
      ${others.length > 0 ? html`<p class="quiet others">Also reported, at the last step: ${others.map(([key, value], i) => html`${i > 0 ? ', ' : ''}<code>${key}</code> ${number(value)}`)}.</p>` : nothing}`;
  }
}

define('image-curves', ImageCurves);
