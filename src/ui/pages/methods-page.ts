import { html, nothing, type TemplateResult } from 'lit';
import { type Axis, axes, chapters } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';
import { AppElement, define } from '../element';
import { count, number } from '../format';
import { axisLinks, questionLinks } from '../methods/axis-links';
import { measuredCost } from '../methods/cost';
import { anyId, fits, haveOfFile, haves, unknownWishes, wants } from '../methods/finder';
import { fork } from '../methods/fork';
import '../methods/method-page';
import { marksOf } from '../../studies/marks';
import { pageLink } from '../page-link';
import { problemList } from '../problem-list';
import { verdictMark, verdictSign } from '../studies/verdict-mark';
import './studies.css';
import './chips.css';
import './methods.css';

const orders = { kinship: 'kinship', chapters: 'chapters', years: 'years', cost: 'cost' } as const;
type Order = keyof typeof orders;

interface Group {
  id: string;
  title: string;
  note?: string;
  methods: MethodInfo[];
}

/** Methods that begin the family, and those that were not written into it. */
const roots = (methods: readonly MethodInfo[]) => methods.filter(({ kin }) => !kin);

const byAxis = (methods: readonly MethodInfo[]): Group[] =>
  (Object.keys(axes) as Axis[])
    .map((id) => ({
      id,
      title: `… ${axes[id].title}`,
      note: axes[id].note,
      methods: methods.filter(({ kin }) => kin?.axis === id),
    }))
    .filter((group) => group.methods.length > 0);

const grouped = (methods: readonly MethodInfo[], order: Order): Group[] => {
  if (order === 'chapters')
    return Object.entries(chapters)
      .map(([id, title]) => ({ id, title, methods: methods.filter(({ chapter }) => chapter === id) }))
      .filter((group) => group.methods.length > 0);
  if (order === 'years') {
    const years = [...new Set(methods.map(({ paper }) => paper.year))].sort();
    return years.map((year) => ({
      id: `y${year}`,
      title: String(year),
      methods: methods.filter(({ paper }) => paper.year === year),
    }));
  }
  const cost = (id: string) => measuredCost(id)?.inDpo ?? Number.POSITIVE_INFINITY;
  const measured = methods
    .filter(({ id }) => Number.isFinite(cost(id)))
    .sort((a, b) => cost(a.id) - cost(b.id));
  const rest = methods.filter(({ id }) => !Number.isFinite(cost(id)));
  return [
    {
      id: 'measured',
      title: 'Measured, the cheapest first',
      note: 'Processor time of the whole default run, data included, beside DPO’s on the same model.',
      methods: measured,
    },
    { id: 'unmeasured', title: 'Not measured yet', methods: rest },
  ].filter((group) => group.methods.length > 0);
};

/** The catalogue: one sentence with many ends. Below it, a method. */
export class MethodsPage extends AppElement {
  static override properties = { ...AppElement.properties, looked: { state: true } };
  /** The method pointed at. */
  declare looked: string;

  constructor() {
    super();
    this.looked = '';
  }

  protected watched() {
    return ['methods', 'place', 'document', 'status', 'checked', 'preview'] as const;
  }

