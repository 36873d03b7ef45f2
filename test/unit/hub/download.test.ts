import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubOptions, HubRequest } from '../../../src/hub/download';
import { downloadFromHub, listDataFiles } from '../../../src/hub/download';
import { HubError } from '../../../src/hub/errors';
import type { DownloadProgress } from '../../../src/hub/progress';
import { createMemoryStore } from '../../../src/store/memory';
import type { Store } from '../../../src/store/store';
import { startHubServer } from '../../support/hub-server.mjs';
import { errorOf, modelFiles, pattern, quick, sha, weights } from './hub-fixture';

type Server = Awaited<ReturnType<typeof startHubServer>>;
type Repo = ReturnType<Server['add']>;

let hub: Server;
let elsewhere: Server;
let store: Store;
let repo: Repo;
const id = 'org/model';

beforeAll(async () => {
  hub = await startHubServer();
  elsewhere = await startHubServer();
});
afterAll(async () => {
  await hub.close();
  await elsewhere.close();
});
beforeEach(() => {
  store = createMemoryStore('');
  repo = hub.add({ id, files: modelFiles() });
  hub.requests.length = 0;
  elsewhere.requests.length = 0;
});

const get = (wanted: Partial<HubRequest> = {}, options: HubOptions = {}) =>
  downloadFromHub(
    store.files,
    { kind: 'model', repo: id, hub: hub.url, ...wanted },
    { ...quick, ...options },
  );
const big = 'model.safetensors';
const asked = (name: string) => hub.requests.filter(({ path }) => path.endsWith(`/${name}`));
const rangesOf = (name: string) => asked(name).map(({ headers }) => headers.range);
const isWhole = async () => {
  const [set] = await store.files.list('model');
  expect(Buffer.from(await store.files.readFile('model', set!.id, big)).equals(weights)).toBe(true);
};
const nothing = async () => expect(await store.files.list('model')).toEqual([]);

