import { html, nothing } from 'lit';
import type { ChoicesSummary } from '../../../workers/protocol';
import { filesOfChoices, LEAST_CHOICES } from '../../diffusion/choices';
import { zipOf } from '../../util/zip';
import { define } from '../element';
import { plural } from '../format';
import { download } from '../keep/download';
import { pageLink } from '../page-link';
import { type ChoiceSession, toChoices } from './choices';
import { decidedOf } from './session';
import { TrainOffer } from './train-offer';

/** Offers to train on choices between images: those that were made here, or those of a file. */
export class ChoiceTrain extends TrainOffer {
  static override properties = {
    ...TrainOffer.properties,
    read: { state: true },
    fileProblem: { state: true },
  };
  declare session: ChoiceSession;
  /** Choices that were read from files, in the place of those that were made here. */
  declare read: (ChoicesSummary & { name: string }) | undefined;
  declare fileProblem: string;

  constructor() {
    super();
    this.method = 'diffusion-dpo';
    this.read = undefined;
    this.fileProblem = '';
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

  protected async prepare() {
    const { editor } = this.app;
    const { id, pairs } = await this.#kept();
    editor.chooseMethod(this.method);
    const set = editor.edit((document) => ({
      ...document,
      batchSize: Math.min(document.batchSize, pairs),
      data: { ...document.data, trees: pairs, source: { id: 'own-choices', params: { set: id } } },
    }));
    if (!set) throw this.refused;
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
    const decided = decidedOf(this.session);
    const pairs = this.read?.pairs ?? decided;
    if (pairs < LEAST_CHOICES) return this.tooFew(LEAST_CHOICES - decided);
    return this.offer({
      id: 'choice',
      label: html`Let it learn from ${plural(pairs, 'choice')}${this.read ? html` of ${this.read.name}` : ''} with`,
      options: this.state.methods
        .filter(({ eats }) => eats === 'latents')
        .map(({ id, name }) => html`<option value=${id} .selected=${id === this.method}>${name}</option>`),
      train: 'Train on the choices',
      help: html`With the settings of ${pageLink(this.app, { at: 'teach' }, 'Teach')}; what becomes of the images is under ${pageLink(this.app, { at: 'watch' }, 'Watch')}. Few choices teach few things: it is the same ${plural(pairs, 'pair')} again and again.`,
    });
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
