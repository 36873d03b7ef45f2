import { html, nothing } from 'lit';
import { AppElement, define } from './element';
import { fieldNames, withLabels } from './setup/field-labels';
import type { TroubleAction } from './trouble';

/** What went wrong and what can be done, in the dock until it is dismissed. */
export class TroubleNote extends AppElement {
  protected watched() {
    return ['trouble', 'status'] as const;
  }

  #act(action: TroubleAction) {
    const { app } = this;
    const acts: Record<TroubleAction, () => void> = {
      restart: () => void app.restart(),
      resume: () => void app.control.recover(),
      wasm: () => void app.control.recover('wasm'),
      storage: () => this.dispatchEvent(new CustomEvent('go', { detail: 'keep', bubbles: true })),
      settings: () => this.dispatchEvent(new CustomEvent('go', { detail: 'estimate', bubbles: true })),
      dismiss: () => app.report(undefined),
    };
    acts[action]();
  }

  override render() {
    const { trouble, status } = this.state;
    const labels: Record<TroubleAction, string> = {
      restart: 'Start the engine anew',
      resume: status?.runId ? 'Resume from the last checkpoint' : 'Start the engine anew',
      wasm: 'Go on with WebAssembly',
      storage: 'Show what is stored',
      settings: 'What it takes, and what would help',
      dismiss: 'Dismiss',
    };
    // Without a run there is none to resume, and the button would do what another one does.
    const actions = (trouble?.actions ?? []).filter(
      (action) => action !== 'resume' || status?.runId || !trouble?.actions.includes('restart'),
    );
    const names = fieldNames(this.state);
    // The live region stays in the page, so that what is put into it is announced.
    return html`<div role="alert" data-testid="trouble">
      ${
        trouble
          ? html`<div class="dock-note is-stop">
              <div class="dock-note-text">
                <h2>${trouble.title}</h2>
                ${trouble.lines.map((line) => html`<p class="trouble-message">${withLabels(line, names)}</p>`)}
                <p>${trouble.remedy}</p>
              </div>
              <p class="dock-note-buttons">
                ${actions.map((action) => html`<button type="button" data-testid="trouble-${action}" @click=${() => this.#act(action)}>${labels[action]}</button>`)}
              </p>
            </div>`
          : nothing
      }
    </div>`;
  }
}

define('trouble-note', TroubleNote);
