import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/store/checkpoints';
import { openDatabase, write } from '../../src/store/db';
import { RunLockedError, StoreError, StoreFullError } from '../../src/store/errors';
import { createMemoryStore } from '../../src/store/memory';
import { migrations } from '../../src/store/migrations';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import type { RunDocument } from '../../src/train/run-document';
import { chainTree } from '../../src/tree/build';
import type { RunSummary } from '../../workers/protocol';

let name = '';
const open: { close(): void }[] = [];
const connect = async (): Promise<Store> => {
  const store = await openStore({ name });
  open.push(store);
  return store;
};

beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
});
afterEach(async () => {
  IDBObjectStore.prototype.put = realPut;
  for (const connection of open.splice(0)) connection.close();
  await deleteDB(name);
});

const realPut = IDBObjectStore.prototype.put;

/** The nth put from now on fails as on a full disk; n = 1 is the next. */
const failPut = (n: number) => {
  let left = n;
  IDBObjectStore.prototype.put = function (...args) {
    if (--left === 0) throw new DOMException('The disk is full.', 'QuotaExceededError');
    return realPut.apply(this, args);
  };
};

const run = (runId: string, updated = 5): RunSummary => ({
  runId,
  document: {
    model: 'arith-nano',
    method: { id: 'dpo', params: { beta: 0.1 } },
    steps: 30,
  } as unknown as RunDocument,
  created: 1,
  updated,
  step: 3,
  stage: 0,
  phase: 'paused',
  metrics: [{ stage: 'dpo', metrics: { step: 1, loss: 0.69 } }],
  evaluations: [],
});

const checkpoint = (runId: string, step: number, size = 6): Checkpoint => {
  const filled = (value: number) => Float32Array.from({ length: size }, (_, i) => value + i / size);
  return {
    runId,
    step,
    pass: 1,
    weights: {
      embed: { shape: [2, size / 2], data: filled(step) },
      empty: { shape: [0], data: new Float32Array() },
    },
    initialWeightsHash: 'abc',
    optimizer: { m: { embed: filled(step + 100) }, v: { embed: filled(step + 200) }, step },
    kept: { guide: 'abc' },
    trees: { run: 'd' },
    epoch: { n: 1, order: Int32Array.of(2, 0, 1), at: 1 },
    created: 7,
  };
};

const tree = chainTree({ id: 't', prompt: [1, 2], steps: [[3], [4, 5]], labels: { reward: 1 } });

