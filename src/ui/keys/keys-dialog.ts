import { html, LitElement } from 'lit';
import { define } from '../element';
import { type KeyGroup, keysOf } from './keys';
import './keys.css';

/** The keys of the page that is shown. */
export class KeysDialog extends LitElement {
  static override properties = { groups: { state: true } };
  declare groups: readonly KeyGroup[];

  constructor() {
    super();
    this.groups = [];
  }

  protected override createRenderRoot() {
    return this;
  }

  async show(groups: readonly KeyGroup[]) {
    this.groups = groups;
    await this.updateComplete;
    const dialog = this.querySelector('dialog')!;
    if (!dialog.open) dialog.showModal();
  }

  override render() {
    return html`<dialog data-testid="keys" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      ${this.groups.map(
        ({ title, keys }) => html`<h3>${title}</h3>
          <dl class="keys">${keys.map(([key, does]) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>`,
      )}
      <form method="dialog" class="buttons"><button>Close</button></form>
    </dialog>`;
  }
}

define('keys-dialog', KeysDialog);

/** Shows the keys of a page, in the one dialog of this document. @param everywhere keys that every page has */
export const showKeys = (path: readonly string[], everywhere: KeyGroup['keys']): void => {
  const known = document.querySelector<KeysDialog>('keys-dialog');
  const dialog = known ?? (document.createElement('keys-dialog') as KeysDialog);
  if (!known) document.body.append(dialog);
  void dialog.show(keysOf(path, everywhere));
};
