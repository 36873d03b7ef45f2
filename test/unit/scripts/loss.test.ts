import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'loss-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

const run = (args: string[], input?: string): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/loss.mjs', ...args], { cwd: root });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.on('close', (code) => resolve({ code, out, err: err.replaceAll(folder, '…') }));
    child.stdin.end(input);
  });

const write = (name: string, value: unknown) => {
  writeFileSync(at(name), typeof value === 'string' ? value : JSON.stringify(value));
  return at(name);
};

/** DPO on one pair: S of the chosen 0.5, of the rejected -0.25. */
const pair = (chosen: object = {}, rejected: object = {}, more: object = {}) => ({
  method: 'dpo',
  params: { beta: 2 },
  prompts: [
    {
      responses: [
        { steps: [{ policy: [-0.5, -1], reference: [-0.75, -1.25], ...chosen }] },
        { steps: [{ policy: [-1.5], reference: [-1.25], ...rejected }] },
      ],
      comparisons: [{ chosen: 0, rejected: 1 }],
    },
  ],
  ...more,
});

const z = 2 * 0.75;
const loss = Math.log1p(Math.exp(-z));
const push = 2 / (1 + Math.exp(z));

describe('npm run loss', () => {
  it('takes cases of images, whose arrays have names, and says which array is wrong', async () => {
    const input = {
      policyChosen: [0.081, 0.064],
      referenceChosen: [0.08, 0.066],
      policyRejected: [0.092, 0.071],
      referenceRejected: [0.09, 0.07],
    };
    const file = write('latent.json', { method: 'diffusion-dpo', params: { beta: 200 }, input });
    const { code, out } = await run([file, '--json', '-']);
    expect(code).toBe(0);
    const result = JSON.parse(out);
    // -beta / 2 (s_w - s_l) is 0.1 and 0.3
    const losses = [0.1, 0.3].map((logit) => Math.log1p(Math.exp(-logit)));
    expect(result.loss).toBeCloseTo((losses[0]! + losses[1]!) / 2, 6);
    const slopes = [0.1, 0.3].map((logit) => 50 / (1 + Math.exp(logit)));
    for (const [i, slope] of slopes.entries()) {
      expect(result.gradient.policyChosen[i]).toBeCloseTo(slope, 3);
      expect(result.gradient.policyRejected[i]).toBeCloseTo(-slope, 3);
    }
    const short = { method: 'diffusion-dpo', input: { ...input, policyRejected: [0.092] } };
    const refused = await run([write('short.json', short)]);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/input.policyRejected: has 1 of 2/);
  });

  it('reads standard input and writes nothing but JSON to standard output', async () => {
    const { code, out, err } = await run(['-', '--json', '-'], JSON.stringify(pair()));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const result = JSON.parse(out);
    expect(result.loss).toBeCloseTo(loss, 6);
    const [[chosen], [rejected]] = result.gradient[0];
    for (const g of chosen.policy) expect(g).toBeCloseTo(-push, 6);
    expect(rejected.policy[0]).toBeCloseTo(push, 6);
    expect(result.metrics['rewards/margins']).toBeCloseTo(z, 6);
  });

  it('takes a list and gives one, into a file', async () => {
    const cases = [pair(), pair({}, {}, { method: 'sft', params: {} })];
    const { code, out, err } = await run([
      write('cases.json', cases),
      '--batch',
      '--json',
      at('answers.json'),
    ]);
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '' });
    const answers = JSON.parse(readFileSync(at('answers.json'), 'utf8'));
    expect(answers).toHaveLength(2);
    expect(answers[0].loss).toBeCloseTo(loss, 6);
    expect(answers[1].loss).toBeCloseTo(1, 6); // the mean of 0.5, 1 and 1.5
  });

  it('says the numbers in words, and computes its own example', async () => {
    const made = await run(['--example', 'gdpo']);
    expect(made.code).toBe(0);
    const { code, out } = await run([write('example.json', made.out)]);
    expect(code).toBe(0);
    expect(out).toMatch(/^loss -?\d/);
    expect(out).toMatch(/dL\/dpolicy, prompt 0, response 0, step 0: -?[\d.]/);
    expect(out).toMatch(/dL\/dstop, prompt 1, response 1, step 0: /);
  });

  describe('bad input ends with exit code 2 and its place', () => {
    const nan = JSON.stringify(pair()).replace('-0.75', 'NaN');
    const cases: [string, unknown, string[], RegExp][] = [
      [
        'what the method reads is missing',
        pair({ reference: undefined }),
        [],
        /…\/0\.json: prompt 0, response 0, step 0: has no reference, and DPO reads it/,
      ],
      [
        'unequal lengths, a positive log-prob',
        [pair(), pair({ reference: [-1] }, { policy: [0.25] })],
        ['--batch'],
        /…\/1\.json, case 1: prompt 0, response 0, step 0, reference: has 1 numbers, and policy has 2\n.*case 1: prompt 0, response 1, step 0, policy\[0\]: is 0\.25, and a log-prob is a finite number of at most 0/,
      ],
      ['not a number', `[\n${nan}]`, ['--batch'], /…\/2\.json:2: is not JSON: .*/],
      [
        'a text for a number',
        pair({ policy: [-0.5, 'NaN'] }),
        [],
        /prompt 0, response 0, step 0, policy, \[1\]: should be a number/,
      ],
      [
        'no such method',
        pair({}, {}, { method: 'ppo' }),
        [],
        /…\/4\.json: There is no method "ppo"; use one of sft, dpo/,
      ],
      [
        'no such parameter',
        pair({}, {}, { params: { gamma: 1 } }),
        [],
        /params, gamma: is not a parameter of DPO \(its parameters: beta/,
      ],
      [
        'an answer that is not there',
        pair({}, {}, { prompts: [{ ...pair().prompts[0], comparisons: [{ chosen: 0, rejected: 2 }] }] }),
        [],
        /prompt 0, comparison 0, rejected: is 2, and the prompt has 2 responses/,
      ],
      ['a list without --batch', [pair()], [], /…\/7\.json: is a list; give one loss case, or --batch/],
      [
        'one case with --batch',
        pair(),
        ['--batch'],
        /…\/8\.json: with --batch it should be a list of loss cases/,
      ],
      [
        'a place that cannot be written',
        pair(),
        ['--json', at('none/out.json')],
        /^--json: …\/none\/out\.json cannot be written to \(ENOENT\)/,
      ],
    ];
    let ended: Ended[];
    beforeAll(async () => {
      ended = [];
      for (const [i, [, value, args]] of cases.entries())
        ended.push(await run([write(`${i}.json`, value), ...args]));
    }, 240_000);
    it.each(cases.map(([name, , , message], i) => [name, i, message] as const))('%s', (_, i, message) => {
      const { code, out, err } = ended[i]!;
      expect(err).toMatch(message);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).not.toMatch(/\n\s+at /);
    });
  });
});
