import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { ChatReply } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { count } from '../format';
import { isMoving, type State, shownDocument } from '../state';
import { chatReply } from './chat-reply';

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
  };
  declare reference: ChatReply | undefined;
  declare policy: ChatReply | undefined;
  declare asking: boolean;
  declare problem: string;
  /** The step under which `policy` was written. */
  declare asked: number;
  /** As text to go on with, though the model has a chat template. */
  declare plain: boolean;
  #model = '';

  constructor() {
    super();
    this.asking = false;
    this.problem = '';
    this.asked = 0;
    this.plain = false;
  }

  protected watched() {
    return ['connection', 'status', 'document', 'runDocument', 'models', 'pending'] as const;
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    const model = `${shownDocument(this.state)?.model} ${this.state.status?.runId ?? ''}`;
    if (model === this.#model) return;
    this.#model = model;
    this.reference = undefined;
    this.policy = undefined;
    this.problem = '';
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
    const text = this.querySelector<HTMLTextAreaElement>('#chat-prompt')!.value;
    if (text.trim() === '') {
      this.problem = 'Write something for it to answer.';
      return;
    }
    const given = Number(this.querySelector<HTMLInputElement>('#chat-tokens')!.value);
    const maxTokens = Math.min(mostTokens, Math.max(1, Math.round(given) || 64));
    const prompt = this.#template && !this.plain ? [{ role: 'user', content: text }] : text;
    const options = { temperature: 0, seed: 0, maxTokens };
    const asked = this.app.connection;
    this.asking = true;
    this.problem = '';
    this.policy = undefined;
    this.reference = undefined;
    try {
      this.reference = await asked.api.chat(prompt, { ...options, which: 'reference' });
      if (this.#trained) {
        this.asked = status?.step ?? 0;
        this.policy = await asked.api.chat(prompt, { ...options, which: 'policy' });
      }
    } catch (error) {
      if (asked === this.app.connection)
        this.problem = error instanceof Error ? error.message : String(error);
    }
    this.asking = false;
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
      ${model ? html`<p data-testid="about-model"><strong>${model.name}.</strong> ${model.description}</p>` : nothing}
      <p>It answers greedily, so that the two answers can be compared. The darker a token’s ground, the less likely the model found it.</p>
      ${isMoving(status?.phase) ? html`<p>While it trains, the answer comes between two steps.</p>` : nothing}
    </div></div>`;
  }
}

define('chat-panel', ChatPanel);
