import { html, nothing } from 'lit';
import { type ParamSpecs, type ParamValue, paramProblem } from '../../methods/params';
import type { ProblemReplay } from '../../search/replay-problem';
import { worldOfModel } from '../../tasks/cards';
import '../credit/search-tree';
import { AppElement, define } from '../element';
import { count } from '../format';
import { numberInput } from '../setup/number-input';
import { paramFields } from '../setup/param-fields';
import { type FieldProblem, isMoving, shownDocument } from '../state';
import { prefersStill } from '../theme';
import { bornIn, saysOf, viewAt } from './at-simulation';
import './replay.css';

/** Of the search, in the order of the form. */
const shownParams = [
  'simulations',
  'children',
  'rule',
  'c',
  'judge',
  'rollouts',
  'revisit',
  'signed',
  'temperature',
];
const playMs = 900;

/** The search of one problem's tree, one simulation at a time. */
export class ReplayPanel extends AppElement {
  static override properties = {
    ...AppElement.properties,
    replay: { state: true },
    at: { state: true },
    problem: { state: true },
    index: { state: true },
    seed: { state: true },
    values: { state: true },
    problems: { state: true },
    busy: { state: true },
    playing: { state: true },
  };
  declare replay: ProblemReplay | undefined;
  /** The simulation that is shown; 0 is before the first. */
  declare at: number;
  declare problem: string;
  /** Of the held-out problem. */
  declare index: number;
  declare seed: number;
  declare values: Readonly<Record<string, ParamValue>>;
  /** Of fields that cannot be searched with. */
  declare problems: readonly FieldProblem[];
  declare busy: boolean;
  declare playing: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;
  #begun = false;
  /** Something was changed while it searched. */
  #again = false;

  constructor() {
    super();
    this.replay = undefined;
    this.at = 0;
    this.problem = '';
    this.index = 3; // one whose tree is neither exhausted at once nor large
    this.seed = 1;
    this.values = { simulations: 12, temperature: 1.3 };
    this.problems = [];
    this.busy = false;
    this.playing = false;
  }

  protected watched() {
    return ['connection', 'methods', 'models', 'document', 'status', 'work'] as const;
  }

  protected override changed() {
    void this.#begin();
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#begin();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** Parameters of the search, as the methods that train on it have them. */
  get #specs(): ParamSpecs {
    for (const { sources } of this.state.methods) {
      const own = sources.find(({ id }) => id === 'tree-search');
      if (own)
        return Object.fromEntries(
          shownParams.flatMap((name) => (own.params[name] ? [[name, own.params[name]]] : [])),
        );
    }
    return {};
  }

