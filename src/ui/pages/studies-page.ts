import { html, nothing } from 'lit';
import { onBase } from '../../studies/core/bases';
import type { Mark } from '../../studies/core/mark';
import type { Study } from '../../studies/core/study';
import { type VerdictId, verdicts } from '../../studies/core/verdict';
import { sizeInWords } from '../../studies/core/words';
import { studies } from '../../studies/index';
import { marks } from '../../studies/marks';
import { nearest } from '../../util/nearest';
import { AppElement, define } from '../element';
import { count, duration, plural } from '../format';
import { pageLink } from '../page-link';
import { basesInWords, besideInWords } from '../studies/base-choice';
import { effectPlot } from '../studies/effect-plot';
import '../studies/study-detail';
import type { StudyDetail } from '../studies/study-detail';
import { verdictMark } from '../studies/verdict-mark';
import './chips.css';
import './studies.css';

const order: readonly VerdictId[] = ['shown', 'exact', 'not-shown', 'opposite', 'not-run'];

/** What a row says beside its verdict: on what, with how many seeds, at what price, how small an effect would have shown. */
const facts = (study: Study, { done, seeds, seconds, seen, verdict, device }: Mark): string => {
  const { on, exact, measure } = study;
  return [
    exact
      ? 'nothing is random'
      : verdict === 'not-run' && done > 0
        ? `${done} of ${plural(seeds, 'seed')}`
        : plural(seeds, 'seed'),
    'lab' in on ? 'no language model' : on.model,
    seconds * seeds < 1
      ? 'at once'
      : `${verdict === 'not-run' ? 'about ' : ''}${duration(seconds * seeds)} on one core`,
    ...(device ? [device] : []),
    ...(seen === undefined
      ? []
      : [`an effect of ${sizeInWords(seen, measure)} or more would have been seen`]),
  ].join(' · ');
};

/** Papers' claims, tried again: one line for zero down the page, every verdict an interval on one side of it. */
export class StudiesPage extends AppElement {
  protected watched() {
    return ['place'] as const;
  }

  /** The study that is shown; a list has none. */
  #shown: string | undefined;

  /** Once the study that is shown is there as well. */
  protected override async getUpdateComplete() {
    const own = await super.getUpdateComplete();
    await this.querySelector<StudyDetail>('study-detail')?.updateComplete;
    return own;
  }

  protected override updated() {
    const id = this.state.place.path[1] ?? '';
    const turned = this.#shown !== undefined && this.#shown !== id;
    this.#shown = id;
    // From the list to a study and back is one page to the outlet, and two to a reader.
    if (turned)
      void this.updateComplete.then(() =>
        this.dispatchEvent(new CustomEvent('page-shown', { bubbles: true })),
      );
  }

