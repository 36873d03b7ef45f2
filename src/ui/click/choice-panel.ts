import { html, nothing } from 'lit';
import { LEAST_CHOICES } from '../../diffusion/choices';
import { conditionAt, inWords } from '../../diffusion/world/condition';
import { rewardInfos } from '../../diffusion/world/reward-infos';
import { AppElement, define } from '../element';
import { plural } from '../format';
import '../images/images.css';
import { paintAll, picture } from '../images/paint';
import { isMoving, shownDocument } from '../state';
import './choice-train';
import {
  type ChoiceSession,
  choiceHabits,
  keepChoices,
  keptChoices,
  newChoices,
  pixelsOf,
  withDrawn,
} from './choices';
import './click.css';
import { ClickKeys } from './click-keys';
import { habitRow, habitTable } from './habits';
import { noPair } from './no-pair';
import {
  aheadOf,
  type Click,
  clickedOf,
  current,
  decidedOf,
  selfOf,
  shareOf,
  undone,
  withClick,
  withNext,
} from './session';

/** Pairs that are drawn together, and how few are left when the next come. */
const [together, ahead] = [8, 4];

/** Two images of the model that the page has open; which is better? */
export class ChoicePanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    session: { state: true },
    asking: { state: true },
    problem: { state: true },
    notKept: { state: true },
  };
  declare session: ChoiceSession | undefined;
  declare asking: boolean;
  declare problem: string;
  declare notKept: string;

  constructor() {
    super();
    this.session = undefined;
    this.asking = false;
    this.problem = '';
    this.notKept = '';
    new ClickKeys(this, 'same', {
      listens: () => this.session !== undefined,
      click: (click) => this.#click(click),
      undo: () => this.#undo(),
    });
  }

  protected watched() {
    return ['connection', 'status', 'document', 'runDocument', 'models', 'pending'] as const;
  }

  protected override changed() {
    this.#open();
    void this.#fill();
  }

  override connectedCallback() {
    super.connectedCallback();
    this.#open();
    void this.#fill();
  }

  protected override updated() {
    paintAll(this);
  }

  /** Takes up the choices between this model's images, or begins with none. */
  #open() {
    const document = shownDocument(this.state);
    if (!document || this.session?.model === document.model) return;
    this.session = keptChoices(document.model) ?? newChoices(document.model, document.seed);
    this.problem = '';
  }

  /** Changes the session and keeps it. */
  #set(change: (session: ChoiceSession) => ChoiceSession) {
    if (!this.session) return;
    this.session = withNext(change(this.session), this.session.seed);
    this.notKept = keepChoices(this.session);
  }

  /** Draws pairs ahead of the choices, one call at a time. */
  async #fill() {
    const { connection, pending, status } = this.state;
    const { session } = this;
    if (!session || this.asking || this.problem || connection !== 'ready' || pending) return;
    // A run that moves has the engine.
    if (isMoving(status?.phase) || aheadOf(session) >= ahead) return;
    this.asking = true;
    const from = this.app.connection;
    const { model, seed, pairs } = session;
    try {
      const drawn = await from.api.drawPairs(model, { from: pairs.length, count: together, seed });
      if (this.session?.model === model && this.session.seed === seed)
        this.#set((own) => withDrawn(own, drawn));
    } catch (error) {
      if (from === this.app.connection) this.problem = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
    void this.#fill();
  }

  #click(click: Click) {
    if (!this.session || this.session.ended || !current(this.session)) return;
    this.#set((own) => withClick(own, click));
    void this.#fill();
  }

  #undo() {
    if (this.session?.ended) this.#set((own) => ({ ...own, ended: false }));
    else if (this.session) {
      this.session = undone(this.session);
      this.notKept = keepChoices(this.session);
    }
  }

  async #anew() {
    const yes = await this.app.confirm(
      'Begin anew?',
      'What has been chosen between this model’s images is forgotten. A file that was saved, and a run that was trained, stay.',
      'Begin anew',
    );
    if (!yes || !this.session) return;
    const { model, seed } = this.session;
    this.#set(() => newChoices(model, seed + 1));
    this.problem = '';
    void this.#fill();
  }

  #waiting() {
    return noPair(this.state, {
      problem: this.problem,
      again: () => this.#again(),
      busy: 'While it trains nothing is drawn to choose from; it comes when the run has ended.',
      making: 'It is drawing…',
    });
  }

  #again() {
    this.problem = '';
    void this.#fill();
  }

  #image(side: 'left' | 'right', pixels: Uint8Array, asked: string) {
    const first = side === 'left';
    return html`<section class="click-answer" aria-label=${first ? 'The first image' : 'The second image'}>
        ${picture(pixels, `asked for: ${asked}`)}
        <p class="buttons"><button type="button" data-testid="click-${side}" @click=${() => this.#click(side)}>${first ? html`<kbd aria-hidden="true">←</kbd> The first is better` : html`The second is better <kbd aria-hidden="true">→</kbd>`}</button></p>
      </section>`;
  }

  #pair(session: ChoiceSession) {
    const own = current(session);
    const pair = own && session.pairs[own.pair];
    const clicked = clickedOf(session);
    const [left, right] = own?.flipped ? ([1, 0] as const) : ([0, 1] as const);
    const asked = pair && inWords(conditionAt(pair.condition));
    return html`<div role="group" aria-label="Which image is better?" data-testid="choice-pair" data-clicked=${clicked} data-pair=${own?.pair ?? ''}>
        <p class="quiet" role="status">${plural(clicked, 'click')} so far.</p>
        ${
          pair && asked
            ? html`<p>Asked for: <strong>${asked}</strong>. Which is the better one?</p>
              <div class="click-answers is-images">${this.#image('left', pixelsOf(pair.images[left]), asked)}${this.#image('right', pixelsOf(pair.images[right]), asked)}</div>`
            : this.#waiting()
        }
        <p class="buttons">
          <button type="button" data-testid="click-same" aria-disabled=${String(!own)} @click=${() => this.#click('same')}>Skip: one as good as the other <kbd aria-hidden="true">↓</kbd></button>
          <button type="button" class="quiet-button" data-testid="click-undo" aria-disabled=${String(clicked === 0)} @click=${() => this.#undo()}>Undo <kbd aria-hidden="true">u</kbd></button>
          ${clicked > 0 ? html`<button type="button" class="quiet-button" data-testid="click-end" @click=${() => this.#set((s) => ({ ...s, ended: true }))}>Enough: what do they say?</button>` : nothing}
        </p>
      </div>`;
  }

  #results(session: ChoiceSession) {
    const { first, higher } = choiceHabits(session);
    return html`<div data-testid="click-results">
      <h3 tabindex="-1">What your choices say</h3>
      ${habitTable('What your choices say', [
        habitRow(
          'agreement with yourself',
          selfOf(session),
          'pairs that came back with their sides changed',
          'click-self',
        ),
        ...rewardInfos.map(({ id, name }) =>
          habitRow(
            `more ${name.toLowerCase()}`,
            shareOf(higher(id)),
            'the chosen one has more of this reward',
            `choice-${id}`,
          ),
        ),
        habitRow('the first image', shareOf(first), 'half would be no habit', 'click-left'),
      ])}
      <p class="buttons"><button type="button" data-testid="click-on" @click=${() => this.#set((own) => ({ ...own, ended: false }))}>Go on choosing</button></p>
    </div>`;
  }

  override render() {
    const { session, notKept } = this;
    if (!session) return html`<p class="quiet" aria-busy="true">The model is being looked for…</p>`;
    return html`<div class="spread">
      <div class="text">
        ${session.ended ? this.#results(session) : this.#pair(session)}
        <choice-train .app=${this.app} .session=${session}></choice-train>
      </div>
      <div class="note">
        <h3>What happens here</h3>
        <p>The model draws each request twice, from noises of its own. The sides are shuffled, and every eighth pair is an earlier one with its sides changed.</p>
        <p>From ${LEAST_CHOICES} choices of one or the other it can learn; a pair that was skipped says nothing. Choices stay in this browser through a reload.</p>
        ${notKept ? html`<p class="field-problem" role="alert">${notKept}</p>` : nothing}
        ${decidedOf(session) + clickedOf(session) > 0 ? html`<p class="buttons"><button type="button" class="quiet-button" data-testid="click-anew" @click=${() => void this.#anew()}>Begin anew</button></p>` : nothing}
      </div>
    </div>`;
  }
}

define('choice-panel', ChoicePanel);
