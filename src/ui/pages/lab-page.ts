import { html } from 'lit';
import { AppElement, define } from '../element';
import '../lab/lab.css';
import { goTo, pageLink } from '../page-link';

/** Short names in the address of what has a longer one. */
const aliases: Readonly<Record<string, string>> = {
  neurons: 'neuron-dynamics',
  probe: 'separability',
};
/** Names that belong to the looks into models; all others are experiments. */
const looks = ['neuron-dynamics', 'neuron-switches', 'separability'];

/** Each is a chunk of its own. */
const parts = [
  {
    id: 'experiments',
    path: ['lab'],
    name: 'Experiments',
    lede: 'Bandits, small networks and curves: seconds of arithmetic, with exact gradients.',
    load: () => import('../lab/lab-panel'),
  },
  {
    id: 'loss',
    path: ['lab', 'loss'],
    name: 'Loss lab',
    lede: 'Drag what each token gained, and see what a method makes of it: the loss, where it pushes, and what it cannot see.',
    load: () => import('../loss/loss-lab'),
  },
  {
    id: 'click',
    path: ['lab', 'click'],
    name: 'Clicking',
    lede: 'Two answers of the model, or two images; you say which is better. Ten clicks, and it can learn from you.',
    load: () => import('../click/click-panel'),
  },
  {
    id: 'tree',
    path: ['lab', 'tree'],
    name: 'Search tree',
    lede: 'How a tree of steps grows: where each simulation goes, what it tries, and what comes back.',
    load: () => import('../replay/replay-panel'),
  },
  {
    id: 'recipes',
    path: ['lab', 'recipes'],
    name: 'Recipes',
    lede: 'Fifty pairs of ours, and what they can teach a chat model that you bring.',
    load: () => import('../recipes/recipes-panel'),
  },
  {
    id: 'looks',
    path: ['lab', 'neurons'],
    name: 'Inside models',
    lede: 'What training did inside a model, neuron by neuron and in its hidden states.',
    load: () => import('../lab/analysis-panel'),
  },
] as const;

type Part = (typeof parts)[number];

/** Tools without a story: bandits and small networks, a loss on given numbers, what training did inside a model. */
export class LabPage extends AppElement {
  static override properties = {
    ...AppElement.properties,
    loaded: { state: true },
    problem: { state: true },
  };
  /** Parts whose code is here. */
  declare loaded: ReadonlySet<string>;
  declare problem: string;

  constructor() {
    super();
    this.loaded = new Set();
    this.problem = '';
  }

  protected watched() {
    return ['place'] as const;
  }

  get #at(): string {
    const name = this.state.place.path[1] ?? '';
    return aliases[name] ?? name;
  }

  get #part(): Part {
    const at = this.#at;
    const looking = looks.includes(at) || at.startsWith('series-');
    return parts.find(({ id }) => id === (looking ? 'looks' : at)) ?? parts[0];
  }

  protected override willUpdate() {
    void this.#load();
  }

  async #load() {
    const { id, load } = this.#part;
    if (this.loaded.has(id)) return;
    try {
      await load();
      this.loaded = new Set([...this.loaded, id]);
      this.problem = '';
    } catch {
      this.problem = 'This part could not be loaded; look at the connection and turn to it again.';
    }
  }

  #turn(event: CustomEvent<string>) {
    event.preventDefault();
    const short = Object.entries(aliases).find(([, id]) => id === event.detail)?.[0];
    goTo(this, { path: ['lab', short ?? event.detail] });
  }

  #body() {
    const { app } = this;
    const turn = (event: CustomEvent<string>) => this.#turn(event);
    const { id } = this.#part;
    if (!this.loaded.has(id))
      return this.problem
        ? html`<p class="field-problem" role="alert">${this.problem}</p>`
        : html`<p class="quiet" aria-busy="true">Opening it…</p>`;
    switch (id) {
      case 'loss':
        return html`<loss-lab .app=${app}></loss-lab>`;
      case 'click':
        return html`<click-panel .app=${app}></click-panel>`;
      case 'tree':
        return html`<replay-panel .app=${app}></replay-panel>`;
      case 'recipes':
        return html`<recipes-panel .app=${app}></recipes-panel>`;
      case 'looks':
        return html`<analysis-panel .app=${app} at=${this.#at} @lab-turn=${turn}></analysis-panel>`;
      default:
        return html`<lab-panel .app=${app} at=${this.#at} @lab-turn=${turn}></lab-panel>`;
    }
  }

  override render() {
    const part = this.#part;
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">Lab</h1>
      <nav class="lab-parts" aria-label="Parts of the lab"><ul>${parts.map(({ id, path, name }) => html`<li>${pageLink(this.app, { path }, name, id === part.id, `lab-part-${id}`)}</li>`)}</ul></nav>
      <h2 class="visually-hidden">${part.name}</h2>
      <p class="page-lede">${part.lede}</p>
      ${this.#body()}`;
  }
}

define('lab-page', LabPage);
