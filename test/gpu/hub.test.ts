import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { HubOptions } from '../../src/hub/download';
import { downloadFromHub } from '../../src/hub/download';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { sha256Hex } from '../../src/util/hash';

const { open: hub, mean } = inject('hubs');
let name = '';
let repo = '';
const stores: Store[] = [];

const connect = async () => {
  const store = await openStore({ name });
  stores.push(store);
  return store;
};

beforeEach(() => {
  name = `test-${crypto.randomUUID()}`;
  repo = `org/${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`;
});
afterEach(async () => {
  for (const store of stores.splice(0)) store.close();
  await deleteDB(name);
});

const tell = async (at: string, what: unknown) =>
  (await fetch(at, { method: 'POST', body: JSON.stringify(what) })).json();

interface Asked {
  path: string;
  headers: Record<string, string>;
}
const asked = async (server: string, file: string): Promise<Asked[]> =>
  ((await (await fetch(`${server}/_requests`)).json()) as Asked[]).filter(({ path }) =>
    path.endsWith(`/${repo}/resolve/${'c0ffee'.padEnd(40, '0')}/${file}`),
  );

const body = 'abcdefghij'.repeat(1_100_000); // 11 MB: a whole chunk and a rest
const add = async (server: string, more: object = {}, file: object = {}) => {
  const sha256 = await sha256Hex([body]);
  await tell(`${server}/_add`, { id: repo, files: { 'm.gguf': { body, sha256, ...file } }, ...more });
};
const fault = (server: string, faults: object[]) =>
  tell(`${server}/_fault`, { id: repo, name: 'm.gguf', faults });
const retry = { firstWait: 1, longestWait: 50, stall: 5000, retries: 4 };
const get = (store: Store, server = hub, options: HubOptions = {}) =>
  downloadFromHub(store.files, { kind: 'model', repo, hub: server }, { retry, ...options });
const check = async (store: Store, id: string) =>
  expect(new TextDecoder().decode(await store.files.readFile('model', id, 'm.gguf')) === body).toBe(true);

describe('a hub, from a page', () => {
  it('is asked only for what is missing after the page died', async () => {
    await add(hub);
    await fault(hub, [
      { do: 'stall', after: 10_000_000 },
      { do: 'stall', after: 0 },
    ]);
    const first = await connect();
    const dying = get(first).catch((error: unknown) => error);
    const stored = async () => (await first.report()).items[0]?.bytes;
    await expect.poll(stored, { timeout: 20_000 }).toBe(8 * 1024 * 1024);
    first.close(); // the page is gone while it waits
    const second = await openStore({ name });
    stores.push(second);
    // The dead page's lock is still held here, since page and test are one: its download must end first.
    expect(await dying).toBeInstanceOf(Error);
    const before = (await second.report()).items;
    expect(before).toEqual([expect.objectContaining({ store: 'unfinished', bytes: 8 * 1024 * 1024 })]);
    const { id } = await get(second);
    await check(second, id);
    const all = await asked(hub, 'm.gguf');
    expect(all.at(-1)!.headers['range']).toBe(`bytes=${8 * 1024 * 1024}-`);
    expect(all.at(-1)!.headers['if-range']).toBe('"m.gguf-1"');
  });

  it('is left at any moment, and what came so far is kept', async () => {
    await add(hub);
    await fault(hub, [{ do: 'trickle', size: 500_000, pause: 50 }]);
    const store = await connect();
    const controller = new AbortController();
    const stop = ({ received }: { received: number }) => {
      if (received > 2_000_000) controller.abort(new Error('Enough.'));
    };
    await expect(get(store, hub, { signal: controller.signal, onProgress: stop })).rejects.toThrow('Enough.');
    const [item] = (await store.report()).items;
    expect(item).toMatchObject({ store: 'unfinished', label: expect.stringContaining(`download: ${repo}`) });
    expect(item!.bytes).toBeGreaterThan(2_000_000);
    expect(item!.bytes).toBeLessThan(body.length);
    await check(store, (await get(store)).id);
    expect((await asked(hub, 'm.gguf')).at(-1)!.headers['range']).toBe(`bytes=${item!.bytes}-`);
    await store.files.delete('model', `${hub.slice(7)}/${repo}@${'c0ffee'.padEnd(40, '0')}/m.gguf`);
    expect((await store.report()).items).toEqual([]);
  });

  it('that is mean about headers still gives the exact file', async () => {
    // It hides ETag and Content-Range from the page, so that the hash alone can tell that the parts fit.
    await add(mean);
    await fault(mean, [{ do: 'break', after: 9_000_000 }]);
    const store = await connect();
    const { id } = await get(store, mean);
    await check(store, id);
    expect((await asked(mean, 'm.gguf')).map(({ headers }) => headers['range'])).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d+-$/),
    ]);
  });

  it('is given the token, and the place it sends us to is not', async () => {
    await add(hub, { gated: true, token: 'hf_secret' });
    await add(mean);
    await fault(hub, [{ do: 'redirect', to: mean }]);
    const store = await connect();
    await expect(get(store)).rejects.toThrow(/is gated/);
    const { id } = await get(store, hub, { token: 'hf_secret' });
    await check(store, id);
    expect((await asked(hub, 'm.gguf'))[0]!.headers['authorization']).toBe('Bearer hf_secret');
    const [there] = await asked(mean, 'm.gguf');
    expect(there!.headers['authorization']).toBeUndefined();
  });

  it('is asked once by two tabs', async () => {
    await add(hub);
    const notices: string[] = [];
    const options = { onNotice: (sentence: string) => notices.push(sentence) };
    const [one, two] = [await connect(), await connect()];
    const [a, b] = await Promise.all([get(one, hub, options), get(two, hub, options)]);
    expect(a).toEqual(b);
    expect(await asked(hub, 'm.gguf')).toHaveLength(1);
    expect(notices).toEqual([`Another tab is downloading ${repo}; waiting for it.`]);
    await check(two, b.id);
  });
});
