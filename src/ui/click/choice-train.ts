import { html, nothing } from 'lit';
import type { ChoicesSummary } from '../../../workers/protocol';
import { filesOfChoices, LEAST_CHOICES } from '../../diffusion/choices';
import { zipOf } from '../../util/zip';
import { AppElement, define } from '../element';
import { plural } from '../format';
import { download } from '../keep/download';
import { pageLink } from '../page-link';
import { isLive, isMoving } from '../state';
import { type ChoiceSession, toChoices } from './choices';
import { decidedOf } from './session';

/** Offers to train on choices between images: those that were made here, or those of a file. */
export class ChoiceTrain extends AppElement {
  static override properties = {
    ...AppElement.properties,
    session: { attribute: false },
    method: { state: true },
    read: { state: true },
    problem: { state: true },
    fileProblem: { state: true },
    busy: { state: true },
  };
  declare session: ChoiceSession;
  declare method: string;
  /** Choices that were read from files, in the place of those that were made here. */
  declare read: (ChoicesSummary & { name: string }) | undefined;
  declare problem: string;
  declare fileProblem: string;
  declare busy: boolean;

  constructor() {
    super();
    this.method = 'diffusion-dpo';
    this.read = undefined;
    this.problem = '';
    this.fileProblem = '';
    this.busy = false;
  }

  protected watched() {
    return ['methods', 'status', 'document', 'connection'] as const;
  }

  /** The choices that are learned from, kept under a name. */
  async #kept(): Promise<ChoicesSummary> {
    if (this.read) return this.read;
    const files = filesOfChoices(toChoices(this.session));
    return this.app.connection.api.addChoices([...files].map(([name, data]) => ({ name, data })));
  }

  async #train() {
    const { app } = this;
    if (this.busy || isMoving(this.state.status?.phase)) return;
    if (isLive(this.state.status?.phase)) {
      this.problem = 'A run is paused; go on with it, or stop it, first.';
      return;
    }
    this.busy = true;
    this.problem = '';
    try {
      const { id, pairs } = await this.#kept();
      app.editor.chooseMethod(this.method);
      const set = app.editor.edit((document) => ({
        ...document,
        batchSize: Math.min(document.batchSize, pairs),
        data: { ...document.data, trees: pairs, source: { id: 'own-choices', params: { set: id } } },
      }));
      if (!set)
        throw new Error(
          this.state.documentProblems.map(({ field, message }) => `${field}: ${message}`).join('; '),
        );
      const ended = app.control.train();
      this.busy = false;
      await ended;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.busy = false;
  }

  #save() {
    const zip = zipOf(filesOfChoices(toChoices(this.session)));
    download('choices.zip', zip as BlobPart, 'application/zip');
  }

  async #take(input: HTMLInputElement) {
    const files = [...(input.files ?? [])].map((file) => ({
      name: file.webkitRelativePath || file.name,
      data: file,
    }));
    input.value = '';
    if (files.length === 0) return;
    this.fileProblem = '';
    this.read = undefined;
    try {
      const kept = await this.app.connection.api.addChoices(files);
      this.read = { ...kept, name: files[0]!.name };
    } catch (error) {
      this.fileProblem = error instanceof Error ? error.message : String(error);
    }
  }

  #offer() {
    const { methods, status } = this.state;
    const decided = decidedOf(this.session);
    const pairs = this.read?.pairs ?? decided;
    if (pairs < LEAST_CHOICES)
      return html`<p class="quiet" data-testid="click-offer" data-left=${LEAST_CHOICES - decided}>After ${plural(LEAST_CHOICES - decided, 'more choice')} of one or the other it can learn from them.</p>`;
    const off = this.busy || isMoving(status?.phase);
    return html`<div class="field" data-testid="click-offer" data-left="0">
      <label for="choice-method">Let it learn from ${plural(pairs, 'choice')}${this.read ? html` of ${this.read.name}` : ''} with</label>
      <div class="field-inputs">
        <select id="choice-method" data-testid="choice-method" @change=${(event: Event) => {
          this.method = (event.target as HTMLSelectElement).value;
          this.problem = '';
        }}>${methods
          .filter(({ eats }) => eats === 'latents')
          .map(
            ({ id, name }) => html`<option value=${id} .selected=${id === this.method}>${name}</option>`,
          )}</select>
        <button type="button" class="primary" data-testid="choice-train" aria-disabled=${String(off)} @click=${() => void this.#train()}>Train on the choices</button>
      </div>
      <p class="field-help">With the settings of ${pageLink(this.app, { at: 'teach' }, 'Teach')}; what becomes of the images is under ${pageLink(this.app, { at: 'watch' }, 'Watch')}. Few choices teach few things: it is the same ${plural(pairs, 'pair')} again and again.</p>
      ${this.problem ? html`<p class="field-problem" role="alert" data-testid="choice-problem">${this.problem}</p>` : nothing}
    </div>`;
  }

  override render() {
    const decided = decidedOf(this.session);
    const take = (event: Event) => void this.#take(event.target as HTMLInputElement);
    return html`<div class="click-next">${this.#offer()}
      <details class="more"><summary>Take them home, or bring some</summary>
        <p class="buttons"><button type="button" data-testid="choice-save" aria-disabled=${String(decided === 0)} @click=${() => decided > 0 && this.#save()}>Save the choices (zip)</button></p>
        <div class="files">
          <label for="choice-files">A zip of choices, or pairs.jsonl with its PNG files</label>
          <input id="choice-files" data-testid="choice-files" type="file" multiple accept=".zip,.jsonl,.png" @change=${take} />
          <label for="choice-folder">Their folder</label>
          <input id="choice-folder" data-testid="choice-folder" type="file" webkitdirectory @change=${take} />
          <p class="field-help">Each line names what was asked for, the PNG of the chosen image and that of the other, 12 by 12 pixels each; the export of a run on images has such a file too.</p>
          ${this.fileProblem ? html`<p class="field-problem" role="alert" data-testid="choice-file-problem">${this.fileProblem}</p>` : nothing}
          ${
            this.read
              ? html`<p role="status" data-testid="choice-read">${plural(this.read.pairs, 'choice')} of ${this.read.name}. <button type="button" class="quiet-button" @click=${() => {
                  this.read = undefined;
                }}>Use those made here</button></p>`
              : nothing
          }
        </div>
      </details>
    </div>`;
  }
}

define('choice-train', ChoiceTrain);