  /** What a file that was brought holds. */
  get #brought(): string {
    const { document, checked, preview } = this.state;
    return document?.data.dataset ? haveOfFile((checked ?? preview)?.report.format) : '';
  }

  get #wish() {
    const { have, want, q } = this.state.place.own;
    return { have: have || this.#brought, want, q };
  }

  get #order(): Order {
    const { order = '' } = this.state.place.own;
    return order in orders ? (order as Order) : 'kinship';
  }

  #set(name: string, value: string) {
    const any = name === 'have' && value === '' && this.#brought !== '';
    this.app.editor.address.setOwn({ [name]: any ? anyId : value });
  }

  #chips(name: 'have' | 'want', any: string, all: Readonly<Record<string, { label: string }>>) {
    const chosen = this.#wish[name] ?? '';
    return html`<div class="chips">${[['', { label: any }] as const, ...Object.entries(all)].map(
      ([
        id,
        { label },
      ]) => html`<label class="chip"><input type="radio" name=${name} value=${id} data-testid="methods-${name}-${id || 'any'}"
        .checked=${id === chosen || (id === '' && !(chosen in all))} @change=${() => this.#set(name, id)} />${label}</label>`,
    )}</div>`;
  }

  #finder(shown: number, all: number) {
    return html`<form class="finder" role="search" aria-label="Find a method" @submit=${(event: Event) => event.preventDefault()}>
      <fieldset class="finder-row"><legend class="finder-label">I have</legend>${this.#chips('have', 'anything', haves)}${this.#brought !== '' && this.#wish.have === this.#brought ? html`<p class="quiet" data-testid="methods-brought">As in the file that you brought.</p>` : nothing}</fieldset>
      <fieldset class="finder-row"><legend class="finder-label">I want</legend>${this.#chips('want', 'to look around', wants)}</fieldset>
      <div class="finder-row last"><label class="finder-label" for="methods-q">Or a name</label>
        <input type="text" id="methods-q" data-testid="methods-q" placeholder="SimPO, length, 2405.14734" .value=${this.#wish.q ?? ''}
          @input=${(event: InputEvent) => this.#set('q', (event.target as HTMLInputElement).value)} />
        <p class="found" role="status" data-testid="methods-count" data-count=${shown}><strong>${count(shown)}</strong> of ${count(all)} fit</p></div>
    </form>`;
  }

  #row(method: MethodInfo, all: readonly MethodInfo[]) {
    const { id, name, paper, kin, eats, takes } = method;
    const parent = kin && kin.id !== 'dpo' ? all.find((m) => m.id === kin.id)?.name : undefined;
    const cost = measuredCost(id)?.inDpo;
    return html`<li class="method" data-testid="methods-row-${id}" @pointerenter=${() => this.#look(id)} @focusin=${() => this.#look(id)}>
      <span class="m-head">${pageLink(this.app, { path: ['methods', id] }, name)} <span class="m-year">${paper.year}</span></span>
      <span class="m-but">${kin ? html`${parent ? html`<span class="m-year">${parent},</span> ` : nothing}${kin.change}` : method.summary.split(/[:;.]/)[0]}</span>
      <span class="m-needs">${this.#order === 'cost' && cost !== undefined ? `${number(Number(cost.toPrecision(2)))} of DPO` : takes.join(', ')}</span>
      <span class="m-glyph">${fork(eats)}</span>
      <span class="m-mark">${kin ? marksOf(id).map(({ verdict }) => verdictSign(verdict)) : nothing}</span>
    </li>`;
  }

  #look(id: string) {
    this.looked = id;
  }

  #aside({ id, note, methods }: Group) {
    const looked = methods.find((method) => method.id === this.looked);
    return html`<div class="note">${
      looked
        ? html`<div data-testid="methods-looked"><h3>${looked.name}</h3><p>${looked.summary}</p></div>`
        : note
          ? html`<p>${note}</p>${id in axes ? axisLinks(this.app, id as Axis).map((link) => html`<p>${link}</p>`) : nothing}`
          : nothing
    }</div>`;
  }

  #group(group: Group, all: readonly MethodInfo[], branch: boolean) {
    return html`<section class="spread ${branch ? 'branch' : 'plain'}" aria-labelledby="group-${group.id}">
      <div class="text"><h2 class="group-title" id="group-${group.id}">${group.title} <span class="m-count">${group.methods.length}</span></h2>
        <ul class="methods">${group.methods.map((method) => this.#row(method, all))}</ul></div>
      ${this.#aside(group)}
    </section>`;
  }

  #list(shown: readonly MethodInfo[], all: readonly MethodInfo[]): TemplateResult {
    const order = this.#order;
    if (shown.length === 0)
      return html`<p class="hint" data-testid="methods-none">No method fits all of that. <button type="button" class="link-button" @click=${() => this.app.editor.address.setOwn({ have: this.#brought ? anyId : '', want: '', q: '' })}>Show all</button></p>`;
    if (order !== 'kinship')
      return html`${grouped(shown, order).map((group) => this.#group(group, all, false))}`;
    const first = roots(shown);
    const groups = byAxis(shown);
    return html`${
      first.length > 0
        ? html`<section class="spread plain" aria-label="Where it begins"><div class="text"><ul class="methods">${first.map((method) => this.#row(method, all))}</ul></div>
            ${this.#aside({ id: 'roots', title: '', methods: first })}</section>`
        : nothing
    }
    ${groups.length > 0 ? html`<p class="but-line">DPO, but</p><div class="branches">${groups.map((group) => this.#group(group, all, true))}</div>` : nothing}`;
  }

  /** What the address asks for that there is not. */
  get #unknown(): string[] {
    const { order = '' } = this.state.place.own;
    const orderIds = Object.keys(orders);
    return [
      ...unknownWishes(this.#wish),
      ...(order === '' || orderIds.includes(order)
        ? []
        : [`order=${order}: not among ${orderIds.join(', ')}`]),
    ];
  }

  #catalogue(all: readonly MethodInfo[]) {
    const shown = all.filter((method) => fits(method, this.#wish));
    const unknown = this.#unknown;
    return html`<div class="spread"><div class="text">
        <h1 class="page-title" tabindex="-1" data-testid="page-title">Methods</h1>
        <p class="page-lede">${count(all.length)} ways to learn from what people prefer. Each is one file of code, and almost every one begins “DPO, but …”.</p>
      </div><div class="note"><p><strong>You come with a question</strong></p><ul class="doors">${questionLinks(this.app).map((link) => html`<li>${link}</li>`)}</ul></div></div>
      <div class="spread"><div class="text">
        ${problemList(
          'methods-unknown',
          unknown.map((text) => `${text}; nothing is left out for it.`),
        )}
        ${this.#finder(shown.length, all.length)}
        <fieldset class="tabs"><legend>In order of</legend>${Object.entries(orders).map(
          ([id, label]) =>
            html`<label><input type="radio" name="order" value=${id} data-testid="methods-order-${id}" .checked=${id === this.#order} @change=${() => this.#set('order', id === 'kinship' ? '' : id)} /> ${label}</label>`,
        )}</fieldset></div>
        <div class="note"><p><strong>The fork</strong> stands for what a method learns from: a stem that is shared, and the branches that are compared.</p>
          <p>In grey, what it takes besides: scores, a second pass, a value.</p>
          <p>At the end, what ${pageLink(this.app, { path: ['studies'] }, 'a study')} of its claim found in a small world: ${verdictMark('shown')}, ${verdictMark('not-shown')}, ${verdictMark('opposite')}, ${verdictMark('exact')}. Most have none yet.</p></div></div>
      ${this.#list(shown, all)}`;
  }

  override render() {
    const { methods, place } = this.state;
    if (methods.length === 0) return html`<p class="quiet" aria-busy="true">The catalogue is being read…</p>`;
    const id = place.path[1];
    if (!id) return this.#catalogue(methods);
    return html`<method-page .app=${this.app} .method=${id}></method-page>`;
  }
}

define('methods-page', MethodsPage);
