import { html, nothing } from 'lit';
import { plural } from '../format';
import { type Click, type ClickSession, clickedOf, current, type Round } from './session';

const answer = (
  session: ClickSession,
  click: (click: Click) => void,
  side: 'left' | 'right',
  text: string,
) => {
  const first = side === 'left';
  return html`<section class="click-answer" aria-label=${first ? 'The first answer' : 'The second answer'}>
      <bdi class="click-text ${session.world ? 'is-mono' : ''}" data-testid="click-${side}-text">${text}</bdi>
      <p class="buttons"><button type="button" data-testid="click-${side}" @click=${() => click(side)}>${first ? html`<kbd aria-hidden="true">←</kbd> The first is better` : html`The second is better <kbd aria-hidden="true">→</kbd>`}</button></p>
    </section>`;
};

/** The pair on the screen, and what can be said of it. */
export const clickPair = (
  session: ClickSession,
  round: Round,
  act: {
    /** What stands there while there is no pair. */
    waiting: () => unknown;
    click: (click: Click) => void;
    undo: () => void;
    end: () => void;
  },
) => {
  const own = current(round);
  const pair = own && round.pairs[own.pair];
  const clicked = clickedOf(round);
  const [left, right] = own?.flipped ? [1, 0] : [0, 1];
  return html`<div role="group" aria-label="Which answer is better?" data-testid="click-pair" data-clicked=${clicked} data-pair=${own?.pair ?? ''}>
      <p class="quiet" role="status">${session.blind ? 'Again, blind: one answer is from before, one from now.' : ''} ${plural(clicked, 'click')} so far.</p>
      ${
        own && pair
          ? html`<p class="visually-hidden">The prompt:</p><blockquote class="click-prompt" data-testid="click-prompt">${pair.prompt.trimEnd()}</blockquote>
            <div class="click-answers">${answer(session, act.click, 'left', pair.answers[left as 0 | 1].text)}${answer(session, act.click, 'right', pair.answers[right as 0 | 1].text)}</div>`
          : act.waiting()
      }
      <p class="buttons">
        <button type="button" data-testid="click-same" aria-disabled=${String(!own)} @click=${() => act.click('same')}>One as good as the other <kbd aria-hidden="true">↓</kbd></button>
        <button type="button" data-testid="click-neither" aria-disabled=${String(!own)} @click=${() => act.click('neither')}>Neither <kbd aria-hidden="true">space</kbd></button>
        <button type="button" class="quiet-button" data-testid="click-undo" aria-disabled=${String(clicked === 0)} @click=${() => act.undo()}>Undo <kbd aria-hidden="true">u</kbd></button>
        ${clicked > 0 ? html`<button type="button" class="quiet-button" data-testid="click-end" @click=${act.end}>Enough: what do they say?</button>` : nothing}
      </p>
    </div>`;
};
