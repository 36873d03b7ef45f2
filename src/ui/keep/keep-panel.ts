import { html } from 'lit';
import { AppElement, define } from '../element';
import type { ConfirmDialog } from './confirm-dialog';
import './confirm-dialog';
import './export-panel';
import './runs-table';
import './storage-panel';

/** Export, stored runs, storage. */
export class KeepPanel extends AppElement {
  protected watched() {
    return ['checkpoint', 'storage'] as const;
  }

  #confirm = () => this.querySelector<ConfirmDialog>('confirm-dialog')!;

  override render() {
    const { app } = this;
    const { checkpoint, storage } = this.state;
    return html`<div class="spread">
      <div class="text">
        <export-panel .app=${app}></export-panel>
        <runs-table .app=${app} .confirm=${this.#confirm}></runs-table>
        <storage-panel .app=${app} .confirm=${this.#confirm}></storage-panel>
        <confirm-dialog id="confirm"></confirm-dialog>
      </div>
      <div class="note">
        <p>An adapter’s zip holds <code>adapter_config.json</code> and <code>adapter_model.safetensors</code>, as PEFT reads them; a model’s holds <code>model.safetensors</code>, <code>config.json</code> and the tokenizer, with an adapter worked in. Either comes with the run document, the metrics and a card that says how it was made.</p>
        <p>The address of this page holds the whole configuration; the same document on the same device gives the same numbers.</p>
        <p data-testid="checkpoint">${checkpoint}${checkpoint && storage?.problem ? ' In memory only: it goes with this page.' : ''}</p>
      </div>
    </div>`;
  }
}

define('keep-panel', KeepPanel);
