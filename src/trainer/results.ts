/** What an open run has trained, to be taken away or kept. */
import type { ExportOptions } from '../../workers/protocol';
import { addModel } from '../load/brought-models';
import type { LoadedModel } from '../load/loaded-model';
import type { TrainingSession } from '../run/session';
import { exportFiles } from '../train/export-model';
import { joinBytes } from '../util/join-bytes';
import { yieldToMessages } from '../util/mutex';
import type { Content } from '../util/zip';
import { methodOf } from './catalogue';
import type { Engine } from './engine';

/** config.json of a base that was trained here: that of another base has the scale of the rewards over the other's images. */
const configOf = async (run: TrainingSession): Promise<string | undefined> => {
  const { denoiser } = run.model;
  if (!denoiser || methodOf(run.document).eats !== 'latent-images') return undefined;
  const { baseConfig } = await import('../diffusion/base-config');
  return run.withModel('policy', ({ weights }) => baseConfig(denoiser.config, weights, yieldToMessages));
};

/** The files of an export. @throws Error as `exportFiles` */
export const filesOfRun = async (
  run: TrainingSession,
  options?: ExportOptions,
): Promise<Map<string, Content>> =>
  exportFiles(run.policyPlan, await run.weights(), run.summary(), options, {
    report: run.dataReport,
    config: await configOf(run),
  });

const inOne = (content: Content): Uint8Array => {
  if (content instanceof Uint8Array) return content;
  return joinBytes([...content]);
};

/** Keeps what a run has trained as a model among those that were brought. @throws Error when it trains an adapter, or has not begun */
export const keepModelOf = async (
  engine: Engine,
  run: TrainingSession,
  name: string,
): Promise<LoadedModel> => {
  const { document } = run;
  if (run.policyPlan.adapter)
    throw new Error('The run trains an adapter; export it, and add it beside its model.');
  if (run.summary().metrics.length === 0) throw new Error('The run has trained nothing yet.');
  const files = await filesOfRun(run, { what: 'model' });
  const folder = name.trim().replace(/\//g, '-').slice(0, 60) || 'trained here';
  const given = [...files]
    .filter(([file]) => file !== 'run.json' && !file.startsWith('metrics'))
    .map(([file, content]) => ({ name: `${folder}/${file}`, data: inOne(content) }));
  const hooks = { signal: new AbortController().signal, onProgress: () => undefined };
  const from = `Trained here: ${methodOf(document).name}, seed ${document.seed}, from ${document.model}`;
  return addModel((await engine.store()).files, given, hooks, from);
};
