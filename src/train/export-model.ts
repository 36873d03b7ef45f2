import { strToU8, zipSync } from 'fflate';
import type { RunSummary } from '../../workers/protocol';
import { modelConfigToJson } from '../model/config';
import type { HostWeights } from '../model/host-weights';
import { writeSafetensors } from '../model/write-safetensors';
import type { LoadedModel } from './loaded-model';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

const card = (model: LoadedModel, run: RunSummary): string => {
  const { document: d, evaluations } = run;
  const rows = evaluations.map(
    (e) =>
      `| ${e.stage} | ${e.step} | ${percent(e.accuracy)} | ${percent(e.interval[0])} to ${percent(e.interval[1])} | ${e.problems} |`,
  );
  return [
    '---',
    'library_name: transformers',
    'pipeline_tag: text-generation',
    `tags: [${d.method.id}, marginalia]`,
    '---',
    '',
    `# ${model.summary.name}, trained with ${d.method.id}`,
    '',
    `Trained in a browser with Marginalia from \`${model.summary.id}\`, ${run.step} steps, seed ${d.seed}.`,
    `Data: ${d.data.trees} trees of the task \`${d.data.task}\` (${d.data.difficulty}), made by the method’s own pipeline.`,
    'The whole configuration is in `run.json`, the metrics of every step in `metrics.json`.',
    '',
    '| stage | step | held-out accuracy | 95 % interval | problems |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
};

/**
 * The trained model as a zip in Hugging Face layout: config.json, model.safetensors, the tokenizer's files, run.json
 * (the run document), metrics.json and a model card.
 */
export const exportZip = (model: LoadedModel, weights: HostWeights, run: RunSummary): Uint8Array => {
  const files: Record<string, Uint8Array> = {};
  for (const [name, text] of Object.entries(model.files)) files[name] = strToU8(text);
  files['config.json'] = strToU8(`${JSON.stringify(modelConfigToJson(model.config), null, 2)}\n`);
  files['model.safetensors'] = writeSafetensors(weights, [['format', 'pt']]);
  files['run.json'] = strToU8(`${JSON.stringify(run.document, null, 2)}\n`);
  files['metrics.json'] = strToU8(
    `${JSON.stringify({ metrics: run.metrics, evaluations: run.evaluations }, null, 2)}\n`,
  );
  files['README.md'] = strToU8(card(model, run));
  return zipSync(files, { level: 1, mtime: new Date('2020-01-01T00:00:00Z') });
};
