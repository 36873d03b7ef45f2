import { html, nothing } from 'lit';
import { baseOf, nameOnBase } from '../../studies/core/bases';
import { todayOf } from '../../studies/core/plan';
import {
  currentEdition,
  differencesOf,
  earlierEditions,
  outcomeOf,
  type StoredRun,
  type StoredStudy,
  type Today,
  trialsOn,
  verdictOfEdition,
} from '../../studies/core/stored';
import type { Measure, Study } from '../../studies/core/study';
import { verdictOf, verdicts } from '../../studies/core/verdict';
import { effectInWords, plainAmount, seenInWords } from '../../studies/core/words';
import { AppElement, define } from '../element';
import { date, duration, plural } from '../format';
import { play, stop } from '../icons';
import { pageLink } from '../page-link';
import { armAddress, armFields, compareAddress } from './addresses';
import { baseChoice } from './base-choice';
import { choices } from './choices';
import { effectPlot } from './effect-plot';
import { fieldList } from './field-list';
import { keepReaderRuns, readerRuns } from './reader-runs';
import { runsTable } from './runs-table';
import { seedsPlot } from './seeds-plot';
import { storedStudy } from './stored-files';
import { verdictMark } from './verdict-mark';

/** How long it takes, before one knows: "about 20 s". */
const about = (seconds: number) => (seconds < 1 ? 'at once' : `about ${duration(seconds)}`);

const digitsOf = ({ digits = 1 }: Measure) => digits;

/** One study: its verdict, both arms of every seed, how settings were chosen, and running it again here. */
export class StudyDetail extends AppElement {
  static override properties = {
    ...AppElement.properties,
    whole: { attribute: false },
    study: { attribute: false },
    stored: { state: true },
    own: { state: true },
    work: { state: true },
    problem: { state: true },
  };
  /** The study, on its first base model. */
  declare whole: Study;
  /** The same on the base model that is shown. */
  declare study: Study;
  declare stored: StoredStudy | undefined;
  /** The reader's runs. */
  declare own: readonly StoredRun[];
  declare work: { what: string; done: number; total: number } | undefined;
  declare problem: string;
  #ending: AbortController | undefined;
  #opened = '';

  constructor() {
    super();
    this.own = [];
    this.problem = '';
  }

  protected watched() {
    return ['methods', 'backend'] as const;
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.#ending?.abort(new Error('The page was turned.'));
  }

  protected override willUpdate() {
    const name = nameOnBase(this.study);
    if (this.#opened === name) return;
    this.#opened = name;
    this.#ending?.abort(new Error('Another study was opened.'));
    this.stored = undefined;
    this.problem = '';
    this.own = readerRuns(this.study);
    void this.#load(name);
  }

  async #load(name: string) {
    try {
      const stored = await storedStudy(this.study.id);
      if (this.#opened === name) this.stored = stored;
    } catch {
      this.problem = 'The stored runs could not be loaded; look at the connection and open the page again.';
    }
  }

  /** What is run today, once the catalogue is here. */
  #today(study: Study): Today | undefined {
    const { methods } = this.state;
    return 'model' in study.on && methods.length === 0 ? undefined : todayOf(study, methods);
  }

  async #run(seeds: readonly number[]) {
    const { study } = this;
    const ending = new AbortController();
    this.#ending = ending;
    this.problem = '';
    this.work = { what: 'starting', done: 0, total: seeds.length * study.arms.length };
    try {
      const { runStudyHere } = await import('../../run-study-here');
      await runStudyHere(study, seeds, this.state.backend?.name ?? 'auto', {
        signal: ending.signal,
        tell: (what, done, total) => {
          if (this.#ending === ending) this.work = { what, done, total };
        },
        done: (run) => {
          if (this.#ending !== ending) return;
          this.own = [...this.own.filter((r) => r.arm !== run.arm || r.seed !== run.seed), run];
          this.problem = keepReaderRuns(study, this.own);
        },
      });
    } catch (error) {
      if (!ending.signal.aborted) this.problem = error instanceof Error ? error.message : String(error);
    } finally {
      if (this.#ending === ending) {
        this.#ending = undefined;
        this.work = undefined;
      }
    }
  }

  /** The next seed that neither the study nor the reader has. */
  get #further() {
    return Math.max(...this.study.seeds, ...this.own.map(({ seed }) => seed)) + 1;
  }

