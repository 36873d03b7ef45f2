/**
 * The bare page that scripts/train.mjs drives: plain JSON in, events and results out. Files come from the script's own
 * server and go back to it, so that they need not pass through JSON.
 */
import type { SeriesInput } from './analyse-series';
import { analyseSeries, seriesList } from './analyse-series';
import type { BringInput } from './headless-bring';
import { bring, GivenError } from './headless-bring';
import type { ArmInput, ComparedArm } from './headless-compare';
import { compareDocuments, sharedDocument, trainArms } from './headless-compare';
import type { DocumentInput } from './headless-document';
import { applyBrought, checkIds, documentFrom } from './headless-document';
import type {
  BackendChoice,
  BackendInfo,
  ChatReply,
  DatasetReport,
  Estimate,
  ExportOptions,
  ModelSummary,
  RunDocument,
  RunEvent,
  Trainer,
  TrainResult,
} from './index';
import { createTrainer, RunDocumentError } from './index';
import { parseGroup } from './run/group';

interface PrepareInput extends DocumentInput {
  backend: BackendChoice;
  /** Go on with the last unfinished run of this browser's store; all else is then left out. */
  resume: boolean;
  bring: BringInput;
  /** Arms of a comparison in the place of one run. */
  compare?: ArmInput[];
  /** Read the document's dataset and report; weigh the run. */
  check: boolean;
  estimate: boolean;
}

interface Prepared {
  document: RunDocument;
  /** Of the arms of a comparison. */
  documents?: RunDocument[];
  model: ModelSummary | undefined;
  /** What is to be known of the files of examples, in sentences. */
  notices?: string[];
  report?: DatasetReport;
  estimate?: Estimate;
}

/** What can be told to the person: wrong fields, or a sentence. */
type Failed = { problems: { field: string; message: string }[] } | { error: string };

interface Headless {
  /** Starts the engine, reads what was given and makes the document. */
  prepare(input: PrepareInput): Promise<Prepared | Failed>;
  train(): Promise<TrainResult | Failed>;
  /** Trains the arms of a comparison, in lock-step. */
  compare(): Promise<{ arms: ComparedArm[]; backend: BackendInfo } | Failed>;
  /** Posts the zip of what was trained to an address. */
  export(options: ExportOptions, address: string): Promise<Failed | undefined>;
  /** A greedy answer before and after. */
  chat(prompt: string): Promise<{ reference: ChatReply; policy: ChatReply } | Failed>;
  /** Tokens of the first examples, one sequence per response, and their log-probs under what was trained. */
  logProbs(examples: number): Promise<{ tokens: number[][]; logProbs: number[][] } | Failed>;
  /** What `analyse` knows. */
  analyses(): ReturnType<typeof seriesList>;
  /** Trains what an analysis looks at, and looks; on an engine of its own. */
  analyse(input: SeriesInput): Promise<Awaited<ReturnType<typeof analyseSeries>> | Failed>;
  /** Ends a download or a check, and pauses the run after its step. */
  pause(): Promise<void>;
}

declare global {
  interface Window {
    /** Put there by the script. */
    marginaliaEvent?: (event: RunEvent) => void;
    marginaliaHeadless?: Headless;
  }
}

interface Open {
  trainer: Trainer;
  document: RunDocument;
  model: ModelSummary | undefined;
  resume: string | undefined;
  /** Runs of a comparison that is open. */
  arms?: string[];
}

let active: Trainer | undefined;
let open: Open | undefined;
/** The person asked to pause; a run that is only just being made has not heard of it. */
let pausing = false;

const failed = (error: unknown): Failed => {
  if (error instanceof RunDocumentError) return { problems: error.problems };
  return { error: error instanceof Error ? error.message : String(error) };
};

const guarded =
  <A extends unknown[], T>(f: (...args: A) => Promise<T>) =>
  async (...args: A): Promise<T | Failed> => {
    try {
      return await f(...args);
    } catch (error) {
      return failed(error);
    }
  };

const prepared = (): Open => {
  if (!open) throw new Error('Nothing has been prepared.');
  return open;
};

const lastUnfinished = async (trainer: Trainer) => {
  const waiting = (await trainer.runs())
    .filter((run) => run.phase !== 'finished' && run.phase !== 'failed')
    .sort((a, b) => b.updated - a.updated);
  if (!waiting[0]) throw new Error('--resume: every run in the store is finished; start a new one.');
  return waiting[0];
};

const tell = (event: RunEvent) => {
  if (event.kind !== 'tree') window.marginaliaEvent?.(event);
};

const modelOf = async (trainer: Trainer, { model }: RunDocument) =>
  (await trainer.models()).find(({ id }) => id === model);

