import { html, nothing } from 'lit';
import { hash } from '../../util/rng';
import { AppElement, define } from '../element';
import { download } from '../keep/download';
import { isLive } from '../state';
import { handInOf, keptAnswers } from './hand-in';
import './class.css';

/** A name as a seed: the same name the same seed, whatever its capitals and blanks. Never 0. */
export const seedOf = (name: string): number =>
  (hash(name.trim().toLowerCase().replace(/\s+/g, ' '), 0) % 999_999) + 1;

/** For pupils whose link asks for a name: their seed, and what they hand in. */
export class ClassStrip extends AppElement {
  static override properties = { ...AppElement.properties, taken: { state: true }, said: { state: true } };
  declare taken: number | undefined;
  declare said: string;

  constructor() {
    super();
    this.taken = undefined;
    this.said = '';
  }

  protected watched() {
    return ['document', 'status', 'runs', 'methods', 'place'] as const;
  }

  get #seed() {
    return this.state.document?.seed;
  }

  #take(event: Event) {
    event.preventDefault();
    const name = this.querySelector<HTMLInputElement>('#class-name')!.value;
    if (name.trim() === '') {
      this.said = 'Type a name first; it becomes a number, and is not kept.';
      return;
    }
    const { document, place } = this.state;
    if (!document) return;
    const seed = seedOf(name);
    this.app.editor.take({ ...document, seed });
    if (place.path[0] === 'lessons') this.app.editor.address.setOwn({ 'lesson-seed': String(seed) });
    this.taken = seed;
    this.said = `Your seed is ${seed}. The name goes nowhere.`;
  }

  async #handIn() {
    const seed = this.#seed;
    if (seed === undefined) return;
    await this.app.attempt('reading the stored runs', this.app.refreshRuns);
    const { runs, methods } = this.state;
    let answers = {};
    try {
      answers = keptAnswers(localStorage);
    } catch {
      // A window that keeps nothing has no answers.
    }
    const file = handInOf(seed, runs, methods, answers);
    if (file.runs.length === 0 && Object.keys(file.answers).length === 0) {
      this.said =
        'There is nothing to hand in yet: no run with this seed has ended, and no question has been answered.';
      return;
    }
    download(`marginalia-${seed}.json`, JSON.stringify(file), 'application/json');
    this.said = `marginalia-${seed}.json is saved; give it to whoever teaches.`;
  }

  override render() {
    const seed = this.#seed;
    const busy = isLive(this.state.status?.phase);
    return html`<form class="class-strip" data-testid="class-strip" data-seed=${seed ?? ''} @submit=${(event: Event) => this.#take(event)}>
      <label for="class-name">Your name, for a seed of your own</label>
      <input id="class-name" data-testid="class-name" type="text" maxlength="80" autocomplete="off" />
      <button type="submit" data-testid="class-take" aria-disabled=${String(busy)} ?disabled=${busy}>Take it</button>
      <button type="button" data-testid="class-hand-in" @click=${() => void this.#handIn()}>Hand in</button>
      <span role="status" data-testid="class-said">${this.said || (seed === undefined ? nothing : `The seed is ${seed}.`)}</span>
    </form>`;
  }
}

define('class-strip', ClassStrip);