const contract = (make: () => Promise<Store>) => {
  it('gives back what was put, and undefined for what was not', async () => {
    const store = await make();
    await store.putRun(run('r1'));
    await store.putCheckpoint(checkpoint('r1', 3));
    await store.putDataset('d', 'pairs', [tree]);
    await store.putReferences(
      new Map([
        ['a', Float32Array.of(-1, -2)],
        ['b', new Float32Array()],
      ]),
    );
    const big = Float32Array.from({ length: 1000 }, (_, i) => i);
    await store.putReferences(new Map([['c', big.subarray(10, 12)]]));
    await store.putModel(
      'm',
      'Model',
      new Map([
        ['config.json', Uint8Array.of(1, 2)],
        ['none', new Uint8Array()],
      ]),
    );
    expect(await store.getRun('r1')).toEqual(run('r1'));
    expect(await store.getCheckpoint('r1')).toEqual(checkpoint('r1', 3));
    expect(await store.getDataset('d')).toEqual([tree]);
    expect(await store.getReferences(['c', 'x', 'a', 'b'])).toEqual([
      Float32Array.of(10, 11),
      undefined,
      Float32Array.of(-1, -2),
      new Float32Array(),
    ]);
    expect(await store.getModel('m')).toEqual(
      new Map([
        ['config.json', Uint8Array.of(1, 2)],
        ['none', new Uint8Array()],
      ]),
    );
    expect(await store.listModels()).toEqual([{ id: 'm', label: 'Model' }]);
    expect(await store.getRun('x')).toBeUndefined();
    expect(await store.getCheckpoint('x')).toBeUndefined();
    expect(await store.getDataset('x')).toBeUndefined();
    expect(await store.getModel('x')).toBeUndefined();
    expect(await store.getReferences([])).toEqual([]);
  });

  it('keeps its own copy', async () => {
    const store = await make();
    const mine = checkpoint('r', 1);
    await store.putCheckpoint(mine);
    mine.weights['embed']!.data.fill(0);
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 1));
  });

  it('replaces, lists the newest first, reports sizes and deletes', async () => {
    const store = await make();
    await store.putRun(run('r1', 5));
    await store.putRun(run('r2', 9));
    await store.putRun({ ...run('r1', 12), step: 8 });
    expect((await store.listRuns()).map((r) => [r.runId, r.step])).toEqual([
      ['r1', 8],
      ['r2', 3],
    ]);
    await store.putCheckpoint(checkpoint('r1', 3, 600));
    await store.putCheckpoint(checkpoint('r1', 4, 300));
    await store.putCheckpoint(checkpoint('r2', 5));
    await store.putDataset('d', 'pairs', [tree]);
    await store.putReferences(
      new Map([
        ['a', new Float32Array(100)],
        ['b', new Float32Array(10)],
      ]),
    );
    await store.putReferences(new Map([['a', new Float32Array(50)]]));
    await store.putModel('m', 'Model', new Map([['f', new Uint8Array(1000)]]));
    expect(await store.getCheckpoint('r1')).toEqual(checkpoint('r1', 4, 300));

    const { items, problem } = await store.report();
    expect(problem).toBe(store.problem);
    expect(items.map((i) => [i.store, i.key])).toEqual([
      ['runs', 'r1'],
      ['runs', 'r2'],
      ['checkpoints', 'r1'],
      ['checkpoints', 'r2'],
      ['datasets', 'd'],
      ['references', 'all'],
      ['models', 'm'],
    ]);
    const bytes = Object.fromEntries(items.map((i) => [i.store + i.key, i.bytes]));
    expect(bytes).toMatchObject({ referencesall: 240, modelsm: 1000 });
    expect(bytes['checkpointsr1']).toBeGreaterThan(3600);
    expect(bytes['checkpointsr1']).toBeLessThan(4400);
    expect(items[0]!.label).toBe('dpo on arith-nano, step 8 of 30');

    await store.deleteRun('r1');
    expect(await store.getRun('r1')).toBeUndefined();
    expect(await store.getCheckpoint('r1')).toBeUndefined();
    expect(await store.getCheckpoint('r2')).toEqual(checkpoint('r2', 5));
    await store.deleteItem('runs', 'r2');
    expect(await store.getCheckpoint('r2')).toBeUndefined();
    for (const item of (await store.report()).items) await store.deleteItem(item.store, item.key);
    expect((await store.report()).items).toEqual([]);
    expect(await store.getReferences(['a'])).toEqual([undefined]);
    expect(await store.getModel('m')).toBeUndefined();
    expect(await store.getDataset('d')).toBeUndefined();
  });

  it('keeps the weights that passes of a run leave, lists them, and deletes them with the run', async () => {
    const store = await make();
    const weights = (value: number) =>
      new Map([
        ['w', { shape: [2, 2], data: Float32Array.of(value, 2, 3, 4) }],
        ['none', { shape: [0], data: new Float32Array() }],
      ]);
    await store.putRun(run('r'));
    await store.putCheckpoint(checkpoint('r', 1));
    await store.putKept('r', 'guide', weights(1));
    await store.putKept('r', 'guide', weights(2));
    await store.putKept('r', 'reward', weights(3));
    await store.putKept('r2', 'guide', weights(4));
    expect(await store.getKept('r', 'guide')).toEqual(weights(2));
    expect(await store.getKept('r', 'x')).toBeUndefined();
    expect(await store.getKept('r', '')).toBeUndefined();
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 1));
    expect(await store.getCheckpoint('r/guide')).toBeUndefined();
    const listed = async () =>
      (await store.report()).items.filter((item) => item.store === 'checkpoints').map((item) => item.key);
    expect((await listed()).sort()).toEqual(['r', 'r/guide', 'r/reward', 'r2/guide']);
    const kept = (await store.report()).items.find(({ key }) => key === 'r/reward')!;
    expect(kept.label).toBe('Run r, weights after reward');
    expect(kept.bytes).toBeGreaterThanOrEqual(16);
    await store.deleteItem('checkpoints', 'r/reward');
    expect(await store.getKept('r', 'reward')).toBeUndefined();
    expect(await store.getKept('r', 'guide')).toEqual(weights(2));
    await store.deleteRun('r');
    expect(await store.getKept('r', 'guide')).toBeUndefined();
    expect(await listed()).toEqual(['r2/guide']);
    expect(await store.getKept('r2', 'guide')).toEqual(weights(4));
  });

  it('keeps a reference that follows within the checkpoint', async () => {
    const store = await make();
    const following = {
      hash: 'moved',
      weights: { embed: { shape: [2, 1], data: Float32Array.of(5, 6) } },
    };
    await store.putCheckpoint({ ...checkpoint('r', 1), following });
    expect(await store.getCheckpoint('r')).toEqual({ ...checkpoint('r', 1), following });
    await store.putCheckpoint(checkpoint('r', 2));
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 2));
  });
};