  get #wanted(): VerdictId | '' {
    const { verdict = '' } = this.state.place.own;
    return verdict in verdicts ? (verdict as VerdictId) : '';
  }

  #row({ study, mark }: { study: Study; mark: Mark }) {
    const { id, claim, methods, name, paper, measure, direction, interest, doubt } = study;
    const { verdict, agrees, earlier = [] } = mark;
    const [method] = methods;
    return html`<section class="spread study" data-testid="study-${id}" data-verdict=${verdict} data-effect=${mark.effect ?? ''} aria-labelledby="study-title-${id}">
      <div class="text study-row">
        <div class="study-words">
          <h2 class="study-claim" id="study-title-${id}">${pageLink(this.app, { path: ['studies', id] }, claim)}</h2>
          <p class="study-who">${method ? pageLink(this.app, { path: ['methods', method] }, name) : name} <a class="quiet" href="https://arxiv.org/abs/${paper.arxiv}">${paper.arxiv}</a></p>
          <p class="study-verdict">${verdictMark(verdict, agrees)}</p>
          <p class="study-facts">${facts(study, mark)}</p>
          ${(mark.bases ?? []).map(
            (other) =>
              html`<p class="study-facts" data-testid="study-base-${id}" data-verdict=${other.verdict}>${pageLink(this.app, { path: ['studies', id], own: { base: other.model } }, `On ${other.model}`)}: ${verdictMark(other.verdict, other.agrees)}${besideInWords(mark, other)}</p>`,
          )}
          ${earlier.map(({ verdict: was, at }) => html`<p class="study-facts"><s>${verdicts[was].word}</s>, of an earlier wording, setting or model (${at.slice(0, 10)})</p>`)}
        </div>
        <div class="study-effect v-${verdict}">${effectPlot(mark, { direction, interest, unit: measure.unit, digits: measure.digits ?? 1 }, { others: mark.bases ?? [] })}</div>
      </div>
      <div class="note"><h3>${doubt.title}</h3><p>${doubt.text}</p></div>
    </section>`;
  }

  #tally(all: readonly { mark: Mark }[]) {
    const of = (id: VerdictId) => all.filter(({ mark }) => mark.verdict === id).length;
    const words = order.flatMap((id) =>
      of(id) > 0 ? [`${count(of(id))} ${verdicts[id].word.toLowerCase()}`] : [],
    );
    const sorted = [...all].sort((a, b) => order.indexOf(a.mark.verdict) - order.indexOf(b.mark.verdict));
    return html`<p class="study-squares" aria-hidden="true">${sorted.map(({ mark }) => html`<i class="v-${mark.verdict}"></i>`)}</p>
      <p data-testid="studies-count" data-count=${all.length}><strong>${plural(all.length, 'study', 'studies')}</strong>: ${words.join(', ')}. <span data-testid="studies-bases">${basesInWords(all.map(({ mark }) => mark))}</span></p>`;
  }

  #chips(all: readonly { mark: Mark }[]) {
    const wanted = this.#wanted;
    const there = order.filter((id) => all.some(({ mark }) => mark.verdict === id));
    return html`<fieldset class="chips study-chips"><legend class="visually-hidden">Show</legend>${[
      ['', 'all'] as const,
      ...there.map((id) => [id, verdicts[id].word.toLowerCase()] as const),
    ].map(
      ([id, label]) =>
        html`<label class="chip"><input type="radio" name="verdict" value=${id} data-testid="studies-${id || 'all'}" .checked=${id === wanted}
          @change=${() => this.app.editor.address.setOwn({ verdict: id })} />${label}</label>`,
    )}</fieldset>`;
  }

  #list() {
    const all = studies.flatMap((study) => {
      const mark = marks.find(({ id }) => id === study.id);
      return mark ? [{ study, mark }] : [];
    });
    const run = all.filter(({ mark }) => mark.verdict !== 'not-run').length;
    const byChance = Math.max(1, Math.round(run / 20));
    const late = ({ mark }: { mark: Mark }) => (mark.verdict === 'not-run' ? 1 : 0);
    const shown = all
      .filter(({ mark }) => this.#wanted === '' || mark.verdict === this.#wanted)
      .sort((a, b) => late(a) - late(b));
    return html`<div class="spread"><div class="text">
        <h1 class="page-title" tabindex="-1" data-testid="page-title">Studies</h1>
        <p class="page-lede">Papers’ claims, tried again in small worlds: with seeds, an interval and a price. To hold here is not to hold there, nor the other way round.</p>
        ${this.#tally(all)}${this.#chips(all)}
      </div><div class="note">
        <p class="study-note-title">How a verdict is made</p>
        <p>Claim, measure, direction, arms and seeds stand in the study’s file before it is run. ${verdictMark('shown')}: the 95 % interval of the paired differences over the seeds (Student’s) lies wholly on the claimed side. ${verdictMark('opposite')}: wholly on the other. ${verdictMark('not-shown')}: it touches zero. ${verdictMark('exact')}: nothing in it is random.</p>
        <p data-testid="studies-chance">At 95 %, one interval in twenty leaves out zero where nothing is there: expect ${byChance === 1 ? 'one' : byChance} or so among these ${count(run)}. Settings were chosen on other seeds, and the baseline has its own best.</p>
      </div></div>
      <div class="spread study-heads" aria-hidden="true"><div class="text study-row"><span></span><p class="study-sides"><span>← the other way</span><span>as the paper says →</span></p></div></div>
      ${shown.map((each) => this.#row(each))}
      <div class="spread study-foot"><div class="text"></div><div class="note"><h3>Write one</h3><p>A study is one file: a claim, arms as changes of a run document, a measure, a direction. <code>npm run study -- NAME</code> runs it without a page, and the short mark on each line is the least that would matter.</p></div></div>`;
  }

  #unknown(id: string) {
    const near = nearest(
      id,
      studies.map((study) => study.id),
    );
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">There is no study “${id.slice(0, 60)}”</h1>
      <p>${near ? html`The nearest name is ${pageLink(this.app, { path: ['studies', near] }, near)}. ` : nothing}${pageLink(this.app, { path: ['studies'] }, 'All studies')}.</p>`;
  }

  override render() {
    const id = this.state.place.path[1];
    if (!id) return this.#list();
    const whole = studies.find((each) => each.id === id);
    if (!whole) return this.#unknown(id);
    const study = onBase(whole, this.state.place.own.base ?? '') ?? whole;
    return html`<study-detail .app=${this.app} .whole=${whole} .study=${study}></study-detail>`;
  }
}

define('studies-page', StudiesPage);
