import { html, nothing } from 'lit';
import { lessons } from '../../lessons/index';
import { AppElement, define } from '../element';
import { partHash } from '../place';
import { routes } from '../routes';
import { fieldNames } from '../setup/field-labels';
import { hideable } from '../view-wishes';
import { linksOf, partLink, type Unknown, unknownIn, viewOf, type Wishes } from './links';

/** Fields that are locked most often; any other may be named. */
const often = ['method.id', 'model', 'optimizer.learningRate', 'steps', 'data.trees', 'batchSize'];
const lowerPages = ['lab/loss', 'lab/click', 'lab/table', 'lab/tree'];

const words = ({ where, name, near }: Unknown) =>
  `${where === 'page' ? 'page' : where} “${name}”${near ? ` (“${near}” is near it)` : ''}`;

/** Builds a teacher's two links, shows what pupils will see, and names what a link asks for in vain. */
export class ClassLinks extends AppElement {
  static override properties = {
    ...AppElement.properties,
    page: { state: true },
    hide: { state: true },
    lock: { state: true },
    name: { state: true },
    number: { state: true },
    copied: { state: true },
    preview: { state: true },
    checked: { state: true },
  };
  declare page: string;
  declare hide: readonly string[];
  declare lock: readonly string[];
  declare name: boolean;
  /** The seed of a lesson's runs, where it is not 1. */
  declare number: number | undefined;
  /** Which link was copied last. */
  declare copied: string;
  /** The pupils' link that is shown below. */
  declare preview: string;
  /** A link that was given to be checked. */
  declare checked: string;

  constructor() {
    super();
    this.page = '';
    this.hide = [];
    this.lock = [];
    this.name = false;
    this.number = undefined;
    this.copied = '';
    this.preview = '';
    this.checked = '';
  }

  protected watched() {
    return ['document', 'methods', 'view', 'place'] as const;
  }

  protected override changed() {
    this.copied = '';
  }

