/**
 * The part of the stand-in that keeps what a person brings. Datasets are really read, by the readers of the page's own
 * engine, with a tokenizer of one token per character; models and adapters are judged by the names of their files.
 */

import { detectFormat } from '../../src/data/formats/detect';
import { prepareDataset } from '../../src/data/prepare/prepare';
import { openDataset, readGiven } from '../../src/load/given-dataset';
import type { Tokenizer } from '../../src/tokenizer/tokenizer';
import type { MethodInfo } from '../../src/train/method-info';
import type { RunDocument } from '../../src/train/run-document';
import type {
  AdapterSummary,
  ChatReply,
  DatasetSummary,
  Estimate,
  GivenFile,
  HubSource,
  ModelSummary,
  RunEvent,
  StorageItem,
} from '../../workers/protocol';

const eos = 0x11_0000;

const tokenizer: Tokenizer = {
  vocabSize: eos + 1,
  bos: undefined,
  eos,
  pad: eos,
  encode: (text) => [...text].map((c) => c.codePointAt(0)!),
  decode: (tokens, options) =>
    tokens.map((t) => (t === eos ? (options?.keepSpecial ? '<eos>' : '') : String.fromCodePoint(t))).join(''),
  token: (t) => (t === eos ? '<eos>' : String.fromCodePoint(t)),
};

/** Text of a token of these trees. */
export const pieceOf = (token: number): string => tokenizer.token(token);

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const size = ({ data }: GivenFile) => (data instanceof Blob ? data.size : data.byteLength);
const linearModules = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'];

export interface BroughtOptions {
  /** Bytes that a run may take at most. */
  limitBytes?: number;
  /** The browser has no room: what is brought is gone with the page. */
  notKept?: boolean;
}

