import { html, nothing } from 'lit';
import type { GivenFile, HubSource, ModelSummary } from '../../../workers/protocol';
import { AppElement, define } from '../element';
import { bytes, roughly } from '../format';
import { choice } from '../setup/number-input';
import { hubNameOf } from './bring';
import './bring-status';
import { dropTarget } from './drop-target';
import { filesOfInput } from './given-files';
import './hub-form';

/** Which model: one of the built-in ones, one from a hub, or one from this machine. */
export class ModelPanel extends AppElement {
  static override properties = { ...AppElement.properties, over: { state: true } };
  declare over: boolean;

  constructor() {
    super();
    this.over = false;
  }

  protected watched() {
    return ['models', 'document', 'bringing', 'missing', 'connection'] as const;
  }

  #take = (files: GivenFile[]) => void this.app.bring.addModel(files);

  #target = dropTarget(
    (over) => {
      this.over = over;
    },
    (files) => this.#take(files),
    (message) => this.app.bring.say('model', message),
  );

  #input = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const files = filesOfInput(input);
    input.value = ''; // the same files may be chosen again
    if (files.length > 0) this.#take(files);
  };

  #about(model: ModelSummary) {
    const { details } = model;
    if (!details) return nothing;
    return html`<p class="quiet" data-testid="model-details">
      ${roughly(model.parameters)} parameters in ${bytes(details.bytes)}, ${details.chatTemplate ? 'with' : 'without'} a chat template.
      ${details.kept ? 'It is kept on this machine.' : html`<strong>The browser has no room to keep it: it goes with this page.</strong>`}
    </p>`;
  }

  #missing(id: string) {
    const hub = hubNameOf(id);
    return html`<div class="trouble" data-testid="model-missing">
      <p>The address names the model <code>${id}</code>, which is not here.</p>
      ${
        hub
          ? html`<p class="buttons"><button type="button" data-testid="missing-load" @click=${() => void this.app.bring.addHubModel(hub)}>Load ${hub.repo} from Hugging Face</button></p>`
          : html`<p>Choose its files again, below.</p>`
      }
    </div>`;
  }

  override render() {
    const { models, document, bringing, missing, connection } = this.state;
    if (!document || models.length === 0) return html`<p class="hint">The list of models is being read…</p>`;
    const model = models.find((m) => m.id === document.model);
    const busy = bringing !== undefined || connection !== 'ready';
    return html`<div class="spread"><div class="text drop ${this.over ? 'is-over' : ''}" data-testid="model-drop"
        @dragover=${this.#target.over} @dragleave=${this.#target.leave} @drop=${this.#target.drop}>
      <h3>The model</h3>
      ${choice({
        id: 'model',
        label: 'Model',
        help: model?.description ?? '',
        value: document.model,
        options: models.map((m) => ({ id: m.id, label: `${m.name}, ${roughly(m.parameters)} parameters` })),
        change: (id) => void this.app.bring.chooseModel(id),
      })}
      ${model ? this.#about(model) : nothing}
      ${missing.model === undefined ? nothing : this.#missing(missing.model)}
      <bring-status .app=${this.app} kind="model"></bring-status>
      <details class="more" data-testid="model-more" ?open=${missing.model !== undefined}>
        <summary>Bring another model</summary>
        <div class="ways">
          <hub-form prefix="hub" what="model" example="HuggingFaceTB/SmolLM2-135M-Instruct" ?busy=${busy}
            @load=${(e: CustomEvent<HubSource>) => void this.app.bring.addHubModel(e.detail)}></hub-form>
          <div class="files">
            <p class="way-title">From this machine</p>
            <label for="model-files">A GGUF, or all files of a model</label>
            <input id="model-files" data-testid="model-files" type="file" multiple ?disabled=${busy} @change=${this.#input} />
            <label for="model-folder">A folder</label>
            <input id="model-folder" data-testid="model-folder" type="file" webkitdirectory ?disabled=${busy} @change=${this.#input} />
            <p class="field-help">Or drop either anywhere here. A folder holds config.json, model.safetensors (or its parts with their index) and tokenizer.json. Nothing leaves this machine.</p>
          </div>
        </div>
      </details>
    </div>
    <div class="note">
      <p>Read are Llama, SmolLM2, Mistral, Qwen2, Qwen3 and GPT-2, as safetensors or GGUF. A model that you bring is not changed: an adapter is trained beside it, unless you ask for all weights.</p>
    </div></div>`;
  }
}

define('model-panel', ModelPanel);
