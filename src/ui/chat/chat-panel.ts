import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { ChatReply } from '../../../workers/protocol';
import type { Which } from '../answers';
import { shown } from '../bring/shown';
import { AppElement, define } from '../element';
import { count } from '../format';
import '../live/live-margin';
import { isMoving, type State, shownDocument } from '../state';
import { chatReply } from './chat-reply';
import { conversationWith, type Turn } from './thread';

const mostTokens = 2048;

/** Ask the model something: what it answers now, beside what it answered before training. */
export class ChatPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    reference: { state: true },
    policy: { state: true },
    asking: { state: true },
    problem: { state: true },
    asked: { state: true },
    plain: { state: true },
    earlier: { state: true },
    temperature: { state: true },
  };
  declare reference: ChatReply | undefined;
  declare policy: ChatReply | undefined;
  /** Turns before the one that is shown last. */
  declare earlier: readonly Turn[];
  /** 0 is greedy. */
  declare temperature: number;
  declare asking: boolean;
  declare problem: string;
  /** The step under which `policy` was written. */
  declare asked: number;
  /** As text to go on with, though the model has a chat template. */
  declare plain: boolean;
  #model = '';
  /** What was asked last; empty before anything was. */
  #said = '';
  /** How often something was asked: the seed of the next answer. */
  #count = 0;

  constructor() {
    super();
    this.asking = false;
    this.problem = '';
    this.asked = 0;
    this.plain = false;
    this.earlier = [];
    this.temperature = 0;
  }

  protected watched() {
    return ['connection', 'status', 'document', 'runDocument', 'models', 'pending', 'unloaded'] as const;
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    const model = `${shownDocument(this.state)?.model} ${this.state.status?.runId ?? ''}`;
    if (model === this.#model) return;
    this.#model = model;
    this.#anew();
  }

  /** Nothing has been said. */
  #anew() {
    this.reference = undefined;
    this.policy = undefined;
    this.problem = '';
    this.earlier = [];
    this.#said = '';
  }

  /** The turns so far, the one that is shown last among them. */
  get #turns(): Turn[] {
    if (!this.reference) return [...this.earlier];
    const { reference, policy } = this;
    return [...this.earlier, { said: this.#said, reference, step: this.asked, ...(policy && { policy }) }];
  }

  get #trained() {
    const { status } = this.state;
    return status !== undefined && status.step + status.stage.index > 0;
  }

  get #template() {
    const id = shownDocument(this.state)?.model;
    return this.state.models.find((m) => m.id === id)?.details?.chatTemplate ?? false;
  }

  async #send(event: Event) {
    event.preventDefault();
    const { connection, pending, status } = this.state;
    if (this.asking || connection !== 'ready' || pending) return;
    if (shownDocument(this.state)?.model === this.state.unloaded) {
      this.problem = `${this.state.unloaded} could not be loaded: look at the connection, then choose it again.`;
      return;
    }
    const text = this.querySelector<HTMLTextAreaElement>('#chat-prompt')!.value;
    if (text.trim() === '') {
      this.problem = 'Write something for it to answer.';
      return;
    }
    const given = Number(this.querySelector<HTMLInputElement>('#chat-tokens')!.value);
    const maxTokens = Math.min(mostTokens, Math.max(1, Math.round(given) || 64));
    const talks = this.#template && !this.plain;
    const turns = talks ? this.#turns : [];
    const promptFor = (which: Which) => (talks ? conversationWith(turns, text, which) : text);
    const options = { temperature: this.temperature, seed: this.#count++, maxTokens };
    this.earlier = turns;
    this.#said = text;
    const asked = this.app.connection;
    this.asking = true;
    this.problem = '';
    this.policy = undefined;
    this.reference = undefined;
    try {
      this.reference = await asked.api.chat(promptFor('reference'), { ...options, which: 'reference' });
      if (this.#trained) {
        this.asked = status?.step ?? 0;
        this.policy = await asked.api.chat(promptFor('policy'), { ...options, which: 'policy' });
      }
    } catch (error) {
      if (asked === this.app.connection)
        this.problem = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
  }

  /** What was said before; the last turn stands below with its tokens. */
  #past() {
    const { earlier } = this;
    if (earlier.length === 0) return nothing;
    return html`<ol class="chat-past" data-testid="chat-past" aria-label="The conversation so far">${earlier.map(
      ({ said, reference, policy }) =>
        html`<li><p><strong>You</strong> <bdi>${shown(said)}</bdi></p>
          ${reference ? html`<p><strong>${policy ? 'Before' : 'It'}</strong> <bdi>${shown(reference.text)}</bdi></p>` : nothing}
          ${policy ? html`<p><strong>Now</strong> <bdi>${shown(policy.text)}</bdi></p>` : nothing}</li>`,
    )}<li><p><strong>You</strong> <bdi>${shown(this.#said)}</bdi></p></li></ol>`;
  }

  override render() {
    const { connection, pending, status, models } = this.state;
    const id = shownDocument(this.state)?.model;
    const model = models.find((m) => m.id === id);
    const off = connection !== 'ready' || pending !== '' || this.asking;
    const two = this.#trained && (this.policy || this.asking);
    return html`<div class="spread"><form class="text chat" data-testid="chat" @submit=${(e: Event) => void this.#send(e)}>
      <div class="field">
        <label for="chat-prompt">${this.#template && !this.plain ? 'Say something to it' : 'A text for it to go on with'}</label>
        <textarea id="chat-prompt" data-testid="chat-prompt" rows="3" @keydown=${(e: KeyboardEvent) => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) void this.#send(e);
        }}></textarea>
      </div>
      <div class="row chat-row">
        <button type="submit" data-testid="chat-send" aria-disabled=${String(off)}>${this.asking ? 'Answering…' : 'Ask'}</button>
        <label for="chat-tokens">Tokens at most</label>
        <input id="chat-tokens" data-testid="chat-tokens" type="number" min="1" max=${mostTokens} step="1" value="64" />
        <label for="chat-temperature">Temperature</label>
        <input id="chat-temperature" data-testid="chat-temperature" type="number" min="0" max="5" step="0.1" .value=${live(String(this.temperature))} @change=${(
          event: Event,
        ) => {
          const value = Number((event.target as HTMLInputElement).value);
          this.temperature = Number.isFinite(value) ? Math.min(5, Math.max(0, value)) : 0;
        }} />
        ${this.reference && this.#template && !this.plain ? html`<button type="button" class="quiet-button" data-testid="chat-anew" @click=${() => this.#anew()}>Begin anew</button>` : nothing}
        ${
          this.#template
            ? html`<label class="check"><input type="checkbox" data-testid="chat-plain" .checked=${live(this.plain)} @change=${(
                e: Event,
              ) => {
                this.plain = (e.target as HTMLInputElement).checked;
              }} /> Without its chat template</label>`
            : nothing
        }
      </div>
      <p role="status" class="visually-hidden">${this.asking ? 'It is answering.' : (this.policy ?? this.reference) ? 'It has answered.' : ''}</p>
      <div role="alert" data-testid="chat-problem">${this.problem ? html`<p class="trouble">${this.problem}</p>` : nothing}</div>
      ${this.#past()}
      ${
        this.reference || this.asking
          ? html`<div class="replies ${two ? 'two' : ''}">
              ${chatReply(this.#trained ? 'The reference, before training' : 'What the model writes', 'chat-reference', this.reference, this.asking)}
              ${two ? chatReply(`Now, after step ${count(this.asked)}`, 'chat-policy', this.policy, this.asking) : nothing}
            </div>`
          : nothing
      }
    </form>
    <div class="note">
      ${status && status.phase !== 'idle' ? html`<live-margin .app=${this.app}></live-margin>` : nothing}
      ${model ? html`<p data-testid="about-model"><strong>${model.name}.</strong> ${model.description}</p>` : nothing}
      <p>${this.temperature === 0 ? 'It answers greedily, so that the two answers can be compared.' : 'Both answers are drawn with one seed, another each time.'}${this.#template && !this.plain ? ' It hears the conversation so far, each model its own answers.' : ''} The darker a token’s ground, the less likely the model found it.</p>
      ${isMoving(status?.phase) ? html`<p>While it trains, the answer comes between two steps.</p>` : nothing}
    </div></div>`;
  }
}

define('chat-panel', ChatPanel);
