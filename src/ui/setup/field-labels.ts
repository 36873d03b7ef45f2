import { partLabels } from '../bring/format-names';
import type { State } from '../state';
import { adapterNumbers, dataFields, imageFields, mainFields, moreFields } from './fields';

export interface FieldName {
  /** What stands beside the control. */
  label: string;
  /** Test id of the control. */
  control: string;
  /** The control shows so many times the field's number. */
  times?: number;
}

const idOf = (path: string) => `field-${path.replaceAll('.', '-')}`;
const settings = 'data.dataset.settings';

/** Labels of what is not a number of the form. */
const others: Record<string, string | [label: string, control: string]> = {
  model: 'Model',
  weights: 'The model’s own weights',
  backend: 'Compute on',
  checkpointing: ['Gradient checkpointing', 'checkpointing'],
  adapter: ['What is trained', 'train-lora'],
  'adapter.from': 'Begin with',
  'adapter.reference': 'Compared with',
  'adapter.rsLora': ['rsLoRA', 'adapter-rsLora'],
  'adapter.targetModules': ['Layers that get an adapter', 'adapter-module-all-linear'],
  'data.task': ['Built-in problems', 'field-task'],
  'data.difficulty': ['Difficulty', 'field-difficulty'],
  'data.source': ['Made from', 'field-source'],
  'data.source.id': ['Made from', 'field-source'],
  'data.dataset': ['Data', 'data-file'],
  'data.dataset.id': ['Data', 'data-file'],
  'schedule.kind': ['Schedule', 'field-schedule'],
  [`${settings}.format`]: 'Format',
  [`${settings}.steps.rule`]: 'A step is',
  [`${settings}.steps.pattern`]: 'Pattern',
  [`${settings}.maxLength`]: 'Longest example',
  [`${settings}.heldOut`]: 'Held out, in percent',
  [`${settings}.limit`]: 'Rows to read at most',
  [`${settings}.template`]: 'Chat template',
  [`${settings}.plainRows`]: 'Plain texts',
  [`${settings}.turns`]: 'Of a conversation, learn',
  [`${settings}.encoding`]: 'Text encoding',
  [`${settings}.system`]: 'System message',
  [`${settings}.bos`]: 'Beginning-of-text token',
  [`${settings}.maxPromptLength`]: 'Longest prompt',
  [`${settings}.maxCompletionLength`]: 'Longest answer',
  [`${settings}.truncationMode`]: 'What is too long',
  [`${settings}.annotations`]: 'Calculator annotations',
  [`${settings}.pairsPerRow`]: 'Pairs of one row',
  [`${settings}.rankedPairs`]: 'Of answers with scores',
  [`${settings}.pairUnpaired`]: 'Pair single answers: right with wrong of the same prompt',
};

/** Every field of the run document that the form has, as the person sees it. */
export const fieldNames = ({
  document,
  methods,
  models,
}: Pick<State, 'document' | 'methods' | 'models'>): Map<string, FieldName> => {
  const method = methods.find((m) => m.id === document?.method.id);
  const onData = document?.data.dataset != null;
  const draws = models.some(({ id, draws }) => draws && id === document?.model);
  const fields = onData ? dataFields : draws ? imageFields : mainFields;
  const names = new Map<string, FieldName>();
  for (const { path, label } of [...moreFields, ...adapterNumbers, ...fields])
    names.set(path, { label, control: idOf(path) });
  for (const [path, name] of Object.entries(others)) {
    const [label, control] = typeof name === 'string' ? [name, idOf(path)] : name;
    names.set(path, { label, control });
  }
  const heldOut = names.get(`${settings}.heldOut`)!;
  names.set(`${settings}.heldOut`, { ...heldOut, times: 100 });
  for (const [part, label] of Object.entries(partLabels)) {
    const control = part === 'solutions' ? 'map-solutions-0' : `map-${part}`;
    names.set(`${settings}.mapping.${part}`, { label, control });
  }
  const source = method?.sources.find(({ id }) => id === document?.data.source?.id);
  for (const { id, name } of method?.wrappers ?? [])
    names.set(`data.wrappers.${id}`, { label: name, control: `wrapper-${id}` });
  for (const [owner, specs] of [
    ['method.params', method?.params],
    ['data.source.params', source?.params],
    ...(method?.wrappers ?? []).map(({ id, params }) => [`data.wrappers.${id}`, params] as const),
  ] as const) {
    for (const [key, { label }] of Object.entries(specs ?? {}))
      names.set(`${owner}.${key}`, { label, control: idOf(`${owner}.${key}`) });
  }
  names.set('preset', { label: 'Settings', control: 'field-preset' });
  names.set('method.id', { label: 'Method', control: `method-${method?.id ?? ''}` });
  return names;
};

/** An engine's message with the fields that it names called as the form calls them: “Largest gradient norm”. */
export const withLabels = (text: string, names: ReadonlyMap<string, FieldName>): string =>
  text.replace(/^[a-z]\w*(?=: )|\b[a-z]\w*(?:\.[a-zA-Z]\w*)+/g, (path) => {
    const name = names.get(path);
    return name ? `“${name.label}”` : path;
  });
