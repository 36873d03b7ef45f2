import { html, LitElement, nothing } from 'lit';
import { define } from '../element';
import { count } from '../format';

/** A slider over the steps whose weights are kept, the present one last. Fires `scrub` with a step, or with undefined for now. */
export class StepSlider extends LitElement {
  static override properties = {
    steps: { attribute: false },
    at: { attribute: false },
    now: { type: Number },
    name: {},
  };
  /** Ascending. */
  declare steps: readonly number[];
  /** The step that is looked at; undefined for now. */
  declare at: number | undefined;
  /** The present step. */
  declare now: number;
  /** Its test id. */
  declare name: string;

  constructor() {
    super();
    this.steps = [];
    this.at = undefined;
    this.now = 0;
    this.name = 'step-slider';
  }

  protected override createRenderRoot() {
    return this;
  }

  override render() {
    const stops = [...this.steps.filter((step) => step < this.now), this.now];
    if (stops.length < 2) return nothing;
    const index = this.at === undefined ? stops.length - 1 : Math.max(0, stops.indexOf(this.at));
    const shown = stops[index]!;
    return html`<label class="step-slider">Under the weights of step
      <input type="range" min="0" max=${stops.length - 1} step="1" .value=${String(index)} data-testid=${this.name}
        aria-valuetext="step ${count(shown)}${shown === this.now ? ', now' : ''}"
        @input=${(event: Event) => {
          const to = Number((event.target as HTMLInputElement).value);
          this.at = to === stops.length - 1 ? undefined : stops[to];
          this.dispatchEvent(new CustomEvent('scrub', { detail: this.at }));
        }} />
      <output>${count(shown)}</output> of ${count(this.now)}</label>`;
  }
}

define('step-slider', StepSlider);
