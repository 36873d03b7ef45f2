import { z } from 'zod/mini';
import type { ModelSummary } from '../../workers/protocol';
import { MADE_TREES } from '../train/made-trees';
import { sha256Hex } from '../util/hash';
import type { LoadedModel } from './loaded-model';
import { modelFromFiles } from './model-from-files';

const indexSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    parameters: z.number(),
    task: z.string(),
    difficulty: z.string(),
    /** Draws images instead of writing text. */
    draws: z.optional(z.literal(true)),
    files: z.array(z.object({ name: z.string(), bytes: z.number(), sha256: z.string() })),
  }),
);

type IndexEntry = z.infer<typeof indexSchema>[number];

/** Files of one model, by name; how a store keeps them between visits. */
export interface ModelCache {
  getModel(id: string): Promise<Map<string, Uint8Array> | undefined>;
  putModel(id: string, label: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
}

const fetchBytes = async (url: string): Promise<Uint8Array> => {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Error(
      `${url} could not be read (${error instanceof Error ? error.message : String(error)}); check the connection and try again.`,
    );
  }
  if (!response.ok)
    throw new Error(
      `${url} answered ${response.status}; check that the models folder is served beside the page.`,
    );
  return new Uint8Array(await response.arrayBuffer());
};

const readIndex = async (baseUrl: string): Promise<IndexEntry[]> => {
  const url = new URL('models/index.json', baseUrl).href;
  const text = new TextDecoder().decode(await fetchBytes(url));
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${url} is not JSON; is the models folder served beside the page?`);
  }
  const result = z.safeParse(indexSchema, json);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new Error(`${url}: ${issue?.path.join('.') ?? 'list'}: ${issue?.message ?? 'not valid'}`);
  }
  return result.data;
};

const summaryOf = (entry: IndexEntry): ModelSummary => ({
  id: entry.id,
  name: entry.name,
  description: entry.description,
  parameters: entry.parameters,
  builtIn: true,
  task: entry.task,
  difficulty: entry.difficulty,
  ...(entry.draws && { draws: true as const }),
});

/** Models that come with the program. */
export const listBuiltInModels = async (baseUrl: string): Promise<ModelSummary[]> =>
  (await readIndex(baseUrl)).map(summaryOf);

const checkFile = async (where: string, entry: IndexEntry['files'][number], bytes: Uint8Array) => {
  if (bytes.byteLength !== entry.bytes) {
    throw new Error(
      `${where}/${entry.name} has ${bytes.byteLength} bytes and should have ${entry.bytes}; reload to fetch it again.`,
    );
  }
  if ((await sha256Hex([bytes])) !== entry.sha256) {
    throw new Error(
      `${where}/${entry.name} differs from what it should be (SHA-256); reload to fetch it again.`,
    );
  }
};

/** Every file of the model, from the cache when it holds them whole, else from the server; checked by size and hash. */
const fetchFiles = async (entry: IndexEntry, baseUrl: string, cache: ModelCache | undefined) => {
  const cached = await cache?.getModel(entry.id);
  if (cached) {
    try {
      for (const file of entry.files)
        await checkFile(entry.id, file, cached.get(file.name) ?? new Uint8Array());
      return cached;
    } catch {
      // An older version of the model, or a damaged copy: fetch it again.
    }
  }
  const files = new Map<string, Uint8Array>();
  for (const file of entry.files) {
    const bytes = await fetchBytes(new URL(`models/${entry.id}/${file.name}`, baseUrl).href);
    await checkFile(entry.id, file, bytes);
    files.set(file.name, bytes);
  }
  // A cache that is full costs the next visit a download, and this one nothing.
  await cache?.putModel(entry.id, entry.name, files).catch(() => undefined);
  return files;
};

/** Fetches (or takes from the cache) and checks a built-in model. @throws when there is none of that id */
export const loadBuiltInModel = async (
  id: string,
  baseUrl: string,
  cache?: ModelCache,
): Promise<LoadedModel> => {
  const index = await readIndex(baseUrl);
  const entry = index.find((e) => e.id === id);
  if (!entry) {
    throw new Error(`model: "${id}" is not a model here; use one of ${index.map((e) => e.id).join(', ')}.`);
  }
  const files = await fetchFiles(entry, baseUrl, cache);
  if (entry.draws) {
    const { denoiserFromFiles } = await import('../diffusion/denoiser-model');
    return denoiserFromFiles(summaryOf(entry), files);
  }
  const made = files.get(MADE_TREES);
  return {
    ...(await modelFromFiles(summaryOf(entry), files)),
    ...(made ? { madeTrees: new TextDecoder().decode(made) } : {}),
  };
};
