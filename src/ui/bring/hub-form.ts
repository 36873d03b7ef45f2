import { html, LitElement, nothing } from 'lit';
import type { HubSource } from '../../../workers/protocol';
import { define } from '../element';
import { bytes } from '../format';

const repository = /^[\w.-]+\/[\w.-]+$/;

/**
 * Where something lies on a hub: repository, and under "more" revision, file, token and the hub's own address. Fires
 * `load` with a HubSource, `look` with one where a file is still to be chosen. The token lives in its field alone.
 */
export class HubForm extends LitElement {
  static override properties = {
    prefix: {},
    what: {},
    example: {},
    busy: { type: Boolean },
    looks: { type: Boolean },
    choices: { attribute: false },
    problem: { state: true },
  };
  /** Begins its test ids. */
  declare prefix: string;
  /** What is loaded, for the labels. */
  declare what: string;
  declare example: string;
  declare busy: boolean;
  /** The files of the repository are looked up first. */
  declare looks: boolean;
  declare choices: readonly { name: string; bytes: number }[] | undefined;
  declare problem: string;

  constructor() {
    super();
    this.prefix = 'hub';
    this.what = 'model';
    this.example = 'owner/name';
    this.busy = false;
    this.looks = false;
    this.problem = '';
  }

  protected override createRenderRoot() {
    return this;
  }

  #value(name: string): string {
    return this.querySelector<HTMLInputElement>(`#${this.prefix}-${name}`)?.value.trim() ?? '';
  }

  /** What the fields say; undefined, with the reason shown, when the repository has no name of a repository. */
  #source(): HubSource | undefined {
    // Pasted addresses are taken for what they mean.
    const repo = this.#value('repo')
      .replace(/^https?:\/\/[^/]+\/(datasets\/)?/, '')
      .replace(/\/(tree|blob|resolve)\/.*$|\/$/, '');
    if (!repository.test(repo)) {
      this.problem = 'Give it as owner/name, as in the address of its page.';
      return undefined;
    }
    this.problem = '';
    const revision = this.#value('revision');
    const file = this.#value('file');
    const token = this.#value('token');
    const hub = this.#value('address');
    return {
      repo,
      ...(revision && { revision }),
      ...(file && { file }),
      ...(token && { token }),
      ...(hub && { hub }),
    };
  }

  #send(name: 'load' | 'look', file?: string) {
    if (this.busy) return;
    const source = this.#source();
    if (source)
      this.dispatchEvent(
        new CustomEvent(name, { detail: file === undefined ? source : { ...source, file } }),
      );
  }

  #input(name: string, label: string, extra: { type?: string; placeholder?: string; help?: string } = {}) {
    const id = `${this.prefix}-${name}`;
    return html`<div class="field">
      <label for=${id}>${label}</label>
      <input id=${id} data-testid=${id} type=${extra.type ?? 'text'} placeholder=${extra.placeholder ?? ''} autocomplete="off"
        autocapitalize="off" spellcheck="false" aria-describedby=${extra.help ? `${id}-help` : nothing} />
      ${extra.help ? html`<p class="field-help" id="${id}-help">${extra.help}</p>` : nothing}
    </div>`;
  }

  #choice(choices: readonly { name: string; bytes: number }[]) {
    const id = `${this.prefix}-choice`;
    if (choices.length === 0) return html`<p class="quiet">No data files are in it.</p>`;
    return html`<div class="field">
      <label for=${id}>Which of its files</label>
      <div class="row">
        <select id=${id} data-testid=${id}>${choices.map((c) => html`<option value=${c.name}>${c.name}, ${bytes(c.bytes)}</option>`)}</select>
        <button type="button" data-testid="${this.prefix}-load" aria-disabled=${String(this.busy)}
          @click=${() => this.#send('load', this.#value('choice'))}>Load it</button>
      </div>
    </div>`;
  }

  override render() {
    const { prefix, what, example, busy, looks, choices } = this;
    const submit = (event: Event) => {
      event.preventDefault();
      this.#send(looks ? 'look' : 'load');
    };
    return html`<form class="hub" @submit=${submit} autocomplete="off">
      <div class="field">
        <label for="${prefix}-repo">From Hugging Face</label>
        <div class="row">
          <input id="${prefix}-repo" data-testid="${prefix}-repo" type="text" placeholder=${example} autocomplete="off" autocapitalize="off" spellcheck="false"
            aria-describedby="${prefix}-repo-help" aria-invalid=${String(this.problem !== '')} />
          <button type="submit" data-testid=${looks ? `${prefix}-look` : `${prefix}-load`} aria-disabled=${String(busy)}>${looks ? 'Find its files' : 'Load'}</button>
        </div>
        <p class="field-help" id="${prefix}-repo-help">The ${what}’s id, as owner/name. It is downloaded to this machine once and kept here.
          ${this.problem ? html`<strong class="field-problem" role="alert">${this.problem}</strong>` : nothing}</p>
      </div>
      ${choices ? this.#choice(choices) : nothing}
      <details>
        <summary>More: revision, token, another hub</summary>
        <div class="fields">
          ${this.#input('revision', 'Revision', { placeholder: 'main', help: 'A branch, tag or commit.' })}
          ${looks ? nothing : this.#input('file', 'File', { help: 'Where the repository holds several, such as GGUF files.' })}
          ${this.#input('token', 'Token', { type: 'password', help: 'For gated repositories. Held in this field only, kept nowhere.' })}
          ${this.#input('address', 'Address of the hub', { placeholder: 'https://huggingface.co' })}
        </div>
      </details>
    </form>`;
  }
}

define('hub-form', HubForm);
