import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../../src/hub/download';
import { HubError } from '../../../src/hub/errors';
import { createMemoryStore } from '../../../src/store/memory';
import { startHubServer } from '../../support/hub-server.mjs';
import { pattern, quick, sha } from './hub-fixture';

const SIZE = 4000;
const name = 'x.gguf';
let hub: Awaited<ReturnType<typeof startHubServer>>;

beforeAll(async () => {
  hub = await startHubServer();
});
afterAll(() => hub.close());

const some = fc.integer({ min: 0, max: SIZE });
/** Faults that show without a hash. */
const visible = [
  fc.record({ do: fc.constant('break'), after: some }),
  fc.record({ do: fc.constant('break'), after: some }),
  fc.record({ do: fc.constant('status'), status: fc.constantFrom(500, 502, 429, 408) }),
  fc.record({ do: fc.constant('ignore-range') }),
  fc.record({ do: fc.constant('wrong-range'), start: some }),
  fc.record({ do: fc.constant('wrong-range'), start: some }),
  fc.record({ do: fc.constant('wrong-range'), total: fc.integer({ min: 1, max: 2 * SIZE }) }),
  fc.record({ do: fc.constant('unsatisfiable') }),
  fc.record({ do: fc.constant('long-length'), by: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ do: fc.constant('short-length'), by: fc.integer({ min: 1, max: SIZE }) }),
  fc.record({ do: fc.constant('clean-short'), after: some }),
  fc.record({ do: fc.constant('extra'), bytes: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ do: fc.constant('login-page') }),
  fc.record({ do: fc.constant('gzip') }),
  fc.record({
    do: fc.constant('change'),
    text: fc.constant('n'.repeat(SIZE)),
    etag: fc.constant('"new"'),
    careless: fc.boolean(),
  }),
];
/** Faults that only a hash can show. */
const hidden = [
  fc.record({ do: fc.constant('shifted'), by: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant('other-bytes') }),
];

const scenario = fc.constantFrom('etag', 'hash', 'both', 'neither').chain((identity) =>
  fc.record({
    identity: fc.constant(identity),
    faults: fc.array(fc.oneof(...visible, ...(identity === 'hash' || identity === 'both' ? hidden : [])), {
      maxLength: 7,
    }),
    /** Milliseconds after which the person cancels; undefined: never. */
    cancelAt: fc.oneof(fc.constant(undefined), fc.constant(undefined), fc.integer({ min: 0, max: 12 })),
  }),
);

describe('whatever a server does', () => {
  it('the result is the exact file, or an error and no model; and the next visit gets the file', async () => {
    const body = pattern(SIZE);
    const told = { exact: 0, refused: 0, cancelled: 0 };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ identity, faults, cancelAt }) => {
        const id = `org/run-${runs++}`;
        const hashed = identity === 'hash' || identity === 'both';
        const etag = identity === 'etag' || identity === 'both' ? '"old"' : null;
        // Without an ETag a server cannot say that the file changed, and without a hash nobody can.
        const usable = faults.filter((fault) => fault.do !== 'change' || identity !== 'neither');
        const repo = hub.add({
          id,
          files: { [name]: { body, etag, ...(hashed ? { sha256: sha(body) } : {}) } },
        });
        hub.fault(repo, name, structuredClone(usable));
        const store = createMemoryStore('');
        const controller = new AbortController();
        const stop = () => controller.abort(new Error('Cancelled.'));
        const timer = cancelAt === undefined ? undefined : setTimeout(stop, cancelAt);
        const wanted = { kind: 'model', repo: id, hub: hub.url } as const;
        const check = async (key: string) => {
          const got = Buffer.from(await store.files.readFile('model', key, name));
          const now = repo.files.get(name)!.body;
          expect(got.equals(now) || got.equals(body)).toBe(true);
        };
        try {
          const set = await downloadFromHub(store.files, wanted, {
            retry: { ...quick.retry, firstWait: 0, retries: 2 },
            signal: controller.signal,
          });
          await check(set.id);
          told.exact++;
          return;
        } catch (error) {
          if (controller.signal.aborted && (error as Error).message === 'Cancelled.') {
            told.cancelled++;
          } else {
            expect(error).toBeInstanceOf(HubError);
            expect((error as Error).message).toMatch(/^[A-Zx1][\s\S]*\.$/);
            told.refused++;
          }
          expect(await store.files.list('model')).toEqual([]);
        } finally {
          clearTimeout(timer);
        }
        // The server is well again, with the file that its list names.
        repo.faults.clear();
        repo.files.set(name, { ...repo.files.get(name)!, body, etag });
        const later = await downloadFromHub(store.files, wanted, quick);
        const got = Buffer.from(await store.files.readFile('model', later.id, name));
        expect(got.equals(body)).toBe(true);
      }),
      { seed: 20_26, numRuns: 400 },
    );
    // The scenarios are worth something: each outcome is met.
    expect(told.exact).toBeGreaterThan(50);
    expect(told.refused).toBeGreaterThan(20);
    expect(told.cancelled).toBeGreaterThan(0);
  });
});
