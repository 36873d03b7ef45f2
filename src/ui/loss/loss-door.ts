import { html, nothing } from 'lit';
import type { GivenFile } from '../../../workers/protocol';
import { dropTarget } from '../bring/drop-target';
import { AppElement, define } from '../element';
import type { LossPanel } from './loss-panel';

/** Where the calculator is: its code comes when it is opened, or when a case is dropped here. */
export class LossDoor extends AppElement {
  static override properties = {
    ...AppElement.properties,
    stage: { state: true },
    over: { state: true },
    problem: { state: true },
  };
  declare stage: 'closed' | 'opening' | 'open';
  declare over: boolean;
  declare problem: string;

  constructor() {
    super();
    this.stage = 'closed';
    this.over = false;
    this.problem = '';
  }

  protected watched() {
    return [] as const;
  }

  /** Resolves with the calculator, or with nothing where it could not be loaded. */
  async open(): Promise<LossPanel | undefined> {
    if (this.stage === 'closed') this.stage = 'opening';
    try {
      await import('./loss-panel');
      this.stage = 'open';
      this.problem = '';
    } catch {
      this.stage = 'closed';
      this.problem = 'It could not be loaded; look at the connection and try again.';
    }
    await this.updateComplete;
    return this.querySelector<LossPanel>('loss-panel') ?? undefined;
  }

  #target = dropTarget(
    (over) => {
      this.over = over;
    },
    (files: GivenFile[]) => void this.open().then((panel) => panel?.takeFiles(files)),
    (message) => {
      this.problem = message;
    },
  );

  override render() {
    return html`<div class="drop ${this.over ? 'is-over' : ''}" @dragover=${this.#target.over} @dragleave=${this.#target.leave} @drop=${this.#target.drop}>
      <div class="spread"><p class="text">What a method makes of log-probs that you give it: the loss, its derivative by every token, and the metrics, by the same code that trains. To check a loss of your own against ours, or to see a method on a few tokens.</p></div>
      ${this.problem ? html`<p class="field-problem" role="alert">${this.problem}</p>` : nothing}
      ${
        this.stage === 'open'
          ? html`<loss-panel .app=${this.app}></loss-panel>`
          : html`<p class="buttons"><button type="button" data-testid="loss-open" aria-busy=${String(this.stage === 'opening')}
              @click=${async () => {
                const panel = await this.open();
                await panel?.focusFirst();
              }}>Open the calculator</button></p>`
      }
    </div>`;
  }
}

define('loss-door', LossDoor);
