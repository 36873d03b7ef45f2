import { html, nothing } from 'lit';
import type { LabFigure, LabResult } from '../../lab/lab';
import type { PreferenceTree } from '../../tree/tree';
import { AppElement, define } from '../element';
import { count } from '../format';
import '../lab/lab.css';
import { labFigure } from '../lab/lab-figure';
import { isMoving, type State } from '../state';
import { factorFigure, factorsOf, pushesOf, pushFigure } from './tree-shares';

/** Trees that are counted over, and how many come in one answer of the engine. */
const most = 384;
const together = 48;

const stepwise = ['spo', 'tailorpo', 'd3po'];

/** What each method turns on, measured on the open run: how true its labels are step by step, or how much each pair counts. */
export class ImageMechanism extends AppElement {
  static override properties = {
    ...AppElement.properties,
    labels: { state: true },
    counted: { state: true },
    asking: { state: true },
    problem: { state: true },
  };
  declare labels: LabResult | undefined;
  declare counted: LabFigure | undefined;
  declare asking: boolean;
  declare problem: string;
  #run = '';

  constructor() {
    super();
    this.#clear();
  }

  #clear() {
    this.labels = undefined;
    this.counted = undefined;
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

  /** A figure of the run's trees, of as many as are asked for. */
  #count = (figureOf: (trees: readonly PreferenceTree[]) => LabFigure | undefined) =>
    this.#ask(async () => {
      const all: PreferenceTree[] = [];
      for (let first = 0; first < most; first += together) {
        const { trees } = await this.app.connection.api.trees(first, together);
        all.push(...trees);
        if (trees.length < together) break;
      }
      this.counted = figureOf(all);
    });

  #countFactors = () =>
    this.#count((trees) => factorFigure(factorsOf(trees, Number(this.#method?.params['g']))));

  #countPushes = () => this.#count((trees) => pushFigure(pushesOf(trees)));

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
        ${
          method.params['guidance'] === true
            ? html`<h3>How often does the push raise the reward?</h3>
        ${this.#button('Count the pushes', 'measure-pushes', this.#countPushes)}
        ${this.counted ? labFigure(this.counted) : nothing}`
            : nothing
        }
      </section>`;
    }
    if (method.id === 'smpo') {
      return html`<section class="image-mechanism" data-testid="factor-histogram" aria-busy=${String(this.asking)}>
        <h3>How much does each pair count?</h3>
        ${this.#button('Count the factors', 'measure-factors', this.#countFactors)}${problem}
        ${this.counted ? labFigure(this.counted) : nothing}
      </section>`;
    }
    return nothing;
  }
}

define('image-mechanism', ImageMechanism);
