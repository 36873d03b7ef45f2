import { html, nothing } from 'lit';
import { AppElement, define } from '../element';
import { fieldNames } from '../setup/field-labels';
import { problemWords } from '../setup/problem-words';
import type { FieldProblem } from '../state';

/** The fields that were refused, each by its label, with the way to it. */
export class FieldProblems extends AppElement {
  protected watched() {
    return ['documentProblems', 'document', 'methods'] as const;
  }

  #line(problem: FieldProblem) {
    const name = fieldNames(this.state).get(problem.field);
    if (name)
      return html`<li><button type="button" class="link-button" data-testid="problem-${problem.field}"
        @click=${() => this.app.goToField(problem.field)}>${name.label}</button> ${problemWords(problem, name)}</li>`;
    const place = problem.field === 'document' ? nothing : html`<code>${problem.field}</code> `;
    return html`<li>${place}${problemWords(problem)}</li>`;
  }

  #forgive() {
    // The button goes, and a field in focus would keep what was refused.
    this.closest('.dock')?.querySelector<HTMLElement>('.dock-buttons button')?.focus();
    this.app.editor.forgive();
  }

  override render() {
    const { documentProblems } = this.state;
    if (documentProblems.length === 0) return nothing;
    return html`<div class="dock-note is-stop" role="alert" data-testid="document-problems">
      <div class="dock-note-text">
        <p><strong>Not taken over; nothing was changed, and nothing is trained until it is settled:</strong></p>
        <ul>${documentProblems.map((problem) => this.#line(problem))}</ul>
      </div>
      <p class="dock-note-buttons"><button type="button" data-testid="forgive" @click=${() => this.#forgive()}>Back to the settings as they were</button></p>
    </div>`;
  }
}

define('field-problems', FieldProblems);