  /** What the reader's own seeds say together; no verdict. */
  get #here() {
    const { study, own } = this;
    const arms = study.arms.map(({ id }) => id);
    const seeds = [...new Set(own.map(({ seed }) => seed))].sort((a, b) => a - b);
    const known = differencesOf(own, arms, seeds, study.measure).filter((d) => d !== undefined);
    if (known.length === 0) return undefined;
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    const { interval } = verdictOf({ ...study, seeds: known.map((_, i) => i) }, known);
    return { seeds: known.length, effect: mean, interval };
  }

  #arms() {
    const { study } = this;
    const { on, arms } = study;
    const compare = compareAddress(study);
    return html`<h2>The two arms</h2>
      <dl class="study-arms">${arms.map(
        (arm) =>
          html`<dt>${arm.label}</dt><dd>${fieldList(armFields(study, arm))}${arm.reads ? html` <code>${arm.reads[study.measure.id]}</code> of it` : nothing} <a href=${armAddress(study, arm, study.seeds[0]!)}>open</a></dd>`,
      )}</dl>
      <details class="study-facts"><summary>What both have</summary><p>${fieldList({ ...('model' in on ? { model: on.model } : {}), ...on.set })}</p></details>
      ${compare ? html`<p><a href=${compare} data-testid="study-change">Change something</a>: both arms side by side in Compare, with all their fields.</p>` : nothing}`;
  }

  #again() {
    const { study, work } = this;
    const here = this.#here;
    const { seconds = study.price } = outcomeOf(study, this.#runs);
    const price = about(seconds * study.seeds.length);
    return html`<h2>Run it again</h2>
      <p class="buttons">${
        work
          ? html`<button type="button" data-testid="study-stop" @click=${() => this.#ending?.abort(new Error('Stopped.'))}>${stop()} Stop</button>`
          : html`<button type="button" data-testid="study-run" @click=${() => void this.#run(study.seeds)}>${play()} Run it again here <span class="quiet">${price}</span></button>
            ${study.exact ? nothing : html`<button type="button" data-testid="study-one-more" @click=${() => void this.#run([this.#further])}>One more seed <span class="quiet">${about(seconds)}</span></button>`}
            ${this.own.length > 0 ? html`<button type="button" data-testid="study-forget" @click=${() => this.#forget()}>Forget what was run here</button>` : nothing}`
      }</p>
      <p role="status" data-testid="study-work">${work ? `${work.what}: ${work.done} of ${work.total} runs done` : ''}</p>
      ${this.problem ? html`<p class="field-problem" role="alert" data-testid="study-problem">${this.problem}</p>` : nothing}
      ${
        here
          ? html`<p data-testid="study-here" data-effect=${here.effect}>On this device, ${plural(here.seeds, 'seed')}: ${effectInWords(here, study.measure)}. It stands beside the stored result, hollow, and changes no verdict.</p>
            ${runsTable(study, this.own, 'Runs on this device', 'study-own-table')}`
          : html`<p class="study-facts">What you run stands beside the stored result, hollow, and changes no verdict. It is kept in this browser.</p>`
      }
      <p class="study-facts">Without a page: <code>npm run study -- ${study.id}${study === this.whole ? '' : ` --base ${baseOf(study)}`}</code></p>`;
  }

  #forget() {
    this.own = [];
    this.problem = keepReaderRuns(this.study, []);
  }

  get #edition() {
    return currentEdition(this.study, this.stored, this.#today(this.study));
  }

  get #runs(): readonly StoredRun[] {
    return this.#edition?.runs ?? [];
  }

  #earlier() {
    const earlier = earlierEditions(this.whole, this.stored, (study) => this.#today(study));
    if (earlier.length === 0) return nothing;
    return html`<h2>Earlier wordings</h2>${earlier.map((edition) => {
      const verdict = verdictOfEdition(edition);
      return html`<p data-testid="study-earlier"><s>${edition.as.claim} ${verdicts[verdict.id].word}: ${effectInWords(verdict, edition.as.measure)}</s></p>`;
    })}<p class="study-facts">The study, or its model, has changed since; what was found then no longer speaks for it.</p>`;
  }

  override render() {
    const { study } = this;
    const { claim, paper, place, methods, name, says, doubt, measure, direction, interest } = study;
    const runs = this.#runs;
    const outcome = outcomeOf(study, runs);
    const here = this.#here;
    const seen = seenInWords(study, outcome);
    const last = runs
      .map(({ at }) => at)
      .sort()
      .at(-1);
    const [method] = methods;
    return html`<div class="spread"><div class="text">
        <h1 class="page-title study-title" tabindex="-1" data-testid="page-title">${claim}</h1>
        <p class="study-who">${method ? pageLink(this.app, { path: ['methods', method] }, name) : name}: <a href="https://arxiv.org/abs/${paper.arxiv}">${paper.title}</a>, ${place}</p>
        <div class="study-row">
          <div class="study-words"><p class="study-verdict" data-testid="study-verdict" data-verdict=${outcome.id} data-effect=${outcome.effect ?? ''}>${verdictMark(outcome.id, outcome.agrees)}</p>
            <p>${says}</p>
            ${outcome.effect === undefined ? nothing : html`<p><strong>${effectInWords(outcome, measure)}</strong>${seen ? html`: ${seen}` : nothing}</p>`}</div>
          <div class="study-effect v-${outcome.id}"><p class="study-sides" aria-hidden="true"><span>← other way</span><span>as the paper says →</span></p>
            ${effectPlot(outcome, { direction, interest, unit: measure.unit, digits: digitsOf(measure) }, { own: here })}</div>
        </div>
        ${baseChoice(this.app, this.whole, study)}
      </div><div class="note"><p class="study-note-title">${doubt.title}</p><p>${doubt.text}</p>
        <p class="study-note-title">Written down beforehand</p><p>${direction === 'more' ? 'More' : 'Less'} is claimed of “${study.arms[0].label}”. A difference of ${plainAmount(interest, measure)} would matter. ${study.exact ? 'Nothing is random.' : `Seeds ${study.seeds[0]} to ${study.seeds.at(-1)}; no others count.`}</p></div></div>
      <div class="spread"><div class="text">
        <h2>${measure.name[0]!.toUpperCase()}${measure.name.slice(1)}${measure.unit && `, in ${measure.unit}`}</h2>
        ${
          runs.length > 0
            ? html`${seedsPlot(study, runs, this.own)}${runsTable(study, runs, 'Stored runs', 'study-table')}
              <p class="study-facts">${runs[0]!.device}${last ? `, ${date(Date.parse(`${last}Z`))}` : ''}${outcome.seconds ? `, ${duration(outcome.seconds)} of processor time a seed` : ''}</p>`
            : html`<p>Not run yet.</p>${seedsPlot(study, [], this.own)}`
        }
        ${outcome.failed.map((why) => html`<p class="field-problem">${why}</p>`)}
        ${
          outcome.also.length > 0
            ? html`<p>Measured beside it, without a verdict: ${outcome.also.map(({ measure: other, effect, interval }, i) => html`${i > 0 ? '; ' : ''}${other.name} ${effectInWords({ effect, interval }, other)}`)}.</p>`
            : nothing
        }
        ${this.#arms()}${choices(study, trialsOn(study, this.stored), this.#edition?.model?.sha256)}${this.#earlier()}
      </div></div>
      <div class="spread"><div class="text study-again">${this.#again()}</div></div>
      <p class="study-back">${pageLink(this.app, { path: ['studies'] }, 'All studies')}</p>`;
  }
}

define('study-detail', StudyDetail);