  get #world() {
    return worldOfModel(shownDocument(this.state)?.model ?? '');
  }

  async #begin() {
    if (this.#begun || this.state.connection !== 'ready' || isMoving(this.state.status?.phase)) return;
    this.#begun = true;
    await this.#search();
  }

  async #search() {
    const { document } = this.state;
    const world = this.#world;
    this.#again = this.busy;
    if (!document || !world || this.busy || this.problems.length > 0) return;
    this.busy = true;
    this.#stop();
    try {
      const own = document.data.task === world.id;
      const difficulty = own ? document.data.difficulty : world.models[0]!.difficulty;
      const { api } = this.app.connection;
      const [problem] = await api.problems(world.id, difficulty, this.index, 1);
      this.replay = await api.replaySearch(problem!, world.id, {
        params: this.values,
        seed: this.seed,
        maxTokens: own ? document.data.maxTokens : world.maxTokens,
      });
      this.at = Math.min(1, this.replay.steps.length);
      this.problem = '';
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.busy = false;
    if (this.#again) await this.#search();
  }

  /** Takes a value into the form and searches with it; one that is refused stays to be corrected. */
  #change(field: string, value: unknown, message: string | undefined, take: () => void) {
    const others = this.problems.filter((own) => own.field !== field);
    this.problems = message ? [...others, { field, message, value }] : others;
    if (!message) take();
    void this.#search();
  }

  /** A number of the form that is no parameter of the search. */
  #whole(
    path: string,
    label: string,
    help: string,
    max: number,
    value: number,
    take: (value: number) => void,
  ) {
    const fits = (given: number) => Number.isInteger(given) && given >= 0 && given <= max;
    const { problems } = this;
    return numberInput({
      ...{ path, label, help, min: 0, max, integer: true, value, problems },
      change: (given) =>
        this.#change(path, given, fits(given) ? undefined : `use a whole number from 0 to ${max}`, () =>
          take(given),
        ),
    });
  }

  #go(to: number) {
    const last = this.replay?.steps.length ?? 0;
    this.at = Math.min(last, Math.max(0, to));
    if (this.at === last) this.#stop();
  }

  #stop() {
    clearInterval(this.#timer);
    this.playing = false;
  }

  #play() {
    if (this.playing) return this.#stop();
    if (this.at === this.replay?.steps.length) this.at = 0;
    this.playing = true;
    this.#timer = setInterval(() => this.#go(this.at + 1), playMs);
  }

  #controls({ steps }: ProblemReplay) {
    const last = steps.length;
    const button = (id: string, label: string, to: number, off: boolean) =>
      html`<button type="button" data-testid="tree-${id}" aria-disabled=${String(off)} @click=${() => {
        this.#stop();
        this.#go(to);
      }}>${label}</button>`;
    return html`<div class="replay-controls" role="group" aria-label="Simulations">
      ${button('back', '← Before', this.at - 1, this.at === 0)}
      ${button('on', 'Next →', this.at + 1, this.at === last)}
      ${prefersStill() ? nothing : html`<button type="button" data-testid="tree-play" aria-pressed=${String(this.playing)} @click=${() => this.#play()}>${this.playing ? 'Stop' : 'Play'}</button>`}
      <label class="replay-at">Simulation <input type="range" min="0" max=${last} step="1" data-testid="tree-at" .value=${String(this.at)} aria-valuetext="simulation ${this.at} of ${last}" @input=${(
        event: Event,
      ) => {
        this.#stop();
        this.#go(Number((event.target as HTMLInputElement).value));
      }} /> <output>${this.at} of ${last}</output></label>
    </div>`;
  }

  #form() {
    const specs = this.#specs;
    const values = {
      ...Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, spec.default])),
      ...this.values,
    };
    return html`<div class="fields parameters lab-fields">
      ${this.#whole('tree.problem', 'held-out problem', 'Its number.', 9999, this.index, (value) => {
        this.index = value;
      })}
      ${paramFields({
        specs,
        values,
        path: 'tree',
        problems: this.problems,
        paper: false,
        set: (path, value) => {
          const name = path.slice('tree.'.length);
          this.#change(path, value, specs[name] && paramProblem(specs[name], value), () => {
            this.values = { ...this.values, [name]: value };
          });
        },
      })}
      ${this.#whole(
        'tree.seed',
        'seed',
        'The same seed gives the same search.',
        4_294_967_295,
        this.seed,
        (value) => {
          this.seed = value;
        },
      )}
    </div>`;
  }

  override render() {
    const { replay, at, busy } = this;
    const { connection, status, work } = this.state;
    if (connection === 'ready' && !this.#world)
      return html`<p data-testid="tree-unfit">A search needs problems and a verifier, which a model of your own has not here; choose a built-in model.</p>`;
    const waiting =
      connection === 'failed'
        ? 'The engine does not run; start it anew first.'
        : isMoving(status?.phase) && !replay
          ? 'While it trains nothing is searched here.'
          : 'It is searching…';
    return html`<div class="spread" data-testid="tree-replay" data-at=${at} data-simulations=${replay?.steps.length ?? ''} aria-busy=${String(busy)}>
      <div class="text">
        ${this.problem ? html`<p class="field-problem" role="alert">${this.problem}</p>` : nothing}
        ${
          replay
            ? html`${this.#controls(replay)}
              <search-tree .view=${viewAt(replay, at)} .path=${replay.steps[at - 1]?.path ?? []} .fresh=${bornIn(replay, at)} .plain=${true}></search-tree>`
            : html`<p class="quiet" aria-busy="true">${waiting}</p>`
        }
        ${this.#form()}
      </div>
      <div class="note">
        <div role="status" data-testid="tree-says">${replay ? saysOf(replay, at).map((sentence) => html`<p>${sentence}</p>`) : nothing}</div>
        ${busy && work?.what === 'tree-search' ? html`<p class="hint">Searching: ${count(work.done)} of ${count(work.total)}.</p>` : nothing}
        <h3>How to read it</h3>
        <p>The way of this simulation is framed, and the steps that it tried are marked new. Prior: how likely the model finds the step, a token in the mean. Q: the mean of what came back through it. Value: what it was found worth when it was tried.</p>
        <p>It is the search that makes the data of the methods with trees, with the model as it stands; greedy in nothing, random only in what the model says.</p>
      </div>
    </div>`;
  }
}

define('replay-panel', ReplayPanel);
