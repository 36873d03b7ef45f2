import { html, nothing } from 'lit';
import type { GivenFile } from '../../../workers/protocol';
import { dropTarget } from '../bring/drop-target';
import { filesOfInput } from '../bring/given-files';
import '../class/class.css';
import { classDots } from '../class/class-dots';
import '../class/class-links';
import { csvOf, type Gathered, gather } from '../class/gather';
import { type HandIn, readHandIn } from '../class/hand-in';
import { AppElement, define } from '../element';
import { plural } from '../format';
import { download } from '../keep/download';
import { pageLink } from '../page-link';

/** A file that was handed in is a kilobyte; what is larger is something else. */
const mostBytes = 200_000;

/** For whoever teaches: links for a class, worksheets, and what pupils hand in. */
export class ClassPage extends AppElement {
  static override properties = {
    ...AppElement.properties,
    files: { state: true },
    problems: { state: true },
    over: { state: true },
  };
  declare files: readonly HandIn[];
  declare problems: readonly string[];
  declare over: boolean;

  constructor() {
    super();
    this.files = [];
    this.problems = [];
    this.over = false;
  }

  protected watched() {
    return ['methods', 'document'] as const;
  }

  async #take(given: readonly GivenFile[]) {
    const problems: string[] = [];
    const files: HandIn[] = [];
    for (const { name, data } of given) {
      const blob = data instanceof Blob ? data : new Blob([data as BlobPart]);
      try {
        if (blob.size > mostBytes) throw new Error(`${name}: is too large for a file that was handed in`);
        files.push(readHandIn(name, await blob.text()));
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
    }
    this.files = [...this.files, ...files];
    this.problems = problems;
  }

  #target = dropTarget(
    (over) => {
      this.over = over;
    },
    (files) => void this.#take(files),
    (message) => {
      this.problems = [message];
    },
  );

  #questions({ questions, pupils }: Gathered) {
    if (questions.length === 0) return nothing;
    return html`<h3>Answers by question</h3>
      <div class="scroll-x" tabindex="0" role="group" aria-label="Answers by question"><table data-testid="class-answers">
        <thead><tr><th scope="col">lesson</th><th scope="col">step</th><th scope="col">answers, of ${pupils}</th></tr></thead>
        <tbody>${questions.map(({ lesson, step, answers }) => html`<tr><th scope="row">${lesson}</th><td>${step}</td><td>${answers.map(({ given, count }) => `${given}: ${count}`).join(', ')}</td></tr>`)}</tbody>
      </table></div>`;
  }

  #gathered() {
    const together = gather(this.files);
    const { pupils, twice, runs } = together;
    if (pupils === 0) return nothing;
    return html`<p role="status" data-testid="class-pupils" data-pupils=${pupils}>${plural(pupils, 'pupil')} so far${twice.length > 0 ? `; of ${twice.length === 1 ? 'seed' : 'seeds'} ${twice.join(', ')} the last file counts` : ''}.</p>
      ${runs.map((run) => classDots(run, this.app.method(run.method)?.name ?? run.method))}
      ${this.#questions(together)}
      <p class="buttons">
        <button type="button" data-testid="class-csv" @click=${() => download('class.csv', `${csvOf(together)}\n`, 'text/csv')}>Save the dots as CSV</button>
        <button type="button" class="quiet-button" data-testid="class-clear" @click=${() => {
          this.files = [];
          this.problems = [];
        }}>Clear the table</button></p>`;
  }

  override render() {
    return html`<h1 class="page-title" tabindex="-1" data-testid="page-title">For teachers</h1>
      <p class="page-lede">A link that leads a class where you want it, and a class as a study: every pupil another seed.</p>
      <div class="spread"><div class="text">
        <h2>Links</h2>
        <class-links .app=${this.app}></class-links>
        <h2>What was handed in</h2>
        <div class="drop ${this.over ? 'is-over' : ''}" data-testid="class-drop" @dragover=${this.#target.over} @dragleave=${this.#target.leave} @drop=${this.#target.drop}>
          <div class="field"><label for="class-files">Files of your pupils, all at once or as they come; or drop them here</label>
            <input id="class-files" data-testid="class-files" type="file" multiple accept=".json,application/json" @change=${(
              event: Event,
            ) => {
              const input = event.target as HTMLInputElement;
              void this.#take(filesOfInput(input));
              input.value = '';
            }} /></div>
          ${this.problems.length > 0 ? html`<div role="alert" class="field-problem" data-testid="class-problems"><ul>${this.problems.map((line) => html`<li>${line}</li>`)}</ul></div>` : nothing}
          ${this.#gathered()}
        </div>
      </div>
      <div class="note">
        <h3>What a link can do</h3>
        <p>Hide parts of the page, and fix fields of the run: these are shown, named in a sentence, and cannot be edited. Names that are not known do nothing, and are listed here.</p>
        <h3>A class as a study</h3>
        <p>A link that asks for a name makes a seed of it. “Hand in” saves a kilobyte: the run’s document, its numbers, and the answers to questions; nothing that was typed. Drop the files here for dots, a mean with its interval, and the answers. Nothing leaves a machine but by hand.</p>
        <h3>Worksheets</h3>
        <p>A lesson prints as a worksheet, with room to write and the replies on a last page: ${pageLink(this.app, { path: ['lessons'] }, 'choose one')}, and print it from the browser.</p>
        <h3>In a course system</h3>
        <p><code>&lt;marginalia-page&gt;</code> puts any page into another one, with one script: ${html`<a href="examples/course/">an example</a>`}.</p>
      </div></div>`;
  }
}

define('class-page', ClassPage);
