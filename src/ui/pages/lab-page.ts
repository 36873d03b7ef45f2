import { html, nothing } from 'lit';
import { AppElement, define } from '../element';
import '../lab/analysis-panel';
import '../lab/lab-panel';
import '../loss/loss-panel';
import { goTo, pageLink } from '../page-link';

/** Short names in the address of what has a longer one. */
const aliases: Readonly<Record<string, string>> = {
  neurons: 'neuron-dynamics',
  probe: 'separability',
};
/** Names that belong to the looks into models; all others are experiments. */
const looks = ['neuron-dynamics', 'neuron-switches', 'separability'];

const parts = [
  { id: 'experiments', path: ['lab'], name: 'Experiments' },
  { id: 'loss', path: ['lab', 'loss'], name: 'A loss on given numbers' },
  { id: 'looks', path: ['lab', 'neurons'], name: 'Looks into models' },
] as const;

/** Tools without a story: bandits and small networks, a loss on given numbers, what training did inside a model. */
export class LabPage extends AppElement {
  protected watched() {
    return ['place'] as const;
  }

  get #at(): string {
    const name = this.state.place.path[1] ?? '';
    return aliases[name] ?? name;
  }

  get #part(): (typeof parts)[number]['id'] {
    const at = this.#at;
    if (at === 'loss') return 'loss';
    return looks.includes(at) || at.startsWith('series-') ? 'looks' : 'experiments';
  }

  #turn(event: CustomEvent<string>) {
    event.preventDefault();
    const short = Object.entries(aliases).find(([, id]) => id === event.detail)?.[0];
    goTo(this, { path: ['lab', short ?? event.detail] });
  }

  #body() {
    const { app } = this;
    const turn = (event: CustomEvent<string>) => this.#turn(event);
    switch (this.#part) {
      case 'loss':
        return html`<loss-panel .app=${app}></loss-panel>`;
      case 'looks':
        return html`<analysis-panel .app=${app} at=${this.#at} @lab-turn=${turn}></analysis-panel>`;
      default:
        return html`<lab-panel .app=${app} at=${this.#at} @lab-turn=${turn}></lab-panel>`;
    }
  }

  override render() {
    const part = this.#part;
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">Lab</h1>
      <nav class="lab-parts" aria-label="Parts of the lab"><ul>${parts.map(({ id, path, name }) => html`<li>${pageLink(this.app, { path }, name, id === part, `lab-part-${id}`)}</li>`)}</ul></nav>
      <h2 class="visually-hidden">${parts.find(({ id }) => id === part)!.name}</h2>
      ${
        part === 'loss'
          ? html`<p class="page-lede">What a method makes of log-probs that you give it, by the code that trains.</p>`
          : nothing
      }
      ${this.#body()}`;
  }
}

define('lab-page', LabPage);
