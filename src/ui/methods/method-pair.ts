import { html } from 'lit';
import type { CreditView } from '../../../workers/protocol';
import type { App } from '../app';
import '../credit/credit-response';
import { type Measure, shade, stepCredit } from '../credit/explain';
import { count } from '../format';
import { left, right } from '../icons';
import '../images/image-door';
import '../live/step-slider';

interface Shown {
  view: CreditView;
  /** Which pair, from 0, of how many. */
  pair: number;
  pairs: number;
  /** Steps whose weights are kept, the one that is looked at, and that of now. */
  kept: readonly number[];
  step: number | undefined;
  now: number;
  /** What the address asks for that there is not. */
  unmet: readonly string[];
  pick(by: number): void;
  scrub(step: number | undefined): void;
}

const largest = (values: readonly number[]) => values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** The answers of a text, coloured by their rewards, or before there are any by the push. */
const answers = ({ responses }: CreditView) => {
  const tokens = responses.flatMap((r) => r.tokens);
  const scaleOf = (of: Measure) => largest(tokens.map((t) => shade(t, of)));
  const measure: Measure = scaleOf('reward') > 1e-6 ? 'reward' : 'push';
  const stepScale = largest(responses.flatMap((r) => r.steps.map((_, i) => stepCredit(r, i, measure))));
  return responses.map(
    (response) =>
      html`<credit-response .response=${response} measure=${measure} .scale=${scaleOf(measure)} .stepScale=${stepScale}></credit-response>`,
  );
};

/** A real pair of the open run and what moves in it, with a slider over the steps whose weights are kept. */
export const methodPair = (app: App, { view, pair, pairs, kept, step, now, unmet, pick, scrub }: Shown) =>
  html`<h2>A pair, and what moves in it</h2>
    <p class="problem-text small">${view.prompt.trim()}</p>
    ${view.images ? html`<image-door shows="pair" .app=${app} .view=${view}></image-door>` : answers(view)}
    <p class="pair-pick"><button type="button" class="quiet-button" aria-label="The pair before" @click=${() => pick(-1)}>${left()}</button>
      pair ${count(pair + 1)} of ${count(pairs)}
      <button type="button" class="quiet-button" aria-label="The pair after" @click=${() => pick(1)}>${right()}</button></p>
    <step-slider name="method-step" .steps=${kept} .at=${step} .now=${now} @scrub=${(event: CustomEvent<number | undefined>) => scrub(event.detail ?? undefined)}></step-slider>
    ${unmet.map((text) => html`<p class="field-problem" role="alert" data-testid="method-unmet">${text}.</p>`)}`;
