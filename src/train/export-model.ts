import { strToU8 } from 'fflate';
import type { ExportOptions, RunSummary } from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import { toCheckpoint } from '../model/checkpoint';
import { modelConfigToJson } from '../model/config';
import { familyOf } from '../model/families/index';
import { splitHeads } from '../model/heads';
import type { HostWeights } from '../model/host-weights';
import { loraScales, mergedWeights } from '../model/lora';
import { ADAPTER_CONFIG, writePeftAdapter } from '../model/peft';
import { safetensorsParts } from '../model/write-safetensors';
import type { Content } from '../util/zip';
import { metricsCsv } from './metrics-csv';
import { modelCard } from './model-card';
import type { PolicyPlan } from './policy';
import { withoutPictures } from './without-pictures';

/** Value and reward heads, beside a model. */
const HEADS = 'heads.safetensors';

/** torch's names. */
const dtypeNames = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' } as const;

const json = (value: unknown) => strToU8(`${JSON.stringify(value, null, 2)}\n`);

/** A name that a Python program could find the base model by: only that of a hub repository is one. */
const baseName = (id: string): string | null => /^[^/@:]+\/[^/@]+(?=@|$)/.exec(id)?.[0] ?? null;

/**
 * What a run has trained, as files. 'model': config.json, model.safetensors and the tokenizer's files, an adapter worked in
 * and a packed model unpacked. 'adapter': adapter_config.json and adapter_model.safetensors as PEFT reads them. With
 * either run.json (the run document), metrics.json, metrics.csv and a model card. Heads that a method trained beside the model
 * (a value, a reward) are no part of it for other programs: a model has them in a file of their own, an adapter leaves them out.
 * @param trained all weights, or the adapter's, and heads
 * @param report of the run's dataset, for the card
 * @param config in the place of the model's own config.json, for one that draws
 * @throws Error when an adapter is asked for and the run trains none
 */
export const exportFiles = (
  plan: PolicyPlan,
  trained: HostWeights,
  run: RunSummary,
  { what = plan.adapter ? 'adapter' : 'model', dtype = 'F32' }: ExportOptions = {},
  { report, config }: { report?: DatasetReport | undefined; config?: string | undefined } = {},
): Map<string, Content> => {
  const { model, adapter } = plan;
  const { own, heads } = splitHeads(trained);
  const files = new Map<string, Content>();
  if (model.denoiser) {
    for (const [name, text] of Object.entries(model.files)) files.set(name, strToU8(text));
    if (config !== undefined) files.set('config.json', strToU8(config));
    files.set('model.safetensors', safetensorsParts(own, [['format', 'pt']], 'model.safetensors', dtype));
  } else if (what === 'adapter') {
    if (!adapter) throw new Error('This run trains all weights and has no adapter; export the model.');
    const named = { settings: adapter.settings, tensors: own };
    const fanInFanOut = familyOf(model.config).transposedLinears ?? false;
    const written = writePeftAdapter(named, { baseModel: baseName(model.summary.id), fanInFanOut });
    for (const [name, bytes] of written) files.set(name, bytes);
  } else {
    const weights = adapter ? mergedWeights(model.weights, own, loraScales(adapter.settings)) : own;
    for (const [name, text] of Object.entries(model.files)) {
      // An adapter's configuration beside the model would have it taken for an adapter.
      if (name !== ADAPTER_CONFIG) files.set(name, strToU8(text));
    }
    if (
      model.chatTemplate !== undefined &&
      !model.files['tokenizer_config.json']?.includes('chat_template')
    ) {
      files.set('chat_template.jinja', strToU8(model.chatTemplate));
    }
    files.set('config.json', json(modelConfigToJson(model.config, dtypeNames[dtype])));
    const stored = toCheckpoint(model.config, weights);
    files.set('model.safetensors', safetensorsParts(stored, [['format', 'pt']], 'model.safetensors', dtype));
    if (heads.size > 0) files.set(HEADS, safetensorsParts(heads, [['format', 'pt']], HEADS, 'F32'));
  }
  files.set('run.json', json(run.document));
  files.set('metrics.json', json({ metrics: run.metrics, evaluations: withoutPictures(run.evaluations) }));
  files.set('metrics.csv', strToU8(metricsCsv(run)));
  files.set('README.md', strToU8(modelCard(plan, run, what === 'adapter' ? what : 'model', report)));
  return files;
};
