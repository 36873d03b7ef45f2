import { html, LitElement, nothing, svg } from 'lit';
import { isTied } from '../../train/outcome';
import { define } from '../element';
import { count, number, percent } from '../format';
import type { EvaluationPoint, Point } from '../state';

const [width, height] = [200, 46];
const edge = 3;
const mostPoints = 400;

interface Spot {
  x: number;
  y: number;
  pass: string;
}

/** One line to a pass: what the next pass begins with has nothing to do with what the last one ended with. */
const pathOf = (spots: readonly Spot[]): string =>
  spots
    .map(
      ({ x, y, pass }, i) =>
        `${i > 0 && spots[i - 1]!.pass === pass ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`,
    )
    .join('');

/** The loss of every step and the held-out accuracy, small enough to stay in sight; from step 0 to the run's last. */
export class LiveCurve extends LitElement {
  static override properties = {
    points: { attribute: false },
    evaluations: { attribute: false },
    steps: { attribute: false },
    arm: {},
  };
  declare points: readonly Point[];
  declare evaluations: readonly EvaluationPoint[];
  /** Of the whole run, all its passes. */
  declare steps: number;
  /** Whose they are, where several runs are open. */
  declare arm: string | undefined;

  protected override createRenderRoot() {
    return this;
  }

  get #losses(): Point[] {
    const finite = this.points.filter((p) => Number.isFinite(p.metrics['loss']));
    const stride = Math.ceil(finite.length / mostPoints);
    return finite.filter((_, i) => i % stride === 0 || i === finite.length - 1);
  }

  override render() {
    const losses = this.#losses;
    const accuracies = this.evaluations.filter(({ evaluation: e }) => e.problems > 0 && !isTied(e));
    if (losses.length + accuracies.length === 0) return nothing;
    const end = Math.max(1, this.steps, losses.at(-1)?.x ?? 0);
    const values = losses.map((p) => p.metrics['loss']!);
    const [low, high] = [Math.min(0, ...values), Math.max(1e-9, ...values)];
    const at = (x: number, share: number, pass: string): Spot => ({
      x: edge + (x / end) * (width - 2 * edge),
      y: height - edge - share * (height - 2 * edge),
      pass,
    });
    const line = losses.map((p) => at(p.x, (p.metrics['loss']! - low) / (high - low), p.stage));
    const marks = accuracies.map((e) => at(e.x, e.evaluation.accuracy, e.evaluation.stage));
    const first = losses[0]?.metrics['loss'];
    const last = losses.at(-1)?.metrics['loss'];
    const solved = accuracies.at(-1)?.evaluation;
    const said = [
      first === undefined
        ? ''
        : `Loss ${number(first)} at first, ${number(last)} at step ${count(losses.at(-1)!.x)} of ${count(end)}.`,
      solved
        ? `${solved.kind === 'pairs' ? 'Ranked right' : solved.kind === 'images' ? 'Images as asked' : 'Held-out accuracy'} ${percent(solved.accuracy)}.`
        : '',
    ].join(' ');
    const whose = this.arm ? `${this.arm}: ` : '';
    return html`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${whose + said.trim()} data-testid="live-curve">
        ${svg`<path class="live-ground" d="M0 ${height - edge}H${width}" />
          <path class="live-loss" d=${pathOf(line)} vector-effect="non-scaling-stroke" />
          <path class="live-accuracy" d=${pathOf(marks)} vector-effect="non-scaling-stroke" />
          <path class="live-mark" d=${marks.map(({ x, y }) => `M${x.toFixed(1)} ${y.toFixed(1)}h0`).join('')} vector-effect="non-scaling-stroke" />`}
      </svg>
      <p class="live-legend" aria-hidden="true"><span class="live-key-loss">${whose}loss</span>${marks.length > 0 ? html` <span class="live-key-accuracy">${solved?.kind === 'pairs' ? 'ranked right' : solved?.kind === 'images' ? 'as asked' : 'accuracy'}</span>` : nothing}</p>`;
  }
}

define('live-curve', LiveCurve);