describe('a store in IndexedDB', () => {
  contract(connect);

  it('survives closing, and is one for all connections', async () => {
    const first = await connect();
    const second = await connect();
    await first.putRun(run('r'));
    expect(await second.getRun('r')).toEqual(run('r'));
    first.close();
    second.close();
    expect(await (await connect()).getRun('r')).toEqual(run('r'));
  });

  it('cuts large arrays and files into pieces and joins them', async () => {
    const store = await connect();
    const pieces = 2 * 1024 * 1024 + 10; // two whole pieces and a rest
    const large = checkpoint('r', 1, pieces);
    await store.putCheckpoint(large);
    const back = await store.getCheckpoint('r');
    const same = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((x, i) => x === b[i]);
    expect(same(back!.weights['embed']!.data, large.weights['embed']!.data)).toBe(true);
    expect(same(back!.optimizer.v['embed']!, large.optimizer.v['embed']!)).toBe(true);
    await store.putCheckpoint(checkpoint('r', 2)); // leaves no pieces of the longer one behind
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 2));
    const file = Uint8Array.from({ length: 4 * 1024 * 1024 + 3 }, (_, i) => i % 251);
    await store.putModel('m', 'M', new Map([['w', file]]));
    const read = (await store.getModel('m'))!.get('w')!;
    expect(read.length === file.length && read.every((x, i) => x === file[i])).toBe(true);
  });

  it('never leaves a checkpoint half-written or without its run, wherever the disk gets full', async () => {
    const store = await connect();
    await store.putCheckpoint(checkpoint('r', 1), run('r', 5));
    const before = (await store.report()).items;
    let failed = 0;
    for (let n = 1; ; n++) {
      failPut(n);
      const result = await store
        .putCheckpoint(checkpoint('r', 2), run('r', 6))
        .catch((error: unknown) => error);
      IDBObjectStore.prototype.put = realPut;
      if (result === undefined) break;
      failed++;
      expect(result).toBeInstanceOf(StoreFullError);
      expect(String(result)).toMatch(
        /storage is full: could not save the checkpoint \(0\.0 MB\)\. Nothing stored was changed\. Delete/,
      );
      expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 1));
      expect(await store.getRun('r')).toEqual(run('r', 5));
      expect((await store.report()).items).toEqual(before);
    }
    expect(failed).toBe(7); // three arrays, the head and the run, each with its item
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 2));
    expect(await store.getRun('r')).toEqual(run('r', 6));
  });

  it('keeps the previous checkpoint when the transaction is cut off in the middle', async () => {
    const store = await connect();
    await store.putCheckpoint(checkpoint('r', 1));
    const db = await openDatabase(name);
    open.push(db);
    await expect(
      write(db, ['checkpoints', 'checkpointParts'], 'test', undefined, async (tx) => {
        await tx.objectStore('checkpointParts').clear();
        await tx.objectStore('checkpoints').delete('r');
        tx.abort();
      }),
    ).rejects.toThrow(StoreError);
    expect(await store.getCheckpoint('r')).toEqual(checkpoint('r', 1));
  });

  it('changes nothing of a run, model, data set or reference scores when there is no room', async () => {
    const store = await connect();
    await store.putRun(run('r'));
    await store.putModel('m', 'M', new Map([['f', Uint8Array.of(1)]]));
    await store.putReferences(new Map([['a', Float32Array.of(1)]]));
    const before = (await store.report()).items;
    const attempts = [
      () => store.putRun({ ...run('r'), step: 9 }),
      () => store.putModel('m', 'M2', new Map([['f', Uint8Array.of(2)]])),
      () => store.putReferences(new Map([['a', Float32Array.of(2)]])),
      () => store.putDataset('d', 'D', [tree]),
    ];
    for (const attempt of attempts) {
      failPut(2); // the content is in, its entry in the list is not
      await expect(attempt()).rejects.toThrow(StoreFullError);
      IDBObjectStore.prototype.put = realPut;
    }
    expect(await store.getRun('r')).toEqual(run('r'));
    expect(await store.getModel('m')).toEqual(new Map([['f', Uint8Array.of(1)]]));
    expect(await store.getReferences(['a'])).toEqual([Float32Array.of(1)]);
    expect(await store.getDataset('d')).toBeUndefined();
    expect((await store.report()).items).toEqual(before);
  });

  it('says which part of a checkpoint is damaged', async () => {
    const store = await connect();
    await store.putCheckpoint(checkpoint('r', 1));
    const db = await openDatabase(name);
    open.push(db);
    await db.delete('checkpointParts', ['r', 1 + 1, 0]);
    await expect(store.getCheckpoint('r')).rejects.toThrow(/damaged \(m of embed is not whole\)/);
  });

  it('upgrades an older layout and keeps what is in it', async () => {
    const old = await openDatabase(name, 1);
    expect(old.objectStoreNames.contains('items')).toBe(false);
    await old.put('runs', run('r'), 'r');
    await old.put('references', new Float32Array(3), 'a');
    await old.put('datasets', { key: 'd', label: 'pairs', trees: [tree], updated: 4 }, 'd');
    await old.put('models', { id: 'm', label: 'M', files: [{ name: 'f', bytes: 2 }], updated: 3 }, 'm');
    await old.put('modelChunks', Uint8Array.of(8, 9), ['m', 'f', 0]);
    old.close();
    const store = await connect();
    expect(store.problem).toBe('');
    expect(await store.getRun('r')).toEqual(run('r'));
    expect(await store.getDataset('d')).toEqual([tree]);
    expect(await store.getModel('m')).toEqual(new Map([['f', Uint8Array.of(8, 9)]]));
    expect((await store.report()).items.map((i) => [i.store, i.key, i.bytes])).toEqual([
      ['runs', 'r', expect.any(Number)],
      ['datasets', 'd', expect.any(Number)],
      ['references', 'all', 12],
      ['models', 'm', 2],
    ]);
  });

  it('reads a checkpoint of the first version', async () => {
    const store = await connect();
    await store.putCheckpoint(checkpoint('r', 3));
    const db = await openDatabase(name);
    open.push(db);
    const now = (await db.get('checkpoints', 'r')) as unknown as Record<string, unknown>;
    const { pass: _pass, kept: _kept, trees: _trees, epoch: _epoch, ...rest } = now;
    const scores = { guide: { t: Float32Array.of(-1, -2) } };
    const first = { ...rest, stage: 1, stageResults: scores, datasetKey: 'd', rngState: [1, 2, 3, 4] };
    await db.put('checkpoints', { ...first, dataPosition: 3 } as never, 'r');
    const { epoch: _, ...expected } = checkpoint('r', 3);
    expect(await store.getCheckpoint('r')).toEqual({
      ...expected,
      kept: {},
      trees: { run: 'd' },
      numbers: scores,
    });
  });

  it('lets another tab upgrade: the older connection closes and says so', async () => {
    const old = await openDatabase(name, 1);
    open.push(old);
    const store = await connect();
    expect(store.problem).toBe('');
    await expect(write(old, ['runs'], 'save the run', 1, () => undefined)).rejects.toThrow(
      /Could not save the run: the storage was closed.*Reload this page/,
    );
  });

  it('goes to memory, with the reason, when another tab holds an older version open', async () => {
    const stubborn = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1); // does not listen for versionchange
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const store = await connect();
    expect(store.problem).toMatch(/Another tab with an older version of this page is open/);
    await store.putRun(run('r'));
    expect(await store.getRun('r')).toEqual(run('r'));
    stubborn.close();
  });

  it('goes to memory, with the reason, when the layout is newer or there is no IndexedDB', async () => {
    const newer = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, migrations.length + 1);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    newer.close();
    expect((await connect()).problem).toMatch(/written by a newer version of this page; reload/);
    const real = Object.getOwnPropertyDescriptor(globalThis, 'indexedDB')!;
    Object.defineProperty(globalThis, 'indexedDB', { configurable: true, value: undefined });
    const store = await connect();
    Object.defineProperty(globalThis, 'indexedDB', real);
    expect(store.problem).toMatch(/offers no IndexedDB/);
    expect((await store.report()).problem).toBe(store.problem);
  });
});

