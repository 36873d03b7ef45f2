import { defaultParams } from '../methods/params';
import { worlds } from '../tasks/cards';
import type { MethodInfo } from '../train/method-info';
import { withPreset } from '../train/presets';
import { defaultRun, type RunDocument, RunDocumentError } from '../train/run-document';
import { overlay } from './run-url';

/** What is looked at of an address before it is laid over the defaults. */
interface AddressFields {
  preset?: unknown;
  method?: { id?: unknown };
  data?: { dataset?: unknown; source?: { id?: unknown } };
}

/** The defaults of a method as an address means them: of the model that it names, or of the world. */
const standing = (method: MethodInfo, fields: object): RunDocument => {
  const { model, data } = fields as { model?: unknown; data?: { task?: unknown } };
  const card = worlds.find(({ id }) => id === data?.task);
  const named = typeof model === 'string' ? model : card?.models[0]?.id;
  return defaultRun(method, named);
};

/** The defaults with the settings of the preset that an address names. @throws where the method has none of that name */
const onPreset = (run: RunDocument, method: MethodInfo, { preset: id, data }: AddressFields): RunDocument => {
  if (id === undefined) return run;
  const preset = method.presets.find((p) => p.id === id);
  if (!preset) {
    const known = method.presets.map((p) => p.id).join(', ');
    throw new RunDocumentError([
      { field: 'preset', message: `"${String(id)}" is no preset of ${method.name}; use one of ${known}` },
    ]);
  }
  const set = withPreset(run, method, preset);
  // A preset's noise is not for a person's labels.
  return data?.dataset ? { ...set, data: { ...set.data, wrappers: {} } } : set;
};

/** The defaults with the source that an address names, at that source's own defaults. */
const onSource = (run: RunDocument, method: MethodInfo, { data }: AddressFields): RunDocument => {
  const source = method.sources.find(({ id }) => id === data?.source?.id);
  return source
    ? { ...run, data: { ...run.data, source: { id: source.id, params: defaultParams(source) } } }
    : run;
};

/**
 * The document that fields of an address mean: the defaults of their method, model, world, preset and source, with the fields
 * laid over. Not checked yet.
 * @param standard the method where none is named
 * @param otherwise what is laid under where the method is unknown, for the check to name
 * @throws RunDocumentError for a preset that there is not
 */
export const documentOfFields = (
  fields: object,
  methods: readonly MethodInfo[],
  standard: MethodInfo | undefined,
  otherwise?: RunDocument,
): unknown => {
  const { preset, ...rest } = fields as AddressFields;
  const id = rest.method?.id;
  const method = id === undefined ? standard : methods.find((m) => m.id === id);
  // Without a known method there are no defaults to fill in; the validator says which methods there are.
  const base = method
    ? onSource(onPreset(standing(method, rest), method, { ...rest, preset }), method, rest)
    : otherwise;
  return overlay(base, rest);
};
