import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { AdapterSummary, ModelSummary } from '../../../workers/protocol';
import {
  type AdapterDocument,
  defaultAdapter,
  type RunDocument,
  weightStorages,
} from '../../train/run-document';
import { targetsInWords } from '../../util/targets-in-words';
import { adapterNumbers, type NumberField } from './fields';
import { choice } from './number-input';

const storageLabels: Record<RunDocument['weights'], [label: string, help: string]> = {
  f32: ['Single precision (f32)', 'Four bytes a weight: exact, and the only way to train all weights.'],
  f16: ['Half precision (f16)', 'Two bytes a weight; nearly exact.'],
  int8: ['8 bits (int8)', 'About one byte a weight, rounded in blocks of 32; hardly worse.'],
  int4: [
    '4 bits (int4)',
    'About 0.6 bytes a weight, rounded in blocks of 32; the smallest, and noticeably rougher.',
  ],
  file: ['As in its file', 'As the file has them: packed blocks stay packed, halves stay halves.'],
};

export interface AdapterForm {
  document: RunDocument;
  model: ModelSummary | undefined;
  adapters: readonly AdapterSummary[];
  edit(change: (document: RunDocument) => unknown): void;
  number(field: NumberField): unknown;
  /** Where an adapter is brought from files or a hub. */
  bring: unknown;
}

const defaultModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

const modules = ({ model, edit }: AdapterForm, adapter: AdapterDocument) => {
  const known = model?.details?.linearModules ?? defaultModules;
  const all = adapter.targetModules.includes('all-linear');
  const set = (targetModules: string[]) => edit((d) => ({ ...d, adapter: { ...adapter, targetModules } }));
  const toggle = (name: string, on: boolean) => {
    const now = all ? known : adapter.targetModules;
    set(on ? [...now, name] : now.filter((n) => n !== name));
  };
  const box = (id: string, label: string, checked: boolean, change: (on: boolean) => void) =>
    html`<label class="check"><input type="checkbox" data-testid=${id} .checked=${live(checked)} @change=${(e: Event) => change((e.target as HTMLInputElement).checked)} /> ${label}</label>`;
  const others = adapter.targetModules.filter((n) => n !== 'all-linear' && !known.includes(n));
  return html`<div class="field modules" role="group" aria-labelledby="modules-label">
    <p class="field-label" id="modules-label">Layers that get an adapter</p>
    <div class="checks">
      ${box('adapter-module-all-linear', 'All linear layers', all, (on) => set(on ? ['all-linear'] : [...known]))}
      ${[...known, ...others].map((name) => box(`adapter-module-${name}`, name, all || adapter.targetModules.includes(name), (on) => toggle(name, on)))}
    </div>
    ${adapter.targetModules.length === 0 ? html`<p class="field-problem" role="alert">Tick at least one: without a layer there is nothing to train.</p>` : nothing}
  </div>`;
};

/** What is trained: all weights, or an adapter beside them; and how the rest lies in memory. */
export const adapterFields = (form: AdapterForm) => {
  const { document, adapters, edit } = form;
  const { adapter } = document;
  const used = adapters.find((a) => a.id === adapter?.from);
  const mode = (lora: boolean) =>
    edit((d) => (lora ? { ...d, adapter: defaultAdapter() } : { ...d, adapter: null, weights: 'f32' }));
  const way = (id: string, lora: boolean, name: string, summary: string) => html`<label class="card">
    <input type="radio" name="trained" data-testid=${id} .checked=${live((adapter !== null) === lora)} @change=${() => mode(lora)} />
    <span class="card-name">${name}</span><span class="card-summary">${summary}</span></label>`;
  return html`<fieldset class="cards">
      <legend>What is trained</legend>
      ${way('train-full', false, 'All weights', 'Everything may change. Takes 16 bytes of memory for each weight.')}
      ${way('train-lora', true, 'An adapter (LoRA)', 'The model stays as it is; a small adapter beside it learns. PEFT can load it.')}
    </fieldset>
    ${
      adapter
        ? html`<fieldset class="fields" data-testid="adapter-fields">
          <legend>The adapter</legend>
          ${
            used
              ? html`<p class="field">It goes on from <strong>${used.name}</strong>: rank ${used.rank}, alpha ${used.alpha}, on ${targetsInWords(used.targetModules)}.${used.baseModel ? html` Trained on ${used.baseModel}.` : nothing}</p>`
              : html`${adapterNumbers.map((field) => form.number(field))}
                <div class="field"><label class="check"><input type="checkbox" data-testid="adapter-rsLora" .checked=${live(adapter.rsLora)} @change=${(e: Event) => edit((d) => ({ ...d, adapter: { ...adapter, rsLora: (e.target as HTMLInputElement).checked } }))} /> rsLoRA</label>
                  <p class="field-help">Scale by alpha / √rank instead, which suits large ranks.</p></div>
                ${modules(form, adapter)}`
          }
          ${choice({ id: 'weights', label: 'The model’s own weights', help: storageLabels[document.weights][1], value: document.weights, options: weightStorages.map((id) => ({ id, label: storageLabels[id][0] })), change: (weights) => edit((d) => ({ ...d, weights })) })}
          ${choice({ id: 'adapter-from', label: 'Begin with', help: 'A new adapter changes nothing until it has learned.', value: adapter.from ?? '', options: [{ id: '', label: 'A new adapter' }, ...adapters.map((a) => ({ id: a.id, label: `${a.name}, rank ${a.rank}` }))], change: (id) => edit((d) => ({ ...d, adapter: { ...adapter, from: id === '' ? null : id, ...(id === '' && { reference: 'base' }) } })) })}
          ${
            adapter.from === null
              ? nothing
              : choice({
                  id: 'adapter-reference',
                  label: 'Compared with',
                  help: 'What the method takes for the reference.',
                  value: adapter.reference,
                  options: [
                    { id: 'base', label: 'The model alone' },
                    { id: 'adapter', label: 'The model with this adapter' },
                  ],
                  change: (reference) => edit((d) => ({ ...d, adapter: { ...adapter, reference } })),
                })
          }
        </fieldset>
        ${form.bring}`
        : nothing
    }
    <div class="field checkpointing"><label class="check"><input type="checkbox" data-testid="checkpointing" .checked=${live(document.checkpointing)}
      @change=${(e: Event) => edit((d) => ({ ...d, checkpointing: (e.target as HTMLInputElement).checked }))} /> Gradient checkpointing</label>
      <p class="field-help">Computes each layer again on the way back instead of keeping it: far less memory for long examples, a third more time.</p></div>`;
};
