import { html, nothing } from 'lit';
import type { StorageItem } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { bytes, count, date } from '../format';
import type { State } from '../state';
import type { ConfirmDialog } from './confirm-dialog';

const kinds: Record<StorageItem['store'], string> = {
  models: 'model',
  adapters: 'adapter',
  dataFiles: 'data file',
  unfinished: 'unfinished download',
  datasets: 'data made ready',
  references: 'reference scores',
  runs: 'run',
  checkpoints: 'checkpoint',
};

/** What this page keeps on this machine, how much of it, and the way to be rid of it. */
export class StoragePanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    confirm: { attribute: false },
    said: { state: true },
  };
  declare confirm: () => ConfirmDialog;
  declare said: string;

  constructor() {
    super();
    this.said = '';
  }

  protected watched() {
    return ['storage', 'connection', 'runs'] as const;
  }

  protected override changed(keys: ReadonlySet<keyof State>) {
    if ((keys.has('connection') || keys.has('runs')) && this.state.connection === 'ready') void this.#read();
  }

  #read() {
    return this.app.attempt('reading the storage', this.app.refreshStorage);
  }

  async #delete(item: StorageItem) {
    const yes = await this.confirm().ask(
      `Delete this ${kinds[item.store]}?`,
      `${item.label}, ${bytes(item.bytes)}. This cannot be undone.`,
      'Delete it',
    );
    if (!yes) return;
    await this.app.attempt('deleting from the storage', async () => {
      await this.app.connection.api.deleteStored(item.store, item.key);
      if (item.store === 'runs') this.app.letGo(item.key);
      await this.app.refreshRuns();
      await this.app.bring.refresh();
      await this.app.refreshStorage();
    });
  }

  async #persist() {
    await this.app.attempt('asking the browser to keep it', async () => {
      // Only a page may ask; the worker can only tell how it stands.
      const asked = (await navigator.storage?.persist?.()) ?? false;
      const granted = asked || (await this.app.connection.api.persistStorage());
      this.said = granted
        ? 'The browser keeps it until you delete it.'
        : 'The browser did not agree; it may clear this when space is short.';
      await this.app.refreshStorage();
    });
  }

  override render() {
    const { storage } = this.state;
    if (!storage) return html`<div class="group"><h3>Storage</h3><p class="hint">Being read…</p></div>`;
    return html`<div class="group">
      <h3 id="storage-title">Storage</h3>
      ${storage.problem ? html`<p class="trouble" role="note" data-testid="storage-problem">${storage.problem}</p>` : nothing}
      <p data-testid="storage-usage">${
        storage.quota > 0
          ? `${bytes(storage.usage)} of ${bytes(storage.quota)} used.`
          : `${bytes(storage.items.reduce((sum, item) => sum + item.bytes, 0))} used; the browser does not say of how much.`
      }
        ${storage.persisted ? 'The browser keeps it until you delete it.' : html`<button type="button" class="quiet-button" data-testid="storage-persist" @click=${() => void this.#persist()}>Ask the browser to keep it</button>`}
        <span class="quiet" aria-live="polite">${this.said}</span></p>
      ${navigator.serviceWorker?.controller ? html`<p class="quiet">Part of it is the page itself, kept for visits without a connection; clearing this site’s data in the browser removes it.</p>` : nothing}
      <details>
        <summary>Everything stored (${count(storage.items.length)})</summary>
        <div class="scroll-x" tabindex="0" role="group" aria-labelledby="storage-title"><table role="table" class="as-cards" data-testid="storage-list">
          <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">What</th><th role="columnheader" scope="col">Kind</th><th role="columnheader" scope="col">Size</th><th role="columnheader" scope="col">Last change</th><th role="columnheader" scope="col"><span class="visually-hidden">Actions</span></th></tr></thead>
          <tbody role="rowgroup">${storage.items.map(
            (
              item,
            ) => html`<tr role="row"><th role="rowheader" scope="row">${item.label}</th><td role="cell" data-label="Kind">${kinds[item.store]}</td><td role="cell" data-label="Size">${bytes(item.bytes)}</td><td role="cell" data-label="Last change">${date(item.updated)}</td>
              <td role="cell"><div class="actions"><button type="button" class="quiet-button" aria-label="Delete ${kinds[item.store]} ${item.label}, ${date(item.updated)}" @click=${() => void this.#delete(item)}>Delete</button></div></td></tr>`,
          )}</tbody>
        </table></div>
      </details>
    </div>`;
  }
}

define('storage-panel', StoragePanel);
