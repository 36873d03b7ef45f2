import { html, nothing } from 'lit';
import { glossary } from '../../lessons/glossary';
import { lessonCard, lessons } from '../../lessons/index';
import type { Lesson } from '../../lessons/lesson';
import { nearest } from '../../util/nearest';
import { AppElement, define } from '../element';
import '../lessons/lesson-view';
import '../lessons/lessons.css';
import { readProgress } from '../lessons/progress';
import { rich } from '../lessons/rich';
import './chips.css';
import './compare.css';
import '../lab/lab.css';
import { pageLink } from '../page-link';
import type { State } from '../state';

/** The table of contents, the glossary, and one lesson. */
export class LessonsPage extends AppElement {
  static override properties = {
    ...AppElement.properties,
    lesson: { state: true },
    problem: { state: true },
  };
  declare lesson: Lesson | undefined;
  declare problem: string;

  constructor() {
    super();
    this.lesson = undefined;
    this.problem = '';
  }

  protected watched() {
    return ['place'] as const;
  }

  override connectedCallback() {
    super.connectedCallback();
    void this.#load();
  }

  protected override changed(_keys: ReadonlySet<keyof State>) {
    void this.#load();
  }

  get #id() {
    return this.state.place.path[1] ?? '';
  }

  async #load() {
    const id = this.#id;
    const card = lessonCard(id);
    if (!card || this.lesson?.id === id) return;
    try {
      const lesson = await card.load();
      if (this.#id !== id) return;
      this.problem = '';
      this.lesson = lesson;
      await this.updateComplete;
      this.dispatchEvent(new CustomEvent('page-shown', { bubbles: true }));
    } catch {
      this.problem = 'This lesson could not be loaded; look at the connection and try again.';
    }
  }

  #contents() {
    return html`<div class="spread"><div class="text">
      <h1 class="page-title" tabindex="-1" data-testid="page-title">Lessons</h1>
      <p class="page-lede">Each asks you to guess, then trains a small model in this page and answers from what it did.</p>
      <ol class="lesson-list">${lessons.map(({ id, number, title, runs, learns, minutes }) => {
        const { at, given } = readProgress(id);
        const begun = at > 1 || Object.keys(given).length > 0;
        return html`<li data-testid="lessons-row-${id}"><span class="n">${number ?? '·'}</span>
          <div><p class="lesson-name">${pageLink(this.app, { path: ['lessons', id] }, title)} <span class="quiet">${minutes} min${begun ? `, you are at step ${at}` : ''}</span></p>
          <p>${learns}</p><p class="quiet">${runs}</p></div></li>`;
      })}</ol></div>
      <div class="note">
        <h2 class="note-title">New to all this?</h2>
        <p>Begin at the top. ${rich(this.app, 'The [glossary](#/lessons/glossary) says what the words mean.')}</p>
        <h2 class="note-title">For whoever teaches</h2>
        <p>A lesson prints as a worksheet: questions with room to write, replies on the last page. Its address opens it at a step; another seed gives another class other numbers.</p>
        <p>Numbers are read off the run that was trained here. Where an effect does not appear, the lesson says so.</p>
      </div></div>`;
  }

  #glossary() {
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">Glossary</h1>
      <dl class="glossary">${[...glossary]
        .sort((a, b) => a.term.localeCompare(b.term))
        .map(
          ({ id, term, is }) =>
            html`<div id="term-${id}"><dt>${term}</dt><dd>${rich(this.app, is)}</dd></div>`,
        )}</dl>`;
  }

  #unknown(id: string) {
    const near = nearest(
      id,
      lessons.map((lesson) => lesson.id),
    );
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">There is no lesson “${id.slice(0, 60)}”</h1>
      <p>${near ? html`The nearest name is ${pageLink(this.app, { path: ['lessons', near] }, lessonCard(near)!.title)}. ` : nothing}${pageLink(this.app, { path: ['lessons'] }, 'All lessons')}.</p>`;
  }

  override render() {
    const id = this.#id;
    if (id === '') return this.#contents();
    if (id === 'glossary') return this.#glossary();
    const card = lessonCard(id);
    if (!card) return this.#unknown(id);
    if (this.problem)
      return html`<p class="field-problem" role="alert">${this.problem}</p>
        <p class="buttons"><button type="button" @click=${() => void this.#load()}>Try again</button></p>`;
    if (this.lesson?.id !== id)
      return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">${card.title}</h1><p class="quiet" aria-busy="true">Opening the lesson…</p>`;
    return html`<lesson-view .app=${this.app} .lesson=${this.lesson} .card=${card}></lesson-view>`;
  }
}

define('lessons-page', LessonsPage);
