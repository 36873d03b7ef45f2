import { html, nothing } from 'lit';
import { plural } from '../format';
import { download } from '../keep/download';
import { type ClickSession, toRows } from './session';

const save = (session: ClickSession, kind: 'pairs' | 'thumbs') =>
  download(`clicks-${kind}.jsonl`, `${toRows(session, kind).join('\n')}\n`, 'application/jsonl');

/** The prompts of one's own, to be changed. */
export const clickPrompts = (session: ClickSession, change: (lines: readonly string[]) => void) => {
  if (session.world) return nothing;
  return html`<details class="click-prompts"><summary>The prompts, ${session.prompts.length} of them</summary>
      <div class="field"><label for="click-prompts">One a line; those that were asked stay</label>
        <textarea id="click-prompts" data-testid="click-prompts" rows="8" .value=${session.prompts.join('\n')} @change=${(
          event: Event,
        ) => {
          change(
            (event.target as HTMLTextAreaElement).value.split('\n').filter((line) => line.trim() !== ''),
          );
        }}></textarea></div></details>`;
};

/** What happens to the clicks, and the ways to take them along. */
export const clickNote = (
  session: ClickSession,
  { notKept, mostTokens, anew }: { notKept: string; mostTokens: number; anew: () => void },
) => {
  const rows = toRows(session, 'pairs').length;
  const { alike } = session.first;
  return html`<div class="note">
      <h3>What happens here</h3>
      <p>The model answers each prompt twice, at temperature 1. The sides are shuffled, and every eighth pair is an earlier one with its sides changed: whether you say the same of it is shown at the end, never on the way.</p>
      <p>An answer is cut after ${mostTokens} tokens; one that was cut is learned as if it ended there.${session.world ? ' The problems are none of those that accuracy is measured on.' : ''}${alike > 0 ? ` To ${plural(alike, 'prompt')} both answers were alike; these were passed over.` : ''}</p>
      <p>Clicks stay in this browser through a reload.</p>
      ${notKept ? html`<p class="field-problem" role="alert">${notKept}</p>` : nothing}
      ${
        session.first.shown.length > 1
          ? html`<p class="buttons">
              <button type="button" class="quiet-button" data-testid="click-save" aria-disabled=${String(rows === 0)} @click=${() => rows > 0 && save(session, 'pairs')}>Save as pairs (JSONL)</button>
              <button type="button" class="quiet-button" data-testid="click-save-thumbs" @click=${() => save(session, 'thumbs')}>Save as thumbs</button>
              <button type="button" class="quiet-button" data-testid="click-anew" @click=${() => anew()}>Begin anew</button></p>
              <p class="hint">In TRL’s layout: ${plural(rows, 'row')} of prompt, chosen and rejected; or each answer with a label.</p>`
          : nothing
      }
    </div>`;
};
