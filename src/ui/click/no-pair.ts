import { html, nothing } from 'lit';
import { isMoving, type State } from '../state';

interface Why {
  problem: string;
  again(): void;
  /** Beside the button to try again. */
  more?: unknown;
  /** What is said while a run has the engine. */
  busy: string;
  /** What is said while the model makes the next pair; or what else there is to say. */
  making: unknown;
}

/** What stands in the place of a pair to be clicked, and why there is none. */
export const noPair = (
  { connection, status, pending }: Readonly<State>,
  { problem, again, more = nothing, busy, making }: Why,
) => {
  if (problem)
    return html`<p class="field-problem" role="alert" data-testid="click-problem">${problem}</p>
      <p class="buttons"><button type="button" @click=${again}>Try again</button>${more}</p>`;
  if (connection !== 'ready')
    return html`<p class="quiet">${connection === 'failed' ? 'The engine does not run; start it anew first.' : 'The engine is starting…'}</p>`;
  if (isMoving(status?.phase) || pending) return html`<p class="quiet" data-testid="click-busy">${busy}</p>`;
  return typeof making === 'string' ? html`<p class="quiet" aria-busy="true">${making}</p>` : making;
};
