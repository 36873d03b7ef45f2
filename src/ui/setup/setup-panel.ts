import { html, nothing } from 'lit';
import type { MethodInfo } from '../../train/method-info';
import { presetIn } from '../../train/presets';
import type { RunDocument } from '../../train/run-document';
import '../bring/adapter-bring';
import { AppElement, define } from '../element';
import { adapterFields } from './adapter-fields';
import {
  dataFields,
  imageFields,
  mainFields,
  moreFields,
  moreImageFields,
  type NumberField,
  valueAt,
  withValue,
} from './fields';
import './estimate-panel';
import './math-formula';
import { methodChoice, showChosen } from './method-choice';
import { choice, numberInput } from './number-input';
import { paramFields } from './param-fields';
import { wrapperFields } from './wrapper-fields';

const backends = [
  { id: 'auto', label: 'Choose for me' },
  { id: 'webgpu', label: 'WebGPU' },
  { id: 'wasm', label: 'WebAssembly' },
  { id: 'cpu', label: 'Plain JavaScript (slow)' },
];

const schedules = [
  { id: 'constant', label: 'Constant' },
  { id: 'linear', label: 'Linear decay' },
  { id: 'cosine', label: 'Cosine decay' },
];

/** The run document as a form: method, its parameters, and the settings of the run. */
export class SetupPanel extends AppElement {
  #shown = '';

  protected override updated() {
    const chosen = `${this.state.document?.method.id} ${this.state.methods.length}`;
    if (chosen === this.#shown) return;
    // A page that is turned to in the same change lies open in the next frame.
    requestAnimationFrame(() => {
      if (showChosen(this)) this.#shown = chosen;
    });
  }

  protected watched() {
    return ['document', 'documentProblems', 'methods', 'models', 'adapters', 'connection', 'place'] as const;
  }

  #set = (path: string, value: unknown) =>
    this.app.editor.edit((document) => withValue(document, path, value));

  #about(method: MethodInfo) {
    return html`<aside class="note" aria-label="About ${method.name}">
      <h3>${method.name}</h3>
      <p><cite><a href=${method.paper.url} rel="noreferrer" target="_blank">${method.paper.title}</a></cite><br />${method.paper.authors}, ${method.paper.year}</p>
      <math-formula tex=${method.tex} ?started=${this.state.connection === 'ready'}></math-formula>
      ${method.notes.map((note) => html`<p><em>Our reading.</em> ${note}</p>`)}
    </aside>`;
  }

  #number(document: RunDocument, field: NumberField) {
    return numberInput({
      ...field,
      value: (valueAt(document, field.path) ?? field.missing) as number,
      problems: this.state.documentProblems,
      change: (value) => this.#set(field.path, value),
    });
  }

  #preset(method: MethodInfo, document: RunDocument) {
    const chosen = presetIn(document, method);
    return choice({
      id: 'preset',
      label: 'Settings',
      help:
        chosen?.summary ??
        'Something has been changed by hand. A choice sets parameters, data, rates and batch anew.',
      value: chosen?.id ?? 'changed by hand',
      options: method.presets.map(({ id, name }) => ({ id, label: name })),
      change: (id) => this.app.editor.choosePreset(id),
    });
  }

  #parameters(method: MethodInfo, document: RunDocument) {
    if (Object.keys(method.params).length === 0)
      return html`<p class="quiet">${method.name} has no parameters of its own.</p>`;
    return paramFields({
      specs: method.params,
      values: document.method.params,
      path: 'method.params',
      problems: this.state.documentProblems,
      set: this.#set,
    });
  }

  /** How training data are made, where they are not a file's. */
  #source(method: MethodInfo, document: RunDocument) {
    const chosen = document.data.source;
    const source = method.sources.find(({ id }) => id === chosen?.id);
    if (!chosen || !source) return nothing;
    const options = method.sources.map(({ id, name }) => ({ id, label: name }));
    return html`<fieldset class="fields parameters">
      <legend>Training data</legend>
      ${choice({
        id: 'source',
        label: 'Made from',
        help: source.summary,
        value: chosen.id,
        options,
        change: (id) => this.app.editor.chooseSource(id),
      })}
      ${paramFields({
        specs: source.params,
        values: chosen.params,
        path: 'data.source.params',
        problems: this.state.documentProblems,
        set: this.#set,
      })}
    </fieldset>`;
  }

  override render() {
    const { document, methods, models } = this.state;
    const method = methods.find((m) => m.id === document?.method.id);
    if (!document || !method) return html`<p class="quiet">The catalogue is being read…</p>`;
    const { adapters } = this.state;
    const model = models.find((m) => m.id === document.model);
    const fields = document.data.dataset ? dataFields : model?.draws ? imageFields : mainFields;
    return html`<div class="spread">
      <div class="text">
        ${methodChoice({ methods, chosen: method.id, choose: (id) => this.app.editor.chooseMethod(id) })}
        <fieldset class="fields parameters">
          <legend>Parameters of ${method.name}</legend>
          ${this.#preset(method, document)}
          ${this.#parameters(method, document)}
        </fieldset>
        ${this.#source(method, document)}
        ${wrapperFields({ wrappers: method.wrappers, chosen: document.data.wrappers, problems: this.state.documentProblems, set: this.#set })}
        <section class="trained" aria-label="What is trained" ?hidden=${model?.draws === true && !document.adapter}>
          ${adapterFields({
            document,
            model,
            adapters,
            edit: (change) => this.app.editor.edit(change),
            number: (field) => this.#number(document, field),
            bring: html`<adapter-bring .app=${this.app}></adapter-bring>`,
          })}
        </section>
        <fieldset class="fields">
          <legend>The run</legend>
          ${fields.map((field) => this.#number(document, field))}
        </fieldset>
        <details class="more">
          <summary>More settings</summary>
          <fieldset class="fields">
            <legend class="visually-hidden">More settings</legend>
            ${choice({ id: 'schedule', label: 'Schedule', help: 'How the learning rate goes after warm-up.', value: document.schedule.kind, options: schedules, change: (v) => this.#set('schedule.kind', v) })}
            ${choice({ id: 'backend', label: 'Compute on', help: 'Changing it starts the engine anew.', value: document.backend, options: backends, change: (v) => this.#set('backend', v) })}
            ${(model?.draws ? moreImageFields : moreFields).map((field) => this.#number(document, field))}
          </fieldset>
        </details>
        <estimate-panel .app=${this.app}></estimate-panel>
      </div>
      ${this.#about(method)}
    </div>`;
  }
}

define('setup-panel', SetupPanel);
