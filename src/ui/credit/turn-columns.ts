import { html, nothing } from 'lit';
import type { CreditResponse, CreditView } from '../../../workers/protocol';
import { numbersTable } from '../live/numbers-table';

/** A stretch of a conversation: a turn of the model with what each of its tokens weighs in the loss, or what it was told. */
export interface Stretch {
  text: string;
  /** From 1, among those that are scored; undefined of what the model was told, and of what both answers share. */
  turn?: number;
  weight?: number;
}

/** The stretches of an answer in their order. */
export const turnByTurn = ({ tokens }: Pick<CreditResponse, 'tokens'>): Stretch[] => {
  const stretches: (Stretch & { step: number; tokens: number })[] = [];
  let turns = 0;
  for (const { step, text, weight } of tokens) {
    let last = stretches.at(-1);
    if (last?.step !== step) {
      last = { step, text: '', tokens: 0, ...(step >= 0 && { turn: ++turns, weight: 0 }) };
      stretches.push(last);
    }
    last.text += text;
    last.tokens++;
    if (last.weight !== undefined) last.weight += (weight - last.weight) / last.tokens;
  }
  return stretches.map(({ step: _step, tokens: _tokens, ...stretch }) => stretch);
};

const names = { chosen: 'Chosen', rejected: 'Rejected', response: 'Answer' };

const digits = (weight = 0) => weight.toFixed(2);

/** "Chosen: from 1.00 (turn 1) to 0.14 (turn 4)." */
const said = (name: string, stretches: readonly Stretch[]): string => {
  const turns = stretches.filter(({ turn }) => turn !== undefined);
  const [first, last] = [turns[0], turns.at(-1)];
  if (!first || !last) return `${name}: no turn is scored.`;
  const of = ({ turn, weight }: Stretch) => `${digits(weight)} (turn ${turn})`;
  return turns.length === 1 ? `${name}: ${of(first)}.` : `${name}: from ${of(first)} to ${of(last)}.`;
};

/** Two conversations beside each other: what each turn counts, and in grey what the model was told, which is given and not learned. */
export const turnColumns = (view: CreditView) => {
  const columns = view.responses.map((response) => ({
    name: names[response.role],
    stretches: turnByTurn(response),
  }));
  const weights = columns.flatMap(({ stretches }) => stretches.map(({ weight = 0 }) => Math.abs(weight)));
  const most = Math.max(...weights);
  if (!(most > 0)) return nothing;
  const rows = columns.flatMap(({ name, stretches }) =>
    stretches.flatMap(({ turn, weight }) =>
      turn === undefined ? [] : [[`${name}, turn ${turn}`, digits(weight)] as const],
    ),
  );
  return html`<figure class="turn-columns" data-testid="credit-turns">
    <figcaption>Which turn counts</figcaption>
    <p class="quiet">What a token of each turn weighs in the loss. ${columns.map(({ name, stretches }) => said(name, stretches)).join(' ')} Grey is given, not learned.</p>
    <div class="columns">${columns.map(
      ({ name, stretches }) => html`<div><h4>${name}</h4><ol aria-label="${name}, turn by turn">
        ${stretches.map(({ text, turn, weight = 0 }) =>
          turn === undefined
            ? html`<li class="told">${text.trim()}</li>`
            : html`<li><span class="turn-text">${text.trim()}</span>
                <span class="turn-bar" aria-hidden="true"><span style="width: ${(100 * Math.abs(weight)) / most}%"></span></span>
                <span class="turn-weight"><span class="visually-hidden">Turn ${turn} weighs </span>${digits(weight)}</span></li>`,
        )}
      </ol></div>`,
    )}</div>
    ${numbersTable('credit-turns', 'Weight of a token, by turn', ['turn', 'weight'], rows)}
  </figure>`;
};
