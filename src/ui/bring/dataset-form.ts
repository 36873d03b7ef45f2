import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import type { DatasetSummary } from '../../../workers/protocol';
import { type LabelMeaning, labelMeanings } from '../../data/formats/labels';
import { hasPart, type Part, parts } from '../../data/formats/parts';
import { type DatasetSettings, type FormatId, formatIds } from '../../data/settings';
import { joined, parted } from '../run-url';
import { choice } from '../setup/number-input';
import { problemWords } from '../setup/problem-words';
import type { FieldProblem } from '../state';
import { formatLabels, partLabels } from './format-names';
import { shown } from './shown';

export interface DatasetForm {
  dataset: DatasetSummary | undefined;
  settings: DatasetSettings;
  problems: readonly FieldProblem[];
  change(settings: DatasetSettings): void;
}

const root = 'data.dataset.settings';

const problemOf = ({ problems }: DatasetForm, name: string) => {
  const problem = problems.find((p) => p.field === `${root}.${name}`);
  return problem
    ? html`<strong class="field-problem">${problemWords(problem, { times: name === 'heldOut' ? 100 : 1 })}</strong>`
    : nothing;
};

interface NumberSetting {
  name: 'maxLength' | 'maxPromptLength' | 'maxCompletionLength' | 'limit' | 'heldOut' | 'pairsPerRow';
  label: string;
  help: string;
  /** An empty field means null. */
  all?: boolean;
  share?: boolean;
}

