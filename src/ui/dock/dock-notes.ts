import { html } from 'lit';
import { checkKey } from '../bring/check-key';
import { shown } from '../bring/shown';
import { AppElement, define } from '../element';
import '../run-offer';
import { fieldNames } from '../setup/field-labels';
import '../trouble-note';
import './field-problems';
import { type Note, type NoteAct, notesOf } from './notes';

/** All that there is to say about Train, above its button: failures, refused fields, what is missing, what is offered. */
export class DockNotes extends AppElement {
  #size: ResizeObserver | undefined;

  protected watched() {
    return [
      'document',
      'runDocument',
      'models',
      'methods',
      'status',
      'evaluations',
      'checked',
      'previewProblem',
      'saveProblem',
    ] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    // The page ends above the dock, however much stands in it.
    const { style } = document.documentElement;
    this.#size = new ResizeObserver(() => style.setProperty('--dock-notes', `${this.offsetHeight}px`));
    this.#size.observe(this);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#size?.disconnect();
    document.documentElement.style.removeProperty('--dock-notes');
  }

  #act(act: NoteAct) {
    if (act.kind === 'field') this.app.goToField(act.path);
    else if (act.kind === 'section')
      this.dispatchEvent(new CustomEvent('go', { detail: act.id, bubbles: true }));
    else this.app.editor.take(this.state.runDocument);
  }

  #note({ id, tone, text, actions }: Note) {
    return html`<div class="dock-note is-${tone}" data-testid=${id}>
      <p class="dock-note-text"><bdi>${shown(text)}</bdi></p>
      <p class="dock-note-buttons">${actions.map(({ id: action, label, act }) => html`<button type="button" data-testid=${action} @click=${() => this.#act(act)}>${label}</button>`)}</p>
    </div>`;
  }

  override render() {
    const { app, state } = this;
    const notes = notesOf(state, fieldNames(state), checkKey(state.document));
    return html`<div class="dock-notes" tabindex="-1" data-testid="dock-notes">
      <trouble-note .app=${app}></trouble-note>
      <field-problems .app=${app}></field-problems>
      <run-offer .app=${app}></run-offer>
      <div role="status">${notes.map((note) => this.#note(note))}</div>
    </div>`;
  }
}

define('dock-notes', DockNotes);
