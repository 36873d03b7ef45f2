/** The bare page that scripts/train.mjs drives: one function in, events and a result out, all of it plain JSON. */
import type { TrainResult } from './create-trainer';
import type { BackendChoice, RunDocument, RunEvent, Trainer } from './index';
import { createTrainer, defaultRun, parseRun, RunDocumentError } from './index';

interface HeadlessInput {
  /** Method whose defaults to take; wins over the file's. */
  method?: string;
  /** A run document to start from, unchecked. */
  file?: Record<string, unknown>;
  /** Values to put into the document. */
  set: { path: string[]; value: unknown }[];
  backend: BackendChoice;
  /** Go on with the last unfinished run of this browser's store. */
  resume: boolean;
  wantZip: boolean;
}

type HeadlessResult =
  | { problems: { field: string; message: string }[] }
  | { error: string }
  | (TrainResult & { document: RunDocument; zip: string | undefined });

declare global {
  interface Window {
    /** Put there by the script. */
    marginaliaEvent?: (event: RunEvent) => void;
    marginaliaHeadless?: {
      train(input: HeadlessInput): Promise<HeadlessResult>;
      pause(): Promise<void>;
    };
  }
}

let active: Trainer | undefined;

const setField = (document: Record<string, unknown>, path: readonly string[], value: unknown) => {
  let owner = document;
  for (const key of path.slice(0, -1)) {
    if (typeof owner[key] !== 'object' || owner[key] === null) owner[key] = {};
    owner = owner[key] as Record<string, unknown>;
  }
  owner[path[path.length - 1]!] = value;
};

/** The document of the file or of the method's defaults, with the changes. @throws RunDocumentError */
const documentFrom = async (trainer: Trainer, { method, file, set }: HeadlessInput): Promise<RunDocument> => {
  const methods = await trainer.methods();
  const inFile = (file?.['method'] as { id?: unknown } | undefined)?.id;
  const id = method ?? (file ? inFile : 'step-dpo');
  const known = methods.find((m) => m.id === id);
  if (!known) {
    if (file && method === undefined) parseRun(file, methods); // says what else is wrong with it
    const message = `${JSON.stringify(id)} is not a method; use one of ${methods.map((m) => m.id).join(', ')}`;
    throw new RunDocumentError([{ field: 'method.id', message }]);
  }
  const fresh = defaultRun(known);
  const document: Record<string, unknown> = file ? structuredClone(file) : { ...fresh };
  // Another method than the file's has other parameters.
  if (file && method !== undefined && method !== inFile) document['method'] = fresh.method;
  for (const { path, value } of set) setField(document, path, value);
  return parseRun(document, methods);
};

const lastUnfinished = async (trainer: Trainer) => {
  const waiting = (await trainer.runs())
    .filter((run) => run.phase !== 'finished' && run.phase !== 'failed')
    .sort((a, b) => b.updated - a.updated);
  if (!waiting[0]) throw new Error('--resume: every run in the store is finished; start a new one.');
  return waiting[0];
};

const toBase64 = (bytes: Uint8Array): string => {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 32768)
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 32768)));
  return btoa(parts.join(''));
};

const train = async (input: HeadlessInput): Promise<HeadlessResult> => {
  try {
    active = await createTrainer({ backend: input.backend });
    const stored = input.resume ? await lastUnfinished(active) : undefined;
    const document = stored?.document ?? (await documentFrom(active, input));
    const result = await active.train(document, {
      ...(stored ? { resume: stored.runId } : {}),
      onEvent: (event) => {
        if (event.kind !== 'tree') window.marginaliaEvent?.(event);
      },
    });
    const zip = input.wantZip ? toBase64(await active.exportModel()) : undefined;
    return { document, ...result, zip };
  } catch (error) {
    if (error instanceof RunDocumentError) return { problems: error.problems };
    return { error: error instanceof Error ? error.message : String(error) };
  } finally {
    await active?.dispose();
    active = undefined;
  }
};

window.marginaliaHeadless = {
  train,
  pause: async () => {
    await active?.pause();
  },
};
