import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { resultsPage, verdict } from '../../../scripts/results/page.mjs';
import { putRow, readRows } from '../../../scripts/results/rows.mjs';
import { meanInterval } from '../../../src/util/student';

const folder = mkdtempSync(join(tmpdir(), 'results-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const method = (id: string) => ({ id, name: id.toUpperCase(), chapter: 'pairwise' });
const row = (id: string, seed: number, after: number, more: object = {}) => ({
  ...{ method: id, seed, key: `${id}-${seed}`, source: 'pairs', device: 'a CPU', steps: 30, cpuSeconds: 9.6 },
  before: { accuracy: 0.5, meanTokens: 36, detours: 0.25 },
  after: { accuracy: after, meanTokens: 35, detours: 0.75 },
  measures: [{ id: 'detours', name: 'answers with detours', unit: 'share' }],
  ...more,
});

const pageOf = (rows: object[]) =>
  resultsPage({
    methods: [method('better'), method('worse'), method('unclear'), method('once'), method('new')],
    chapters: { pairwise: 'Pairwise', rounds: 'Rounds' },
    worlds: { sums: 'Sums' },
    seeds: [1, 2, 3],
    rows,
    keyOf: ({ id }: { id: string }, seed: number) => `${id}-${seed}`,
    worldOf: () => ({ task: 'sums', model: 'nano' }),
    meanInterval,
  });

/** The cells of a method's line. */
const line = (page: string, name: string) =>
  page
    .split('\n')
    .find((text) => text.startsWith(`| [${name}]`))!
    .split(' | ')
    .slice(1);

describe('the page of results', () => {
  const page = pageOf([
    ...[0.7, 0.71, 0.72].map((after, i) => row('better', i + 1, after)),
    ...[0.3, 0.31, 0.32].map((after, i) => row('worse', i + 1, after)),
    ...[0.45, 0.5, 0.58].map((after, i) => row('unclear', i + 1, after)),
    row('once', 1, 0.9),
    row('once', 2, 0.1, { key: 'of other settings' }),
    row('once', 3, 0, { after: undefined, failed: 'The loss is NaN.' }),
    row('gone', 1, 0.9),
  ]);

  it('says by the interval alone what is shown', () => {
    expect(line(page, 'BETTER').slice(1, 4)).toEqual(['70.0, 71.0, 72.0', '+21.0 (18.5 to 23.5)', 'gain']);
    expect(line(page, 'WORSE').slice(1, 4)).toEqual(['30.0, 31.0, 32.0', '−19.0 (−21.5 to −16.5)', 'loss']);
    expect(line(page, 'UNCLEAR')[3]).toBe('not shown');
    expect([verdict([0, 1]), verdict([-1, 0]), verdict(undefined)]).toEqual([
      'not shown',
      'not shown',
      'one seed',
    ]);
  });

  it('tells what failed, leaves out what had other settings, and names what has not run', () => {
    expect(line(page, 'ONCE').slice(1, 4)).toEqual([
      '90.0; seed 3 failed: The loss is NaN.',
      '+40.0',
      'one seed',
    ]);
    expect(line(page, 'NEW')[1]).toBe('not run yet');
    expect(page).not.toMatch(/gone|Rounds/);
  });

  it('shows every measure of the world with its own interval', () => {
    expect(line(page, 'BETTER')[4]).toBe(
      'tokens an answer 36.0 to 35.0: **−1.00 (−1.00 to −1.00)**; answers with detours 25.0 to 75.0: **+50.0 (50.0 to 50.0)**',
    );
  });
});

describe('stored rows', () => {
  const path = join(folder, 'results.json');
  it('are replaced one by one, in the order of the catalogue', () => {
    for (const [id, seed, after] of [
      ['b', 2, 0.1],
      ['a', 1, 0.2],
      ['b', 1, 0.3],
      ['b', 2, 0.4],
    ] as const) {
      putRow(path, row(id, seed, after), ['a', 'b']);
    }
    expect(readRows(path).map((r) => [r.method, r.seed, r.after.accuracy])).toEqual([
      ['a', 1, 0.2],
      ['b', 1, 0.3],
      ['b', 2, 0.4],
    ]);
    expect(readFileSync(path, 'utf8').split('\n').length).toBe(6); // a line for each, so that changes can be read
  });

  it('that cannot be read are named and left alone', () => {
    writeFileSync(path, '{"rows":[');
    expect(() => putRow(path, row('a', 1, 0.5), ['a'])).toThrow(/results.json: is not JSON/);
    expect(readFileSync(path, 'utf8')).toBe('{"rows":[');
    writeFileSync(path, '[]');
    expect(() => readRows(path)).toThrow(/has no list "rows"/);
  });
});