const prepare = async (input: PrepareInput): Promise<Prepared> => {
  const trainer = await createTrainer({ backend: input.backend });
  active = trainer;
  for (const kind of ['download', 'progress'] as const) trainer.on(kind, tell);
  if (input.resume) {
    const { document, runId, group } = await lastUnfinished(trainer);
    if (group) {
      const statuses = await trainer.openGroup(group.id);
      const runs = (await trainer.runs()).filter((run) => run.group?.id === group.id);
      const documents = statuses.map((status) => runs.find((run) => run.runId === status.runId)!.document);
      const arms = statuses.map((status) => status.runId);
      open = { trainer, document, model: await modelOf(trainer, document), resume: undefined, arms };
      return { document, documents, model: open.model };
    }
    open = { trainer, document, model: await modelOf(trainer, document), resume: runId };
    return { document, model: open.model };
  }
  const methods = await trainer.methods();
  const draft = input.compare ? sharedDocument(methods, input.compare, input) : documentFrom(methods, input); // what is wrong with it is told before anything large is read
  const brought = await bring(trainer, input.bring, draft.model);
  const document = applyBrought(methods, draft, brought, input);
  await checkIds(trainer, document);
  const model = brought.model ?? (await modelOf(trainer, document));
  open = { trainer, document, model, resume: undefined };
  if (input.compare) {
    const documents = parseGroup(compareDocuments(methods, input.compare, document), methods);
    open.arms = (await trainer.createGroup(documents)).map(({ runId }) => runId);
    return { document, documents, model, notices: brought.data?.notices ?? [] };
  }
  const dataset = document.data.dataset !== null;
  if (input.check && !dataset) throw new GivenError('--check: give the examples to check with --data FILE.');
  const report = dataset ? await trainer.checkDataset(document) : undefined;
  const estimate = input.estimate ? await trainer.estimate(document) : undefined;
  const notices = brought.data?.notices ?? [];
  return { document, model, notices, ...(report ? { report } : {}), ...(estimate ? { estimate } : {}) };
};

const train = (): Promise<TrainResult> => {
  const { trainer, document, resume } = prepared();
  return trainer.train(document, {
    ...(resume ? { resume } : {}),
    onEvent: (event) => {
      if (pausing) {
        pausing = false;
        trainer.pause().catch(() => undefined);
      }
      // Told by the listeners of `prepare`.
      if (event.kind !== 'download' && event.kind !== 'progress') tell(event);
    },
  });
};

/** The arms of a comparison to their ends. */
const compare = async () => {
  const { trainer, arms } = prepared();
  if (!arms) throw new Error('No comparison has been prepared.');
  const ends = (['status', 'metrics', 'evaluation', 'checkpoint'] as const).map((kind) =>
    trainer.on(kind, (event) => {
      if (pausing) {
        pausing = false;
        trainer.pause().catch(() => undefined);
      }
      tell(event);
    }),
  );
  try {
    const found = await trainArms(trainer, arms);
    return { arms: found, backend: trainer.backend };
  } finally {
    for (const end of ends) end();
  }
};

const exportTo = async (options: ExportOptions, address: string): Promise<undefined> => {
  const zip = await prepared().trainer.exportModel(options);
  const response = await fetch(address, {
    method: 'POST',
    body: new Blob([zip as Uint8Array<ArrayBuffer>]),
  });
  if (!response.ok) throw new Error(`--out: ${await response.text()}`);
};

const chat = async (prompt: string) => {
  const { trainer, document, model } = prepared();
  const asked = model?.details?.chatTemplate ? [{ role: 'user', content: prompt }] : prompt;
  const options = { temperature: 0, seed: document.seed, maxTokens: document.data.maxTokens };
  return {
    reference: await trainer.chat(asked, { ...options, which: 'reference' }),
    policy: await trainer.chat(asked, { ...options, which: 'policy' }),
  };
};

const logProbs = async (examples: number) => {
  const { trainer } = prepared();
  const { trees } = await trainer.trees(0, examples);
  const tokens = trees.flatMap(({ nodes, responses }) =>
    responses.map(({ leaf }) => {
      const parts: number[][] = [];
      for (let at = leaf; at >= 0; at = nodes[at]!.parent) parts.unshift([...nodes[at]!.tokens]);
      return parts.flat();
    }),
  );
  return { tokens, logProbs: await trainer.logProbs(tokens, 'policy') };
};

const ending = new AbortController();

window.marginaliaHeadless = {
  prepare: guarded(prepare),
  train: guarded(train),
  compare: guarded(compare),
  export: guarded(exportTo),
  chat: guarded(chat),
  logProbs: guarded(logProbs),
  analyses: seriesList,
  analyse: guarded((input: SeriesInput) =>
    analyseSeries(input, (event) => window.marginaliaEvent?.(event), ending.signal),
  ),
  pause: async () => {
    pausing = true;
    ending.abort(new Error('The analysis was stopped.'));
    // One of these fits what is being done; the others have nothing to end, and say so.
    await Promise.allSettled([active?.cancelDownload(), active?.cancelCheck(), active?.pause()]);
  },
};
