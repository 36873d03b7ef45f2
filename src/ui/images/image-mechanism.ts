import { html, nothing } from 'lit';
import type { LabResult } from '../../lab/lab';
import type { PreferenceTree } from '../../tree/tree';
import { AppElement, define } from '../element';
import { count, number } from '../format';
import '../lab/lab.css';
import { labFigure } from '../lab/lab-figure';
import { isMoving, type State } from '../state';

/** Pairs that the histogram of factors is made of, and how many come in one answer of the engine. */
const pairs = 384;
const together = 48;

const bins = 16;

const stepwise = ['spo', 'tailorpo', 'd3po'];

/** What each method turns on, measured on the open run: how true its labels are step by step, or how much each pair counts. */
export class ImageMechanism extends AppElement {
  static override properties = {
    ...AppElement.properties,
    labels: { state: true },
    factors: { state: true },
    asking: { state: true },
    problem: { state: true },
  };
  declare labels: LabResult | undefined;
  declare factors: number[] | undefined;
  declare asking: boolean;
  declare problem: string;
  #run = '';

  constructor() {
    super();
    this.#clear();
  }

  #clear() {
    this.labels = undefined;
    this.factors = undefined;
    this.asking = false;
    this.problem = '';
  }

  protected watched() {
    return ['status', 'document', 'runDocument', 'work'] as const;
  }

  protected override changed(_: ReadonlySet<keyof State>) {
    const run = this.state.status?.runId ?? '';
    if (run !== this.#run) this.#clear();
    this.#run = run;
  }

  get #method() {
    return (this.state.runDocument ?? this.state.document)?.method;
  }

  async #ask(f: () => Promise<void>) {
    const run = this.#run;
    this.asking = true;
    this.problem = '';
    try {
      await f();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    if (run === this.#run) this.asking = false;
  }

  #measureLabels = () =>
    this.#ask(async () => {
      const result = await this.app.connection.api.analyse('label-agreement', {}, 1);
      this.labels = result;
    });

  /** f = g (2 sigmoid(lead) - 1), of as many of the run's pairs as are asked for. */
  #measureFactors = () =>
    this.#ask(async () => {
      const g = Number(this.#method?.params['g']);
      const found: number[] = [];
      const factor = ({ responses, comparisons: [pair] }: PreferenceTree) => {
        const lead = pair ? responses[pair.chosen]!.score! - responses[pair.rejected]!.score! : 0;
        return g * (2 / (1 + Math.exp(-lead)) - 1);
      };
      for (let first = 0; first < pairs; first += together) {
        const { trees } = await this.app.connection.api.trees(first, together);
        found.push(...trees.map(factor));
        if (trees.length < together) break;
      }
      this.factors = found;
    });

  #histogram(factors: readonly number[]) {
    const most = Math.max(...factors, 1e-9);
    const least = Math.min(0, ...factors);
    const width = (most - least) / bins;
    const counts = Array.from({ length: bins }, () => 0);
    for (const f of factors) counts[Math.min(bins - 1, Math.floor((f - least) / width))]!++;
    const sorted = [...factors].sort((a, b) => a - b);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;
    return labFigure({
      kind: 'bars',
      id: 'factors',
      title: 'How much each pair counts',
      axis: 'pairs',
      bars: counts.map((value, i) => ({
        label: `${number(Number((least + i * width).toFixed(2)))} to ${number(Number((least + (i + 1) * width).toFixed(2)))}`,
        value,
      })),
      sentence: `The factor of ${count(factors.length)} pairs: ${number(at(0.05))} at the lowest twentieth, ${number(at(0.5))} in the middle, ${number(at(0.95))} at the highest twentieth. A tie counts 0 and teaches nothing.`,
    });
  }

  #button(label: string, testId: string, act: () => Promise<void>) {
    const { status, work } = this.state;
    const off = !status || this.asking || isMoving(status.phase);
    const far = this.asking && work ? ` ${count(work.done)} of ${count(work.total)}` : '';
    return html`<p class="buttons"><button type="button" data-testid=${testId} aria-disabled=${String(off)} @click=${() => !off && void act()}>${label}</button>
      ${this.asking ? html`<button type="button" class="quiet-button" @click=${() => void this.app.connection.api.cancelAnalysis()}>Cancel</button>` : nothing}
      <span class="hint" role="status">${this.asking ? `Measuring…${far}` : status && isMoving(status.phase) ? 'When the run rests.' : ''}</span></p>`;
  }

  override render() {
    const method = this.#method;
    if (!method || !this.state.status) return nothing;
    const problem = this.problem ? html`<p class="field-problem" role="alert">${this.problem}</p>` : nothing;
    if (stepwise.includes(method.id)) {
      return html`<section class="image-mechanism" data-testid="label-agreement" aria-busy=${String(this.asking)}>
        <h3>How true is a label, step by step?</h3>
        <p>Two next states of one state are each carried on to the image, several times over. The order of the mean rewards is the true one; how often does the label of the step say the same, and how often the label of one final image?</p>
        ${this.#button('Measure the labels', 'measure-labels', this.#measureLabels)}${problem}
        ${this.labels ? html`${this.labels.says.map((sentence) => html`<p>${sentence}</p>`)}${this.labels.figures.map((figure) => labFigure(figure))}` : nothing}
      </section>`;
    }
    if (method.id === 'smpo') {
      return html`<section class="image-mechanism" data-testid="factor-histogram" aria-busy=${String(this.asking)}>
        <h3>How much does each pair count?</h3>
        ${this.#button('Count the factors', 'measure-factors', this.#measureFactors)}${problem}
        ${this.factors && this.factors.length > 0 ? this.#histogram(this.factors) : nothing}
      </section>`;
    }
    return nothing;
  }
}

define('image-mechanism', ImageMechanism);
