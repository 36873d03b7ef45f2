import type { Estimate, RunPhase } from '../../workers/protocol';
import type { DatasetReport } from '../data/prepare/report';
import { createKnownFacts } from '../load/known-facts';
import type { LoadedModel } from '../load/loaded-model';
import { methodFacts } from '../run/method-facts';
import { passInfo } from '../run/pass-words';
import { treesAreThere } from '../run/trees-there';
import { loadTask } from '../tasks/index';
import type { Task } from '../tasks/task';
import { deviceFacts, memoryFacts } from '../train/device-facts';
import { estimateRun } from '../train/estimate';
import { estimateImages } from '../train/estimate-images';
import { isOutOfMemory, MemoryError, memoryMessage } from '../train/memory-error';
import { writingLatency } from '../train/pace';
import type { RunDocument } from '../train/run-document';
import { defaultAdapter } from '../train/run-document';
import type { MethodFacts } from '../train/run-facts';
import type { PreferenceTree } from '../tree/tree';
import { methodOf, parseDocument } from './catalogue';
import { checkMedium, checkWorld } from './checks';
import type { Engine } from './engine';

/** What a run takes, before it is begun and when it turns out to be too much. */
export interface Estimates {
  /** @throws naming the field */
  of(value: unknown): Promise<Estimate>;
  /** Takes down what a check of a document's data found, for the next estimate. */
  note(document: RunDocument, trees: readonly PreferenceTree[], report: DatasetReport): void;
  /** What to say instead of "Aborted()"; undefined for other errors. What the backend still holds is given up then. */
  explain(
    document: RunDocument,
    model: LoadedModel,
    task: Task,
  ): (error: unknown, phase: RunPhase) => Error | undefined;
}

export const createEstimates = (engine: Engine): Estimates => {
  const facts = createKnownFacts();

  const methodFactsOf = (document: RunDocument, model: LoadedModel): MethodFacts => ({
    ...methodFacts(methodOf(document), document),
    latency: writingLatency(model.summary.id),
  });

  return {
    async of(value) {
      const document = parseDocument(value);
      const model = await engine.shelf.load(document.model);
      checkWorld(document);
      if (model.denoiser) {
        checkMedium(methodOf(document), document, model);
        const method = methodFactsOf(document, model);
        const { memory } = memoryFacts(engine.started());
        const { imagesPerTree, passFlops, runCost } = await import('../diffusion/flops');
        const { config } = model.denoiser;
        const own = methodOf(document).passes(document.method.params);
        const passes = passInfo(own, document.steps, (pass, first) =>
          passFlops(config, pass, document, first),
        );
        const cost = {
          ...runCost(config, passes),
          perTree: Math.max(...own.map((pass) => imagesPerTree(pass, document))),
        };
        return estimateImages({ weights: model.weights, document, method, memory, cost });
      }
      const { config, weights } = model;
      const task = document.data.dataset ? undefined : await loadTask(document.data.task);
      const there = await treesAreThere(document, model, await engine.store(), engine.started());
      const data = { ...facts.of(document, model, task), there };
      const device = await deviceFacts(engine.started());
      const adapter = { ...defaultAdapter(), ...document.adapter };
      const method = methodFactsOf(document, model);
      return estimateRun({ config, weights, document, data, device, method }, adapter);
    },
    note: (document, trees, report) => facts.note(document, trees, report),
    explain: (document, model, task) => (error, phase) => {
      if (!isOutOfMemory(error)) return undefined;
      engine.giveUp();
      const { weights } = model;
      if (model.denoiser) {
        const { memory } = memoryFacts(engine.started());
        const message = memoryMessage(document, phase, (next) =>
          estimateImages({ weights, document: next, method: methodFactsOf(next, model), memory }),
        );
        return new MemoryError(message, { cause: error });
      }
      const { config } = model;
      const device = memoryFacts(engine.started());
      const adapter = { ...defaultAdapter(), ...document.adapter };
      const message = memoryMessage(document, phase, (next) => {
        const [data, method] = [facts.of(next, model, task), methodFactsOf(next, model)];
        return estimateRun({ config, weights, document: next, data, device, method }, adapter);
      });
      return new MemoryError(message, { cause: error });
    },
  };
};
