import { html, nothing } from 'lit';
import { chapters } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';
import { type QuestionId, questions } from './shape-case';

interface Menu {
  methods: readonly MethodInfo[];
  method: string;
  question: QuestionId | undefined;
  /** A run is open that has pairs. */
  paired: boolean;
  choose(method: string): void;
  fill(): void;
  ask(question: QuestionId): void;
  takePair(): void;
}

/** What a case may begin with: a method's example, a question, the pair of a run. */
export const lossMenu = ({ methods, method, question, paired, choose, fill, ask, takePair }: Menu) =>
  html`<div class="field">
    <label for="field-loss-method">Method</label>
    <div class="field-inputs">
      <select id="field-loss-method" data-testid="field-loss-method" @change=${(e: Event) => choose((e.target as HTMLSelectElement).value)}>
        ${Object.entries(chapters).map(([chapter, title]) => {
          const own = methods.filter((m) => m.chapter === chapter);
          return own.length === 0
            ? nothing
            : html`<optgroup label=${title}>${own.map(({ id, name }) => html`<option value=${id} ?selected=${id === method} .selected=${id === method}>${name}</option>`)}</optgroup>`;
        })}
      </select>
      <button type="button" data-testid="loss-example" @click=${fill}>Write its example</button>
    </div>
    <p class="field-help">Its example has every field that the method reads.</p>
    <p class="buttons" role="group" aria-label="Begin with a question">${Object.entries(questions).map(
      ([id, { label }]) =>
        html`<button type="button" class="quiet-button" data-testid="loss-question-${id}" aria-pressed=${String(id === question)} @click=${() => ask(id as QuestionId)}>${label}</button>`,
    )}${
      paired
        ? html`<button type="button" class="quiet-button" data-testid="loss-pair" @click=${takePair}>From the run’s first pair</button>`
        : nothing
    }</p>
  </div>`;