  /** The address of the page without a hash, and the document's fields as an address has them. */
  get #parts() {
    const document = new URLSearchParams(
      partHash(this.app.editor.address.hrefOf({ path: ['class'] })).document,
    ).toString();
    return { base: location.origin + location.pathname + location.search, document };
  }

  get #fields(): string[] {
    return [...fieldNames(this.state).keys()];
  }

  get #wishes(): Wishes {
    const { page, hide, lock, name, number } = this;
    return { page, hide, lock, seed: name || (page.startsWith('lessons/') && (number ?? false)) };
  }

  #toggle(list: readonly string[], name: string) {
    return list.includes(name) ? list.filter((own) => own !== name) : [...list, name];
  }

  async #copy(which: string, link: string) {
    try {
      await navigator.clipboard.writeText(link);
      this.copied = which;
    } catch {
      const input = this.querySelector<HTMLInputElement>(`#class-link-${which}`);
      input?.focus();
      input?.select(); // where a page may not write to the clipboard, it is ready to be copied
    }
  }

  #link(which: 'pupils' | 'colleagues', title: string, link: string) {
    return html`<dt><label for="class-link-${which}">${title}</label></dt>
      <dd><input id="class-link-${which}" data-testid="class-link-${which}" type="text" readonly .value=${link} />
        <p class="buttons"><button type="button" data-testid="class-copy-${which}" @click=${() => void this.#copy(which, link)}>${this.copied === which ? 'Copied' : 'Copy'}</button>
        ${
          which === 'pupils'
            ? html`<button type="button" data-testid="class-preview" @click=${() => {
                this.preview = this.preview === link ? '' : link;
              }}>${this.preview === link ? 'Close the preview' : 'Preview'}</button>`
            : nothing
        }</p></dd>`;
  }

  #unknown() {
    const { checked, page, state } = this;
    const fields = this.#fields;
    const given = checked ? partLink(checked) : undefined;
    // What this reader looks at is not in the links that are built here.
    const { pair: _pair, measure: _measure, step: _step, ...view } = state.view;
    const own = given
      ? unknownIn(given.page, given.view, fields)
      : unknownIn(page, { ...view, ...viewOf(this.#wishes) }, fields);
    return html`<div class="field"><label for="class-check">A link to be checked</label>
      <input id="class-check" data-testid="class-check" type="text" .value=${checked} placeholder="the links above, when empty" @change=${(
        event: Event,
      ) => {
        this.checked = (event.target as HTMLInputElement).value.trim();
      }} />
      <p role="status" data-testid="class-unknown" data-count=${own.length}>${
        own.length === 0
          ? 'Everything that it asks for is known.'
          : `Ignored, because there is no such thing: ${own.map(words).join(', ')}.`
      }</p></div>`;
  }

  override render() {
    const { hide, lock, name, number, page, preview } = this;
    const names = fieldNames(this.state);
    const { base, document } = this.#parts;
    const { pupils, colleagues } = linksOf(base, this.#wishes, document);
    const pages = [
      ...routes.filter(({ id }) => id !== 'class').map(({ id }) => id),
      ...lessons.map(({ id }) => `lessons/${id}`),
      ...lowerPages,
    ];
    const others = lock.filter((path) => !often.includes(path));
    return html`
      <div class="field"><label for="class-page">Page</label>
        <input id="class-page" data-testid="class-page" type="text" list="class-pages" .value=${page} placeholder="the first page" @change=${(
          event: Event,
        ) => {
          this.page = (event.target as HTMLInputElement).value.trim().replace(/^#?\/+/, '');
        }} />
        <datalist id="class-pages">${pages.filter(Boolean).map((id) => html`<option value=${id}></option>`)}</datalist>
        <p class="field-help">As after the sign # of its address, such as lessons/why-chosen-fall or lab/loss. The run is the one that stands in the form of the first page.</p></div>
      <fieldset><legend>Hide from pupils</legend><div class="class-fields">${Object.entries(hideable).map(
        ([name, what]) =>
          html`<label><input type="checkbox" data-testid="class-hide-${name}" .checked=${hide.includes(name)} @change=${() => {
            this.hide = this.#toggle(hide, name);
          }} /> ${what}</label>`,
      )}</div></fieldset>
      <fieldset><legend>Show, but let nobody change</legend><div class="class-fields">${often.map(
        (path) =>
          html`<label><input type="checkbox" data-testid="class-lock-${path.replaceAll('.', '-')}" .checked=${lock.includes(path)} @change=${() => {
            this.lock = this.#toggle(lock, path);
          }} /> ${names.get(path)?.label ?? path}</label>`,
      )}</div>
      <div class="field"><label for="class-lock">Other fields, by path, with commas between them</label>
        <input id="class-lock" data-testid="class-lock" type="text" .value=${others.join(',')} @change=${(
          event: Event,
        ) => {
          const given = (event.target as HTMLInputElement).value
            .split(',')
            .map((path) => path.trim())
            .filter(Boolean);
          this.lock = [...lock.filter((path) => often.includes(path)), ...given];
        }} /></div></fieldset>
      <p><label class="check"><input type="checkbox" data-testid="class-seed" .checked=${name} @change=${() => {
        this.name = !name;
      }} /> Ask for a name, and make a seed of it: every pupil trains another run, and can hand it in</label></p>
      ${
        name || !page.startsWith('lessons/')
          ? nothing
          : html`<div class="field"><label for="class-lesson-seed">Seed of the lesson’s runs, the same for all</label>
        <input id="class-lesson-seed" data-testid="class-lesson-seed" type="number" min="1" step="1" placeholder="1" .value=${number ?? ''} @change=${(
          event: Event,
        ) => {
          const given = (event.target as HTMLInputElement).valueAsNumber;
          this.number = Number.isSafeInteger(given) && given > 1 ? given : undefined;
        }} /></div>`
      }
      <dl class="class-links">${this.#link('pupils', 'Pupils’ link', pupils)}${this.#link('colleagues', 'Colleagues’ link, with everything in reach', colleagues)}</dl>
      ${preview ? html`<iframe class="class-preview" title="What pupils see" src=${preview} data-testid="class-frame"></iframe>` : nothing}
      ${this.#unknown()}`;
  }
}

define('class-links', ClassLinks);