export const createBrought = (
  pace: number,
  options: BroughtOptions,
  methods: readonly MethodInfo[],
  emit: (...events: RunEvent[]) => void,
) => {
  const models: ModelSummary[] = [];
  const datasets: (DatasetSummary & { files: ReadonlyMap<string, Blob> })[] = [];
  const adapters: AdapterSummary[] = [];
  let cancelled = false;
  let check: AbortController | undefined;
  const kept = !options.notKept;

  const keepModel = (id: string, name: string, bytes: number, packed: boolean): ModelSummary => {
    const model: ModelSummary = {
      id,
      name,
      description: `A llama of 2 layers, ${packed ? 'in blocks of 4 bits' : 'in halves'}.`,
      parameters: 134_515_008,
      builtIn: false,
      details: {
        family: 'llama',
        bytes,
        maxPositions: 2048,
        chatTemplate: true,
        linearModules,
        stored: packed ? 'packed' : 'half',
        kept,
      },
    };
    const old = models.findIndex((m) => m.id === id);
    if (old >= 0) models.splice(old, 1);
    models.push(model);
    return model;
  };

  const download = async ({ repo, token }: HubSource, files: [string, number][]) => {
    cancelled = false;
    if (repo.endsWith('/missing')) throw new Error(`${repo}: the hub has no such repository (404).`);
    if (repo.endsWith('/gated') && !token) throw new Error(`${repo}: is gated (401); give a token.`);
    const total = files.reduce((sum, [, bytes]) => sum + bytes, 0);
    let before = 0;
    for (const [file, fileTotal] of files) {
      for (let part = 0; part <= 10; part++) {
        if (cancelled) throw new Error(`${repo}: the download was cancelled; what has come is kept.`);
        const done = before + (fileTotal * part) / 10;
        emit({
          kind: 'download',
          progress: {
            repo,
            file,
            fileDone: (fileTotal * part) / 10,
            fileTotal,
            done,
            total,
            bytesPerSecond: 12_400_000,
            secondsLeft: (total - done) / 12_400_000,
            note: '',
          },
        });
        await sleep(pace);
      }
      before += fileTotal;
    }
    return total;
  };

  const addDataset = async (given: GivenFile | GivenFile[]): Promise<DatasetSummary> => {
    await sleep(pace);
    const { label, files, source: rows, notices, utf8 } = await readGiven(given);
    const data = await new Blob([...files.values()]).arrayBuffer();
    const digest = await crypto.subtle.digest('SHA-256', data);
    const id = [...new Uint8Array(digest)]
      .map((b) => b.toString(16).padStart(2, '0'))
      .join('')
      .slice(0, 16);
    let found: Pick<DatasetSummary, 'format' | 'why' | 'mapping'>;
    try {
      found = detectFormat(rows);
    } catch (error) {
      found = { format: undefined, why: (error as Error).message, mapping: {} };
    }
    const { format, why, mapping } = found;
    const summary = {
      id,
      name: label,
      bytes: data.byteLength,
      columns: rows.columns,
      rows: rows.count,
      format,
      why,
      mapping,
      notices,
      utf8,
      kept,
    };
    const old = datasets.findIndex((d) => d.id === id);
    if (old >= 0) datasets.splice(old, 1);
    datasets.push({ ...summary, files });
    return summary;
  };

  const prepare = async (document: RunDocument, signal?: AbortSignal) => {
    const wanted = document.data.dataset;
    const dataset = datasets.find((d) => d.id === wanted?.id);
    const model = models.find((m) => m.id === document.model);
    if (!wanted || !dataset) throw new Error(`There is no dataset "${wanted?.id}".`);
    return prepareDataset({
      source: await openDataset(dataset.name, dataset.files, wanted.settings.encoding),
      settings: wanted.settings,
      tokenizer,
      template: undefined,
      method: methods.find((m) => m.id === document.method.id)!,
      seed: document.seed,
      ...(model?.details && { contextLength: model.details.maxPositions }),
      ...(signal && { signal }),
    });
  };

  return {
    models,
    prepare,
    calls: {
      addModel: async (files: GivenFile[]) => {
        await sleep(pace);
        const gguf = files.find(({ name }) => name.endsWith('.gguf'));
        const config = files.find(({ name }) => /(^|\/)config\.json$/.test(name));
        if (!gguf && !config) {
          throw new Error(
            `${files[0]?.name ?? 'nothing'}: is no model; give a .gguf file, or a folder with config.json, model.safetensors and tokenizer.json`,
          );
        }
        const name = gguf ? gguf.name.replace(/\.gguf$/, '') : (config!.name.split('/').at(-2) ?? 'a folder');
        const bytes = files.reduce((sum, file) => sum + size(file), 0);
        return keepModel(`file:${name}`, name, bytes, gguf !== undefined);
      },
      addHubModel: async (source: HubSource) => {
        const total = await download(source, [
          ['config.json', 700],
          ['tokenizer.json', 2_100_000],
          ['model.safetensors', 269_000_000],
        ]);
        return keepModel(`hub:${source.repo}@${source.revision ?? '4f1c2e9'}`, source.repo, total, false);
      },
      cancelDownload: async () => {
        cancelled = true;
      },
      addDataset,
      hubDataFiles: async ({ repo }: HubSource) => {
        await sleep(pace);
        if (repo.endsWith('/missing')) throw new Error(`${repo}: the hub has no such dataset (404).`);
        return [
          { name: 'data/train.jsonl', bytes: 1_400_000 },
          { name: 'data/test.jsonl', bytes: 90_000 },
        ];
      },
      addHubDataset: async (source: HubSource) => {
        await download(source, [[source.file ?? 'data.jsonl', 1_400_000]]);
        const row = JSON.stringify({ prompt: 'Say a.', chosen: 'a\nb', rejected: 'c\nd' });
        return addDataset({ name: source.file ?? 'data.jsonl', data: new TextEncoder().encode(`${row}\n`) });
      },
      datasets: async (): Promise<DatasetSummary[]> =>
        datasets.map(({ files: _files, ...summary }) => summary),
      checkDataset: async (value: unknown) => {
        check = new AbortController();
        const { signal } = check;
        for (let done = 0; done < 4; done++) {
          emit({ kind: 'progress', phase: 'collecting', done, total: 4, note: 'rows read' });
          await sleep(pace);
          if (signal.aborted) throw new Error('The check was ended.');
        }
        return (await prepare(value as RunDocument, signal)).report;
      },
      cancelCheck: async () => check?.abort(),
      addAdapter: async (files: GivenFile[], model: string) => {
        await sleep(pace);
        if (!files.some(({ name }) => name.endsWith('adapter_config.json')))
          throw new Error(
            `${files[0]?.name}: is no adapter; give adapter_config.json and adapter_model.safetensors`,
          );
        const adapter: AdapterSummary = {
          id: 'adapter:one',
          name: files[0]!.name.split('/')[0]!,
          rank: 4,
          alpha: 8,
          targetModules: ['q_proj', 'v_proj'],
          baseModel: model,
          kept,
        };
        adapters.push(adapter);
        return adapter;
      },
      addHubAdapter: async (source: HubSource, model: string) => {
        await download(source, [['adapter_model.safetensors', 3_000_000]]);
        const adapter = {
          id: `hub:${source.repo}`,
          name: source.repo,
          rank: 16,
          alpha: 32,
          targetModules: ['q_proj'],
          baseModel: model,
          kept,
        };
        adapters.push(adapter);
        return adapter;
      },
      adapters: async () => [...adapters],
      estimate: async (value: unknown): Promise<Estimate> => {
        await sleep(pace);
        const document = value as RunDocument;
        const model = models.find((m) => m.id === document.model);
        const perWeight = { f32: 4, f16: 2, int8: 1.1, int4: 0.6, file: 0.6 }[document.weights];
        const parameters = model?.parameters ?? 216_000;
        const longest = document.data.dataset?.settings.maxLength ?? document.data.maxTokens;
        const activations = (d: RunDocument) =>
          d.batchSize * longest * (d.checkpointing ? 4_000 : 40_000) * (model ? 4 : 0.1);
        const bytes = {
          weights: parameters * perWeight,
          training: (document.adapter ? document.adapter.rank * 200_000 : parameters) * 12,
          activations: activations(document),
        };
        const totalBytes = bytes.weights + bytes.training + bytes.activations;
        const limitBytes = options.limitBytes ?? 4e9;
        const fits = totalBytes <= limitBytes;
        const without = totalBytes - bytes.activations;
        return {
          parts: [
            { what: 'activations', bytes: bytes.activations },
            { what: 'weights', bytes: bytes.weights },
            { what: 'gradients and moments', bytes: bytes.training },
          ].sort((a, b) => b.bytes - a.bytes),
          totalBytes,
          limitBytes,
          largestBufferBytes: bytes.activations / 20,
          secondsPerStep: model ? 2.4 : undefined,
          passes: 1,
          allSteps: document.steps,
          ahead: model
            ? [{ what: 'scoring', count: document.steps * document.batchSize, seconds: 3 }]
            : [{ what: 'making', count: document.data.trees, seconds: 0.2 * document.data.trees }],
          secondsInAll: model ? 3 + 2.4 * document.steps : undefined,
          tokensPerStep: longest * document.batchSize,
          longest,
          fits,
          problem: fits ? '' : 'It needs more than this device gives to one page.',
          remedies: fits
            ? []
            : [
                {
                  field: 'checkpointing',
                  value: true,
                  why: 'Each layer is computed twice and kept once.',
                  totalBytes: without + activations({ ...document, checkpointing: true }),
                },
                {
                  field: 'batchSize',
                  value: 1,
                  why: 'One tree at a time.',
                  totalBytes: without + activations({ ...document, batchSize: 1 }),
                },
              ],
        };
      },
    },
    chat: async (prompt: string, which: 'policy' | 'reference', maxTokens: number): Promise<ChatReply> => {
      await sleep(pace);
      const text = which === 'policy' ? `I would say: ${prompt}` : `Hm, ${prompt}?`;
      const pieces = (text.match(/\s?\S+/g) ?? []).slice(0, maxTokens);
      return {
        text: pieces.join(''),
        tokens: pieces.map((_, i) => i),
        pieces,
        logProbs: pieces.map((_, i) => -0.05 - (i % 5) * 0.6),
        promptTokens: prompt.length,
        finished: pieces.join('') === text,
        seconds: 0.4,
      };
    },
    items: (): StorageItem[] => {
      const updated = Date.now();
      return [
        ...models.map((m) => ({
          store: 'models' as const,
          key: m.id,
          label: m.name,
          bytes: m.details!.bytes,
          updated,
        })),
        ...datasets.map((d) => ({
          store: 'dataFiles' as const,
          key: d.id,
          label: d.name,
          bytes: d.bytes,
          updated,
        })),
        ...adapters.map((a) => ({
          store: 'adapters' as const,
          key: a.id,
          label: a.name,
          bytes: 3e6,
          updated,
        })),
      ];
    },
    forget: (key: string) => {
      for (const list of [models, datasets, adapters]) {
        const at = list.findIndex(({ id }) => id === key);
        if (at >= 0) list.splice(at, 1);
      }
    },
  };
};