describe('a store in memory', () => {
  contract(async () => createMemoryStore('A private window.'));
});

describe('locks', () => {
  it('give a run to one tab at a time, and protect it from being deleted elsewhere', async () => {
    const store = await connect();
    await store.putRun(run('locked'));
    const release = await store.lockRun('locked');
    await expect(store.lockRun('locked')).rejects.toThrow(RunLockedError);
    await expect(store.deleteRun('locked')).rejects.toThrow(/open in another tab/);
    expect(await store.getRun('locked')).toBeDefined();
    const other = await store.lockRun('other');
    other();
    release();
    release();
    const again = await store.lockRun('locked'); // free at once
    await expect(store.lockRun('locked')).rejects.toThrow(RunLockedError);
    again();
    await store.deleteRun('locked');
    expect(await store.getRun('locked')).toBeUndefined();
  });

  it('hold against another worker, and end with it', async () => {
    const store = await connect();
    const code =
      'navigator.locks.request("marginalia/run/w", () => { postMessage("held"); return new Promise(() => {}); });';
    const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    await new Promise((resolve) => worker.addEventListener('message', resolve));
    await expect(store.lockRun('w')).rejects.toThrow(/Run w is open in another tab/);
    worker.terminate();
    await expect
      .poll(() =>
        store.lockRun('w').then(
          () => 'locked',
          () => 'refused',
        ),
      )
      .toBe('locked');
  });
});