const numberSetting = (form: DatasetForm, { name, label, help, all, share }: NumberSetting) => {
  const id = `field-data-dataset-settings-${name}`;
  const value = form.settings[name];
  const text = value === null ? '' : String(share ? Number((value * 100).toFixed(4)) : value);
  const read = (event: Event) => {
    const given = (event.target as HTMLInputElement).value.trim();
    const number = given === '' ? (all ? null : Number.NaN) : Number(given) / (share ? 100 : 1);
    form.change({ ...form.settings, [name]: number });
  };
  const refused = form.problems.some((p) => p.field === `${root}.${name}`);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <div class="field-inputs"><input id=${id} data-testid=${id} type="number" inputmode="decimal" step="any" placeholder=${all ? 'all' : ''}
      aria-describedby="${id}-help" aria-invalid=${String(refused)} .value=${refused ? text : live(text)} @change=${read} /></div>
    <p class="field-help" id="${id}-help">${help} ${problemOf(form, name)}</p>
  </div>`;
};

const textSetting = (
  id: string,
  label: string,
  help: unknown,
  value: string,
  change: (value: string) => void,
) => html`<div class="field">
  <label for=${id}>${label}</label>
  <div class="field-inputs"><input id=${id} data-testid=${id} type="text" autocomplete="off" spellcheck="false" aria-describedby="${id}-help"
    .value=${live(value)} @change=${(e: Event) => change((e.target as HTMLInputElement).value)} /></div>
  <p class="field-help" id="${id}-help">${help}</p>
</div>`;

const checkbox = (id: string, label: string, checked: boolean, change: (on: boolean) => void) =>
  html`<label class="check"><input type="checkbox" id=${id} data-testid=${id} .checked=${live(checked)} @change=${(e: Event) => change((e.target as HTMLInputElement).checked)} /> ${label}</label>`;

/** The format that rows are read in: the one that was chosen, or the one that was found. */
const formatOf = ({ settings, dataset }: DatasetForm): FormatId | undefined =>
  settings.format !== 'auto'
    ? settings.format
    : (formatIds.find((id) => id === dataset?.format) ?? undefined);

/** In the list of columns: no column plays the part. No column of a file begins like this. */
const NONE = '\u0000none';

const mapper = (form: DatasetForm, format: FormatId) => {
  const { dataset, settings } = form;
  const columns = dataset?.columns ?? [];
  const { required, optional } = parts[format];
  const select = (part: Part, needed: boolean) => {
    const given = settings.mapping[part];
    const found = dataset?.format === format ? dataset.mapping[part] : undefined;
    const id = `map-${part}`;
    const unnamed = dataset?.format === format ? 'none found' : 'as its name says';
    const own = typeof found === 'string' ? `as found: ${shown(found)}` : unnamed;
    const change = (event: Event) => {
      const { value } = event.target as HTMLSelectElement;
      const { [part]: _old, ...mapping } = settings.mapping;
      const column = value === NONE ? '' : value;
      form.change({ ...settings, mapping: value === '' ? mapping : { ...mapping, [part]: column } });
    };
    return html`<div class="field">
      <label for=${id}>${partLabels[part]}${needed ? nothing : html` <span class="quiet">(if there is one)</span>`}</label>
      <div class="field-inputs"><select id=${id} data-testid=${id} title=${given === undefined ? own : shown(given)} @change=${change}>
        <option value="" ?selected=${given === undefined} .selected=${given === undefined}>${own}</option>
        ${needed ? nothing : html`<option .value=${NONE} ?selected=${given === ''} .selected=${given === ''}>no column</option>`}
        ${given !== undefined && given !== '' && !columns.includes(given) ? html`<option value=${given} selected>${shown(given)} (not in the file)</option>` : nothing}
        ${columns.map((c) => html`<option value=${c} ?selected=${c === given} .selected=${c === given}>${shown(c)}</option>`)}
      </select></div>
      ${problemOf(form, `mapping.${part}`)}
    </div>`;
  };
  const chosen = settings.mapping.solutions ?? [];
  const toggle = (column: string, on: boolean) => {
    const next = on ? [...chosen, column] : chosen.filter((c) => c !== column);
    const { solutions: _old, ...mapping } = settings.mapping;
    form.change({ ...settings, mapping: next.length > 0 ? { ...mapping, solutions: next } : mapping });
  };
  return html`<fieldset class="fields" data-testid="mapper">
    <legend>Which column is what</legend>
    ${required.map((part) => select(part, true))} ${optional.map((part) => select(part, false))}
    ${
      format === 'solutions'
        ? html`<div class="field" role="group" aria-labelledby="map-solutions-label"><p id="map-solutions-label" class="field-label">Solutions (none ticked: as found)</p>
            ${columns.map((column, i) => checkbox(`map-solutions-${i}`, shown(column), chosen.includes(column), (on) => toggle(column, on)))}</div>`
        : nothing
    }
  </fieldset>`;
};

const meanings: Record<LabelMeaning, string> = {
  right: 'Labels that mean right',
  wrong: 'Labels that mean wrong',
  first: 'Labels that mean the first answer',
  second: 'Labels that mean the second answer',
};

const meaningHelp: Record<LabelMeaning, string> = {
  right: 'Needed where they are not 1 or 0, true or false, yes or no. Commas between them.',
  wrong: 'Commas between them.',
  first: 'Needed where they do not name its column, as 0 names response_0. Commas between them.',
  second: 'Commas between them.',
};

/** What words of the label column mean, for formats that have one. */
const labelWords = (form: DatasetForm, format: FormatId) => {
  const { settings } = form;
  const asked = labelMeanings.filter((meaning) =>
    hasPart(format, meaning === 'right' || meaning === 'wrong' ? 'label' : 'better'),
  );
  const change = (meaning: LabelMeaning, text: string) => {
    const { [meaning]: _old, ...labels } = settings.labels;
    const words = parted(text)
      .map((word) => word.trim())
      .filter((word) => word !== '');
    form.change({ ...settings, labels: words.length > 0 ? { ...labels, [meaning]: words } : labels });
  };
  if (asked.length === 0) return nothing;
  const fields = asked.map((meaning) =>
    textSetting(
      `field-data-dataset-settings-labels-${meaning}`,
      meanings[meaning],
      html`${meaningHelp[meaning]} ${problemOf(form, 'labels')}`,
      joined(settings.labels[meaning] ?? []),
      (text) => change(meaning, text),
    ),
  );
  return html`<fieldset class="fields">
    <legend class="visually-hidden">What labels mean</legend>
    ${fields}
  </fieldset>`;
};

const encodings: Record<string, string> = {
  'utf-8': 'UTF-8',
  'windows-1252': 'Western (windows-1252, latin1)',
  'windows-1250': 'Central European (windows-1250)',
  'windows-1251': 'Cyrillic (windows-1251)',
  'windows-1253': 'Greek (windows-1253)',
  'windows-1254': 'Turkish (windows-1254)',
  'windows-1255': 'Hebrew (windows-1255)',
  'windows-1256': 'Arabic (windows-1256)',
  'windows-874': 'Thai (windows-874)',
  gb18030: 'Chinese, simplified (gb18030, gbk)',
  big5: 'Chinese, traditional (big5)',
  shift_jis: 'Japanese (shift_jis)',
  'euc-jp': 'Japanese (euc-jp)',
  'euc-kr': 'Korean (euc-kr)',
  'utf-16le': 'UTF-16, little end first',
  'utf-16be': 'UTF-16, big end first',
};

const stepRules = [
  { id: 'whole', label: 'The whole answer is one step' },
  { id: 'line', label: 'Each line' },
  { id: 'sentence', label: 'Each sentence' },
  { id: 'step', label: '“Step 1:”, “Step 2:”, …' },
  { id: 'pattern', label: 'Where a pattern matches' },
];

const byId = <T extends string>(labels: Record<T, string>) =>
  (Object.entries(labels) as [T, string][]).map(([id, label]) => ({ id, label }));

/** How a dataset is read, as a form. */
export const datasetForm = (form: DatasetForm) => {
  const { settings, dataset } = form;
  const set = (patch: Partial<DatasetSettings>) => form.change({ ...settings, ...patch });
  const pick = <K extends keyof DatasetSettings>(
    name: K,
    label: string,
    help: string,
    labels: Record<string, string>,
  ) =>
    choice({
      id: `data-dataset-settings-${name}`,
      label,
      help,
      value: String(settings[name]),
      options: byId(labels),
      change: (value) => set({ [name]: value } as Partial<DatasetSettings>),
    });
  const format = formatOf(form);
  const { rule, pattern } = settings.steps;
  return html`
    <fieldset class="fields">
      <legend class="visually-hidden">How the rows are read</legend>
      ${choice({ id: 'data-dataset-settings-format', label: 'Format', help: format ? '' : 'Nothing known fits its columns: choose the format, then the columns.', value: settings.format, options: [{ id: 'auto', label: dataset?.format ? `As found: ${formatLabels[dataset.format as FormatId] ?? dataset.format}` : 'Find it out' }, ...byId(formatLabels)], change: (value) => set({ format: value as DatasetSettings['format'], mapping: {} }) })}
      ${choice({ id: 'data-dataset-settings-steps-rule', label: 'A step is', help: 'How answers are cut; methods by step compare these. The examples below show it.', value: rule, options: stepRules, change: (value) => set({ steps: { rule: value as typeof rule, ...(value === 'pattern' && { pattern: pattern ?? '\\n\\n' }) } }) })}
      ${rule === 'pattern' ? textSetting('field-data-dataset-settings-steps-pattern', 'Pattern', html`A regular expression; a step begins where it matches. ${problemOf(form, 'steps.pattern')}`, pattern ?? '', (value) => set({ steps: { rule, pattern: value } })) : nothing}
      ${numberSetting(form, { name: 'maxLength', label: 'Longest example', help: 'Tokens of prompt and answer together; longer ones are cut. Empty keeps all.', all: true })}
      ${numberSetting(form, { name: 'heldOut', label: 'Held out, in percent', help: 'Share of the prompts kept from training, to measure on.', share: true })}
      ${numberSetting(form, { name: 'limit', label: 'Rows to read at most', help: 'Empty reads all.', all: true })}
    </fieldset>
    ${format ? html`${mapper(form, format)} ${labelWords(form, format)}` : nothing}
    <details class="more">
      <summary>More on reading: encoding, template, special tokens, cutting</summary>
      <fieldset class="fields">
        <legend class="visually-hidden">More on reading</legend>
        ${pick('encoding', 'Text encoding', 'Of text that is not UTF-8; a byte order mark says more.', encodings)}
        ${pick('template', 'Chat template', 'How conversations are written.', { model: 'The model’s own', plain: 'A plain one', none: 'None: conversations are refused' })}
        ${pick('plainRows', 'Plain texts', 'Rows that are not conversations.', { text: 'As they stand', chat: 'As a question and its answer' })}
        ${pick('turns', 'Of a conversation, learn', 'Where the rows are whole conversations.', { all: 'Every answer', last: 'The last answer' })}
        ${textSetting('field-data-dataset-settings-system', 'System message', 'Put before conversations that do not begin with one.', settings.system, (system) => set({ system }))}
        ${pick('bos', 'Beginning-of-text token', 'Before plain texts; templates write their own.', { auto: 'As the tokenizer has it', add: 'Always', none: 'Never' })}
        ${numberSetting(form, { name: 'maxPromptLength', label: 'Longest prompt', help: 'Tokens, of which the end is kept. Empty keeps all.', all: true })}
        ${numberSetting(form, { name: 'maxCompletionLength', label: 'Longest answer', help: 'Tokens, of which the start is kept. Empty keeps all.', all: true })}
        ${pick('truncationMode', 'What is too long', 'Which end of an example stays.', { keep_start: 'keeps its start', keep_end: 'keeps its end' })}
        ${pick('annotations', 'Calculator annotations', 'Such as <<3*4=12>> in solutions.', { keep: 'Keep', remove: 'Remove' })}
        ${numberSetting(form, { name: 'pairsPerRow', label: 'Pairs of one row', help: 'Where it has several right and wrong answers.' })}
        ${pick('rankedPairs', 'Of answers with scores', 'Which of them are compared.', { all: 'Every pair', adjacent: 'Each with the next lower' })}
        ${checkbox('field-data-dataset-settings-pairUnpaired', 'Pair single answers: right with wrong of the same prompt', settings.pairUnpaired, (pairUnpaired) => set({ pairUnpaired }))}
      </fieldset>
    </details>`;
};
