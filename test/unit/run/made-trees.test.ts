import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoadedModel } from '../../../src/load/loaded-model';
import { modelFromFiles } from '../../../src/load/model-from-files';
import { stepDpo } from '../../../src/methods/stepwise/step-dpo';
import { TrainingSession } from '../../../src/run/session';
import type { Recipe } from '../../../src/run/tree-key';
import { madeTreesKey } from '../../../src/run/tree-key';
import { treesAreThere } from '../../../src/run/trees-there';
import { arithmetic } from '../../../src/tasks/arithmetic';
import type { BackendInfo } from '../../../src/tf';
import { initBackend } from '../../../src/tf';
import { MADE_TREES, madeTrees, writeMadeTrees } from '../../../src/train/made-trees';
import type { RunDocument } from '../../../src/train/run-document';
import { defaultRun } from '../../../src/train/run-document';
import type { PreferenceTree } from '../../../src/tree/tree';
import { validateTree } from '../../../src/tree/validate';
import type { RunEvent } from '../../../workers/protocol';
import { memorySessionStore } from '../../support/memory-session-store';

const folder = 'public/models/arith-nano';
const bytes = (name: string) => new Uint8Array(readFileSync(`${folder}/${name}`));
const text = readFileSync(`${folder}/${MADE_TREES}`, 'utf8');

let backend: BackendInfo;
let model: LoadedModel;
beforeAll(async () => {
  backend = await initBackend('wasm');
  const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
  const summary = { id: 'arith-nano', name: 'nano', description: '', parameters: 0, builtIn: true };
  model = await modelFromFiles(summary, new Map(names.map((name) => [name, bytes(name)])));
});

const documentOf = (changes: Partial<RunDocument> = {}): RunDocument => ({
  ...defaultRun(stepDpo),
  evaluation: { every: 0, problems: 0 },
  steps: 1,
  ...changes,
});

const keyOf = (document: RunDocument, more: Partial<Recipe> = {}) => {
  const { id, params } = document.data.source!;
  return madeTreesKey({ owner: 'run', source: id, params, document, policyHash: model.hash, ...more });
};

/** Prepares a run and takes one step, or stops as soon as `enough` trees are there. */
const treesOf = async (of: LoadedModel, document: RunDocument, enough = Number.POSITIVE_INFINITY) => {
  const memory = memorySessionStore();
  const phases = new Set<string>();
  const trees: PreferenceTree[] = [];
  const emit = (event: RunEvent) => {
    if (event.kind === 'status') phases.add(event.status.phase);
    if (event.kind === 'tree') trees.push(event.tree);
    if (trees.length >= enough) void session.pause();
  };
  const session: TrainingSession = await TrainingSession.create({
    ...{ runId: 'run', document, method: stepDpo, task: arithmetic, model: of, backend },
    ...{ store: memory.store, emit },
  });
  await session.stepOnce();
  await session.dispose();
  return { trees, phases, keys: [...memory.datasets.keys()], stored: [...memory.datasets.values()] };
};

describe('the trees that come with the built-in model', () => {
  it('are known of before the run, as those are that an earlier run stored', async () => {
    const known: string[] = [];
    const store = { hasDataset: async (key: string) => known.includes(key) };
    const there = (document: RunDocument, of: LoadedModel = { ...model, madeTrees: text }) =>
      treesAreThere(document, of, store, backend);
    expect(await there(documentOf())).toBe(true);
    expect(await there(documentOf(), model)).toBe(false);
    expect(await there(documentOf({ seed: 2 }))).toBe(false);
    const { keys } = await treesOf(model, documentOf({ seed: 2, data: { ...documentOf().data, trees: 2 } }));
    known.push(...keys);
    expect(await there(documentOf({ seed: 2, data: { ...documentOf().data, trees: 2 } }))).toBe(true);
    expect(await there(documentOf({ seed: 2, data: { ...documentOf().data, trees: 3 } }))).toBe(false);
  });

  it('are those that it makes: run scripts/make-trees.mjs after a change', async () => {
    const { trees, phases } = await treesOf(model, documentOf(), 24);
    expect(phases).toContain('collecting');
    expect(trees.length).toBeGreaterThanOrEqual(24);
    const made = madeTrees({ madeTrees: text }, await keyOf(documentOf()));
    expect(made).toHaveLength(documentOf().data.trees);
    expect(made!.slice(0, trees.length)).toEqual(trees);
    for (const tree of made!) validateTree(tree, model.config.vocabSize, model.config.maxPositions);
  });

  it('begin the default run without sampling, and are stored as if they had been sampled', async () => {
    const { trees, phases, stored } = await treesOf({ ...model, madeTrees: text }, documentOf());
    expect(phases).not.toContain('collecting');
    expect(phases).toContain('finished');
    expect(trees).toHaveLength(256);
    expect(stored).toEqual([trees]);
  });

  it('are not taken for a run that would make others, and taken for one that differs in nothing that they follow from', async () => {
    const taken = async (document: RunDocument, more: Partial<Recipe> = {}) =>
      madeTrees({ madeTrees: text }, await keyOf(document, more)) !== undefined;
    const { method, data, optimizer } = documentOf();
    const source = data.source!;
    const withSource = (change: object) =>
      documentOf({ data: { ...data, source: { ...source, ...change } } });
    const others: [RunDocument, Partial<Recipe>?][] = [
      [documentOf({ seed: 2 })],
      [documentOf({ data: { ...data, trees: 255 } })],
      [documentOf({ data: { ...data, difficulty: 'hard' } })],
      [withSource({ id: 'right-and-wrong' })],
      [withSource({ params: { ...source.params, temperature: 0.7 } })],
      [documentOf(), { policyHash: `${model.hash}0` }],
      [documentOf(), { owner: 'second' }],
    ];
    for (const [document, more] of others) expect(await taken(document, more)).toBe(false);
    expect(madeTrees({}, await keyOf(documentOf()))).toBeUndefined();

    const turned = Object.fromEntries(Object.entries(source.params).reverse()); // as a link may order them
    expect(await taken(withSource({ params: turned }))).toBe(true);
    const params = { ...method.params, beta: 1 };
    expect(await taken(documentOf({ method: { ...method, params }, steps: 5, optimizer }))).toBe(true);
  });

  it('come back from the file as they went in', async () => {
    const key = (JSON.parse(text.split('\n')[0]!) as { key: string }).key;
    const made = madeTrees({ madeTrees: text }, await keyOf(documentOf()));
    expect(writeMadeTrees(key, made!)).toBe(text);
  });
});