describe('a download', () => {
  it('brings what is needed, at the commit, once', async () => {
    const progress: DownloadProgress[] = [];
    const set = await get({}, { onProgress: (p) => progress.push(p) });
    const host = hub.url.slice('http://'.length);
    expect(set.id).toBe(`${host}/${id}@${repo.commit}`);
    expect(set.source).toEqual({ hub: hub.url, repo: id, revision: 'main', commit: repo.commit });
    expect(set.files.map(({ name }) => name)).toEqual([
      'config.json',
      'tokenizer.json',
      'tokenizer_config.json',
      big,
    ]);
    await isWhole();
    expect(asked('README.md')).toEqual([]);
    expect(progress.at(-1)).toMatchObject({ received: progress[0]!.total });
    hub.requests.length = 0;
    expect(await get()).toEqual(set);
    expect(hub.requests.map(({ path }) => path)).toEqual([`/api/models/${id}/revision/main?blobs=true`]);
    hub.requests.length = 0;
    expect(await get({ revision: repo.commit })).toEqual(set);
    expect(hub.requests).toEqual([]); // a commit says it all
  });

  it('of shards, of a GGUF, of an adapter and of a dataset', async () => {
    const index = JSON.stringify({ weight_map: { a: 'x-1.safetensors', b: 'x-2.safetensors' } });
    const { [big]: _, ...texts } = modelFiles();
    hub.add({
      id: 'org/shards',
      files: {
        ...texts,
        'model.safetensors.index.json': { body: index },
        'x-1.safetensors': { body: 'one' },
        'x-2.safetensors': { body: 'two' },
        'x-3.safetensors': { body: 'not named' },
      },
    });
    const shards = await get({ repo: 'org/shards' });
    expect(shards.files.map(({ name }) => name).slice(-3)).toEqual([
      'model.safetensors.index.json',
      'x-1.safetensors',
      'x-2.safetensors',
    ]);
    hub.add({ id: 'org/gguf', files: { 'a.gguf': { body: 'GGUFa' }, 'b.gguf': { body: 'GGUFb' } } });
    expect((await errorOf(get({ repo: 'org/gguf' }))) as HubError).toMatchObject({
      problem: 'choice',
      choices: [
        { name: 'a.gguf', bytes: 5 },
        { name: 'b.gguf', bytes: 5 },
      ],
    });
    const gguf = await get({ repo: 'org/gguf', file: 'b.gguf' });
    expect(new TextDecoder().decode(await store.files.readFile('model', gguf.id, 'b.gguf'))).toBe('GGUFb');
    hub.add({
      id: 'org/lora',
      kind: 'adapter',
      files: { 'adapter_config.json': { body: '{}' }, 'adapter_model.safetensors': { body: 'x' } },
    });
    expect((await get({ kind: 'adapter', repo: 'org/lora' })).files).toHaveLength(2);
    hub.add({
      id: 'org/pairs',
      kind: 'dataset',
      files: { 'data/a.jsonl': { body: '{"a":1}' }, 'b.csv': { body: 'a' }, 'README.md': { body: 'x' } },
    });
    const listed = await listDataFiles({ repo: 'org/pairs', hub: hub.url });
    expect(listed.files).toEqual([
      { name: 'data/a.jsonl', bytes: 7 },
      { name: 'b.csv', bytes: 1 },
    ]);
    const pairs = await get({ kind: 'dataset', repo: 'org/pairs', file: 'data/a.jsonl' });
    expect(new TextDecoder().decode(await store.files.readFile('dataset', pairs.id, 'data/a.jsonl'))).toBe(
      '{"a":1}',
    );
    const [one, two] = ['train-00000-of-00002.jsonl', 'train-00001-of-00002.jsonl'];
    hub.add({
      id: 'org/split',
      kind: 'dataset',
      files: { [one]: { body: '{"a":1}' }, [two]: { body: '{"a":2}' } },
    });
    const whole = await get({ kind: 'dataset', repo: 'org/split' });
    expect(whole.files.map(({ name }) => name)).toEqual([one, two]);
    const again = { kind: 'dataset' as const, repo: 'org/split', revision: whole.source!.commit };
    expect(await get({ ...again, file: 'train-*-of-00002.jsonl' })).toEqual(whole);
    expect((await get({ ...again, file: two })).files.map(({ name }) => name)).toEqual([two]);
  });

  it('goes on where the connection broke, with only the missing bytes', async () => {
    hub.fault(repo, big, [
      { do: 'break', after: 20_000 },
      { do: 'break', after: 10_000 },
    ]);
    const notices: string[] = [];
    await get({}, { onNotice: (sentence) => notices.push(sentence) });
    await isWhole();
    expect(rangesOf(big)).toEqual([undefined, 'bytes=20000-', 'bytes=30000-']);
    expect(asked(big)[1]!.headers['if-range']).toBe(`"${big}-1"`);
    expect(notices[0]).toMatch(/The connection to 127.0.0.1:\d+ broke off. Trying again in 1 second/);
  });

  it('gives up after several breaks, keeps what it has, and goes on later', async () => {
    hub.fault(
      repo,
      big,
      Array.from({ length: 6 }, () => ({ do: 'break', after: 5000 })),
    );
    const error = (await errorOf(get())) as HubError;
    expect(error).toMatchObject({ problem: 'offline' });
    expect(error.message).toMatch(
      /broke off. Check the connection and try again; what was downloaded is kept/,
    );
    await nothing();
    expect((await store.report()).items).toEqual([
      expect.objectContaining({ store: 'unfinished', label: `Unfinished download: ${id} (c0ffee00)` }),
    ]);
    hub.requests.length = 0;
    await get();
    await isWhole();
    expect(rangesOf(big)).toEqual(['bytes=30000-']);
    expect(asked('config.json')).toEqual([]);
    expect((await store.report()).items.map((item) => item.store)).toEqual(['models']);
  });

  it('forgets earlier breaks as long as it gets on', async () => {
    hub.fault(
      repo,
      big,
      Array.from({ length: 9 }, () => ({ do: 'break', after: 5000 })),
    );
    await get({}, { retry: { ...quick.retry, progress: 4000, retries: 2 } });
    await isWhole();
    expect(asked(big)).toHaveLength(10);
  });

  it('stops at once when cancelled in the middle of a trickle, and goes on later', async () => {
    hub.fault(repo, big, [{ do: 'trickle', size: 1000, pause: 200 }]);
    const controller = new AbortController();
    const began = Date.now();
    const error = await errorOf(
      get(
        {},
        {
          signal: controller.signal,
          onProgress: ({ file, fileReceived }) => {
            if (file === big && fileReceived >= 3000) controller.abort(new Error('Enough.'));
          },
        },
      ),
    );
    expect(error.message).toBe('Enough.');
    expect(Date.now() - began).toBeLessThan(5000);
    await nothing();
    hub.requests.length = 0;
    await get();
    await isWhole();
    expect(Number(/\d+/.exec(rangesOf(big)[0]!)![0])).toBeGreaterThanOrEqual(3000);
  });

  it('does not begin when it is cancelled already, and can be cancelled while it waits', async () => {
    await expect(get({}, { signal: AbortSignal.abort(new Error('No.')) })).rejects.toThrow('No.');
    expect(hub.requests).toEqual([]);
    hub.fault(repo, 'list', [{ do: 'status', status: 503, headers: { 'retry-after': '1' } }]);
    const began = Date.now();
    await expect(get({}, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/i);
    expect(Date.now() - began).toBeLessThan(950);
  });

  it('takes a silent server for gone', async () => {
    hub.fault(repo, big, [{ do: 'stall', after: 7000 }]);
    const notices: string[] = [];
    await get({}, { onNotice: (sentence) => notices.push(sentence) });
    await isWhole();
    expect(notices.join()).toMatch(/sent nothing for 0.4 seconds/);
    expect(rangesOf(big)).toEqual([undefined, 'bytes=7000-']);
  });
});

describe('a server that serves ranges badly', () => {
  const half = { do: 'break', after: 20_000 };
  const again = 'bytes=20000-';
  const cases: [string, Record<string, unknown>[], (string | undefined)[]][] = [
    ['ignores them', [half, { do: 'ignore-range' }], [undefined, again]],
    [
      'answers with an earlier part',
      [half, { do: 'wrong-range', start: 10_000 }],
      [undefined, again, undefined],
    ],
    [
      'answers with a later part',
      [half, { do: 'wrong-range', start: 30_000 }],
      [undefined, again, undefined],
    ],
    ['says another total', [half, { do: 'wrong-range', total: 60_000 }], [undefined, again, undefined]],
    ['answers 416', [half, { do: 'unsatisfiable' }], [undefined, again, undefined]],
    ['declares less than it sends', [{ do: 'short-length', by: 100 }], [undefined, 'bytes=49900-']],
    ['ends early in good order', [{ do: 'clean-short', after: 100 }], [undefined, 'bytes=100-']],
    ['sends more than there is', [{ do: 'extra', bytes: 7 }], [undefined, undefined]],
    ['sends a login page', [{ do: 'login-page' }], [undefined, undefined]],
    ['sends a login page in the middle', [half, { do: 'login-page' }], [undefined, again, undefined]],
  ];
  const identities: [string, object][] = [
    ['ETag', {}],
    ['ETag and hash', { sha256: sha(weights) }],
  ];
  describe.each(identities)('vouched for by %s', (_, identity) => {
    it.each(cases)('%s', async (_, faults, ranges) => {
      repo = hub.add({ id, files: { ...modelFiles(), [big]: { body: weights, ...identity } } });
      hub.fault(repo, big, structuredClone(faults) as never);
      await get();
      await isWhole();
      expect(rangesOf(big)).toEqual(ranges);
    });
  });

  it('declares more than it sends', async () => {
    hub.fault(repo, big, [{ do: 'long-length', by: 100 }]);
    await get();
    await isWhole();
  });

  it('answers with another part and does not say so: the hash shows it, and it is fetched whole', async () => {
    hub.fault(repo, big, [half, { do: 'shifted', by: 100 }]);
    const notices: string[] = [];
    await get({}, { onNotice: (sentence) => notices.push(sentence) });
    await isWhole();
    expect(rangesOf(big)).toEqual([undefined, again, undefined]);
    expect(notices.at(-1)).toMatch(/parts of model.safetensors do not fit together/);
  });

  it('sends a login page, and has no ETag: nothing is joined to it', async () => {
    repo = hub.add({
      id,
      files: { ...modelFiles(), [big]: { body: weights, etag: null, sha256: sha(weights) } },
    });
    hub.fault(repo, big, [{ do: 'login-page' }]);
    await get();
    await isWhole();
    expect(rangesOf(big)).toEqual([undefined, undefined]);
  });

  it.each([
    ['and heeds If-Range', false, 2],
    ['and sends a part of the new one', true, 3],
  ])('changes the file between requests %s', async (_, careless, requests) => {
    const plain = hub.add({ id: 'org/changing', files: { 'x.gguf': { body: 'a'.repeat(50_000) } } });
    const text = 'b'.repeat(50_000);
    hub.fault(plain, 'x.gguf', [half, { do: 'change', text, etag: '"x.gguf-2"', careless }]);
    const set = await get({ repo: 'org/changing' });
    expect(new TextDecoder().decode(await store.files.readFile('model', set.id, 'x.gguf'))).toBe(text);
    expect(asked('x.gguf')).toHaveLength(requests);
  });

  it.each([
    ['no ETag', null],
    ['a weak ETag', 'W/"x"'],
  ])('gives nothing that vouches for the parts (%s): begins again instead of joining', async (_, etag) => {
    const plain = hub.add({ id: 'org/plain', files: { 'x.gguf': { body: pattern(9000), etag } } });
    hub.fault(plain, 'x.gguf', [{ do: 'break', after: 5000 }]);
    const set = await get({ repo: 'org/plain' });
    expect(rangesOf('x.gguf')).toEqual([undefined, undefined]);
    expect(Buffer.from(await store.files.readFile('model', set.id, 'x.gguf')).equals(pattern(9000))).toBe(
      true,
    );
  });

  it('gives no ETag but a hash: joins, and the hash decides', async () => {
    const body = pattern(9000);
    const plain = hub.add({ id: 'org/hashed', files: { 'x.gguf': { body, etag: null, sha256: sha(body) } } });
    hub.fault(plain, 'x.gguf', [{ do: 'break', after: 5000 }]);
    await get({ repo: 'org/hashed' });
    expect(rangesOf('x.gguf')).toEqual([undefined, 'bytes=5000-']);
  });

  it('compresses on the way', async () => {
    hub.fault(repo, 'config.json', [{ do: 'gzip' }]);
    hub.fault(repo, 'list', [{ do: 'gzip' }]);
    const set = await get();
    expect(new TextDecoder().decode(await store.files.readFile('model', set.id, 'config.json'))).toBe(
      '{"model_type":"llama"}',
    );
  });
});

describe('a wrong file', () => {
  it('by its hash is deleted and told of', async () => {
    hub.fault(repo, big, [{ do: 'other-bytes' }]);
    const error = (await errorOf(get())) as HubError;
    expect(error).toMatchObject({ problem: 'content' });
    expect(error.message).toMatch(
      /^model.safetensors of org\/model is not the file that the hub lists \(its SHA-256/,
    );
    expect(error.message).toMatch(/What was fetched of it was deleted; try again/);
    await nothing();
    const [unfinished] = (await store.report()).items;
    expect(unfinished!.bytes).toBe(26); // the three small files
    await get();
    await isWhole();
  });

  it('by its size is given up after several tries', async () => {
    hub.add({ id, files: { ...modelFiles(), [big]: { body: weights, size: 40_000 } } });
    await expect(get()).rejects.toThrow(/sent more than the 40000 bytes that model.safetensors should have/);
    await nothing();
    hub.add({ id, files: { ...modelFiles(), [big]: { body: weights, size: 60_000 } } });
    await expect(get()).rejects.toThrow(HubError);
    await nothing();
  });
});

describe('refusals', () => {
  it('say what to do about a gated model, and never repeat the token', async () => {
    const token = 'hf_verySecret';
    hub.add({ id, files: modelFiles(), gated: true, token });
    const without = (await errorOf(get())) as HubError;
    expect(without.problem).toBe('access');
    expect(without.message).toMatch(
      /org\/model is gated: its terms must be accepted on its page.*a token of that account/,
    );
    const wrong = (await errorOf(get({}, { token: 'hf_wrongSecret' }))) as HubError;
    expect(wrong.message).toMatch(/is gated.*the token given does not show that/);
    expect(wrong.message).not.toContain('Secret');
    const set = await get({}, { token });
    expect(JSON.stringify([set, await store.report()])).not.toContain('Secret');
    expect(hub.requests.every(({ path }) => !path.includes('Secret'))).toBe(true);
    expect(asked(big)[0]!.headers.authorization).toBe(`Bearer ${token}`);
  });

  it('to another origin go without the token', async () => {
    const token = 'hf_verySecret';
    hub.add({ id, files: modelFiles(), gated: true, token });
    elsewhere.add({ id, files: modelFiles() });
    const gated = hub.add({ id, files: modelFiles(), gated: true, token });
    hub.fault(gated, big, [{ do: 'redirect', to: elsewhere.url }]);
    await get({}, { token });
    await isWhole();
    expect(elsewhere.requests).toHaveLength(1);
    expect(elsewhere.requests[0]!.headers.authorization).toBeUndefined();
  });

  it('tell a repository, a revision and a file apart', async () => {
    await expect(get({ repo: 'org/none' })).rejects.toThrow(/There is no model repository org\/none at 127/);
    await expect(get({ revision: 'v9' })).rejects.toThrow(/org\/model has no revision "v9"; try main/);
    hub.fault(repo, big, [{ do: 'status', status: 404 }]);
    await expect(get()).rejects.toThrow(/org\/model at revision main has no file model.safetensors/);
    hub.fault(repo, 'list', [{ do: 'status', status: 401 }]);
    await expect(get()).rejects.toThrow(/does not exist at .*, or it is private or gated and needs a token/);
    hub.fault(repo, 'list', [{ do: 'status', status: 418 }]);
    await expect(get()).rejects.toThrow(/answered 418/);
    await nothing();
  });

  it('that may pass are waited for, as long as asked', async () => {
    hub.fault(repo, 'list', [
      { do: 'status', status: 500 },
      { do: 'status', status: 429, headers: { 'retry-after': '1' } },
    ]);
    hub.fault(repo, big, [{ do: 'status', status: 503 }]);
    const began = Date.now();
    const notices: string[] = [];
    await get({}, { onNotice: (sentence) => notices.push(sentence) });
    expect(Date.now() - began).toBeGreaterThan(990);
    expect(notices.join('\n')).toMatch(/failed \(500\)[\s\S]*asked too often. Trying again in 1 second/);
    await isWhole();
    const later = new Date(Date.now() + 600_000).toUTCString();
    hub
      .add({ id: 'org/busy', files: modelFiles() })
      .faults.set('list', [{ do: 'status', status: 429, headers: { 'retry-after': later } }]);
    await expect(get({ repo: 'org/busy' })).rejects.toThrow(/It asks to wait 10 minutes; try again then/);
  });

  it('of lists that are none', async () => {
    hub.fault(repo, 'list', [{ do: 'login-page' }]);
    await expect(get()).rejects.toThrow(/answered with something that is not JSON for org\/model; is http:/);
    await expect(get({ hub: 'http://127.0.0.1:1' })).rejects.toThrow(/127.0.0.1:1 could not be reached/);
  });

  it('of a hub that is gone: takes what is stored', async () => {
    const set = await get();
    const gone = await startHubServer();
    const other = gone.add({ id, files: modelFiles() });
    expect(other.commit).toBe(repo.commit);
    const there = await get({ hub: gone.url });
    await gone.close();
    const notices: string[] = [];
    const again = await get({ hub: gone.url }, { onNotice: (sentence) => notices.push(sentence) });
    expect(again).toEqual(there);
    expect(again.id).not.toBe(set.id);
    expect(notices.at(-1)).toMatch(/cannot be reached; org\/model \(c0ffee00\) is taken as it was stored/);
  });
});

describe('two at once', () => {
  it('download once; the second waits and takes the first’s', async () => {
    hub.fault(repo, big, [{ do: 'trickle', size: 10_000, pause: 20 }]);
    const notices: string[] = [];
    const options = { onNotice: (sentence: string) => notices.push(sentence) };
    const [a, b] = await Promise.all([get({}, options), get({}, options)]);
    expect(a).toEqual(b);
    expect(asked(big)).toHaveLength(1);
    expect(notices).toEqual([`Another tab is downloading ${id}; waiting for it.`]);
  });

  it('can stop waiting; and go on when the first fails', async () => {
    hub.fault(repo, big, [{ do: 'trickle', size: 5000, pause: 40 }]);
    const first = new AbortController();
    const one = errorOf(get({}, { signal: first.signal }));
    await expect.poll(() => asked(big).length).toBe(1);
    await expect(get({}, { signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/i);
    const third = get();
    await new Promise((done) => setTimeout(done, 30));
    first.abort(new Error('Tab closed.'));
    expect((await one).message).toBe('Tab closed.');
    await third;
    await isWhole();
    expect(asked(big)).toHaveLength(2);
    expect(rangesOf(big)[1]).toMatch(/^bytes=\d+-$/);
  });
});

describe('room', () => {
  it('is told in words when it will not do, or the download refused', async () => {
    store.files.room = async () => 1000;
    const notices: string[] = [];
    await get({}, { onNotice: (sentence) => notices.push(sentence) });
    expect(notices).toEqual([
      `${id} (c0ffee00) needs 50.0 kB of storage and the browser has about 1.0 kB left; if it does not fit, it is kept in memory until this page is closed.`,
    ]);
    store = createMemoryStore('');
    store.files.room = async () => 1000;
    await expect(get({}, { whenFull: 'refuse' })).rejects.toThrow(
      /needs 50.0 kB .* Delete old runs or models/,
    );
    expect((await store.report()).items).toEqual([]);
  });
});
