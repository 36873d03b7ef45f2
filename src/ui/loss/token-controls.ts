import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { signed } from '../format';
import {
  addToken,
  cut,
  type ExtraField,
  isShared,
  type LabAnswers,
  numberAt,
  removeToken,
  type Spot,
  set,
  share,
} from './answers';

/** What can be done with the token that is looked at. */
export const tokenControls = (
  state: LabAnswers,
  spot: Spot,
  field: 'policy' | ExtraField,
  { steps, change }: { steps: boolean; change: (next: LabAnswers, at?: Spot) => void },
) => {
  const token = state.answers[spot.answer]?.tokens[spot.token];
  if (!token) return nothing;
  const shared = isShared(state, spot);
  const button = (id: string, text: string, act: () => void) =>
    html`<button type="button" class="quiet-button" data-testid="loss-token-${id}" @click=${act}>${text}</button>`;
  return html`<div class="token-controls" role="group" aria-label="The token that is looked at">
    <span>Answer ${spot.answer + 1}, token ${spot.token + 1}${shared ? ', shared' : ''}: reference ${signed(token.reference, 2)},</span>
    <label>${field === 'policy' ? 'gained' : field} <input type="number" step="0.1" inputmode="decimal" data-testid="loss-token-value" .value=${live(String(numberAt(token, field) ?? 0))} @change=${(
      event: Event,
    ) => {
      const value = Number((event.target as HTMLInputElement).value);
      if (Number.isFinite(value)) change(set(state, spot, field, value));
    }} /></label>
    ${button('add', 'Add one after it', () => change(addToken(state, spot), { ...spot, token: spot.token + 1 }))}
    ${button('remove', 'Remove it', () => change(removeToken(state, spot), { ...spot, token: Math.max(0, spot.token - 1) }))}
    ${spot.answer < 2 ? button('share', shared ? 'Share none from here on' : 'Share up to here', () => change(share(state, spot))) : nothing}
    ${steps && spot.token > 0 ? button('cut', state.answers[spot.answer]!.cuts.includes(spot.token) ? 'No step begins here' : 'A step begins here', () => change(cut(state, spot))) : nothing}
  </div>`;
};
