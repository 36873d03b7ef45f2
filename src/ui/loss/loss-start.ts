import { html, nothing } from 'lit';
import { type QuestionId, questions } from './shape-case';

interface Start {
  question: QuestionId | undefined;
  /** Pairs of the open run. */
  pairs: number;
  ask(question: QuestionId): void;
  takePair(index: number): void;
}

const pairOf = (input: HTMLInputElement, pairs: number) =>
  Math.min(pairs, Math.max(1, Math.round(Number(input.value)) || 1)) - 1;

/** What the loss lab may begin with: a question, or a pair of the open run. */
export const lossStart = ({ question, pairs, ask, takePair }: Start) =>
  html`<p class="buttons" role="group" aria-label="Begin with a question">${Object.entries(questions).map(
    ([id, { label }]) =>
      html`<button type="button" class="quiet-button" data-testid="loss-ask-${id}" aria-pressed=${String(id === question)} @click=${() => ask(id as QuestionId)}>${label}</button>`,
  )}</p>
  ${
    pairs > 0
      ? html`<form class="buttons" @submit=${(event: SubmitEvent) => {
          event.preventDefault();
          takePair(pairOf((event.target as HTMLFormElement).querySelector('input')!, pairs));
        }}><label class="with-select">From a pair of the run, of ${pairs}: <input type="number" min="1" max=${pairs} step="1" value="1" data-testid="loss-from-pair" /></label>
          <button class="quiet-button" data-testid="loss-take-pair">Take it</button></form>`
      : nothing
  }
  ${question ? html`<p class="hint">${questions[question].look}</p>` : nothing}`;
