import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultRun } from '../../src/train/run-document';
import type { App } from '../../src/ui/app';
import { WorkerCrash } from '../../src/ui/connect';
import { mountPage } from '../../src/ui/mount';
import type { RunSummary } from '../../workers/protocol';
import '../../src/ui/styles/main.css';
import { fakeMethods } from '../support/fake-methods';
import { createFakeTrainer, type FakeOptions, type FakeTrainer } from '../support/fake-trainer';

/* The page in a real browser, over a stand-in for the training worker. */

let app: App;
let fake: FakeTrainer;

const byId = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
const text = (id: string) => (byId(id)?.textContent ?? '').replace(/\s+/g, ' ').trim();
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 30 });
const phase = () => byId('status')?.dataset['phase'];

const open = async (options: FakeOptions = {}, hash = '') => {
  app?.end();
  history.replaceState(null, '', hash || location.pathname + location.search);
  document.body.innerHTML = '<div id="app"></div>';
  fake = createFakeTrainer({ pace: 4, ...options });
  app = mountPage(document.getElementById('app')!, () => fake);
  await until(() => expect(app.store.get().connection).not.toBe('starting'));
};

const stepDpo = fakeMethods.find((m) => m.id === 'step-dpo')!;
const small = '#steps=4&data.trees=6&evaluation.every=2&evaluation.problems=50';

const storedRun = (phaseThen: RunSummary['phase']): RunSummary => ({
  runId: 'run-old',
  document: { ...defaultRun(stepDpo), steps: 30 },
  created: 1,
  updated: 2,
  step: 12,
  stage: 0,
  phase: phaseThen,
  metrics: [
    { stage: 'main', metrics: { step: 11, loss: 0.4 } },
    { stage: 'main', metrics: { step: 12, loss: 0.3 } },
  ],
  evaluations: [
    {
      step: 0,
      stage: 'main',
      problems: 100,
      accuracy: 0.5,
      interval: [0.4, 0.6],
      stepAccuracy: 0.8,
      meanTokens: 30,
    },
  ],
});

afterEach(() => {
  app.end();
  document.body.innerHTML = '';
  history.replaceState(null, '', location.pathname + location.search);
});

describe('the page', () => {
  it('shows the model solving a problem, with a verdict in words on every line', async () => {
    await open();
    await until(() => expect(text('verdict')).toMatch(/olved/));
    const lines = [...byId('reference-answer')!.querySelectorAll('.line')];
    expect(lines.length).toBeGreaterThanOrEqual(3);
    for (const line of lines) expect(line.textContent).toMatch(/right|wrong: \S/);
    expect(text('backend')).toContain('WebAssembly');
  });

  it('trains to the end: status, curves with their numbers, accuracy, pairs and credit', async () => {
    await open({}, small);
    byId('train')!.click();
    await until(() => expect(phase()).toBe('finished'));
    await until(() => expect(byId('loss-table')!.querySelectorAll('tbody tr')).toHaveLength(4));
    expect(app.store.get().evaluations).toHaveLength(3);
    expect(Number(byId('accuracy')!.dataset['now'])).toBe(
      app.store.get().evaluations.at(-1)!.evaluation.accuracy,
    );
    const shown = app.store.get().points.map((p) => p.metrics['loss']!);
    const cells = [...byId('loss-table')!.querySelectorAll('td')].map((c) => Number(c.textContent));
    for (const [i, cell] of cells.entries()) expect(cell).toBeCloseTo(shown[i]!, 3);
    expect(byId('tree-list')!.querySelectorAll('button')).toHaveLength(6);
    await until(() => expect(document.querySelectorAll('button.token').length).toBeGreaterThan(4));
    await until(() => expect(byId('policy-answer')).not.toBeNull());
  });

  it('pauses, steps and goes on, with the focus staying on the one button', async () => {
    await open({ pace: 30 }, '#steps=8&data.trees=1&evaluation.problems=0');
    byId('train')!.focus();
    byId('train')!.click();
    await until(() => expect(phase()).toBe('training'));
    expect(document.activeElement).toBe(byId('pause'));
    byId('pause')!.click();
    await until(() => expect(phase()).toBe('paused'));
    await until(() => expect(byId('step')!.getAttribute('aria-disabled')).toBe('false'));
    const before = app.store.get().status!.step;
    byId('step')!.click();
    await until(() => expect(app.store.get().status!.step).toBe(before + 1));
    await until(() => expect(app.store.get().pending).toBe(''));
    dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyT', altKey: true, shiftKey: true }));
    await until(() => expect(phase()).toBe('finished'));
    expect(fake.calls.filter((c) => c.name === 'create')).toHaveLength(1);
  });

  it('moves among the tokens of an answer with the arrow keys and says their numbers', async () => {
    await open({}, small);
    byId('train')!.click();
    await until(() => expect(document.querySelectorAll('button.token').length).toBeGreaterThan(4));
    await until(() => expect(byId('credit')!.getAttribute('aria-busy')).toBe('false'));
    const tokens = [
      ...document.querySelector('credit-response')!.querySelectorAll<HTMLButtonElement>('button.token'),
    ];
    expect(tokens.filter((t) => t.tabIndex === 0)).toHaveLength(1);
    tokens[0]!.focus();
    tokens[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    expect(document.activeElement).toBe(tokens[1]);
    await until(() => expect(tokens[1]!.tabIndex).toBe(0));
    expect(tokens[1]!.getAttribute('aria-label')).toMatch(/reward [+−]?\d.*push/);
    expect(text('credit-readout')).toContain(tokens[1]!.textContent!.trim());
  });
});

describe('the configuration', () => {
  it('is mirrored in the URL and comes back from it', async () => {
    await open({}, '#method.id=dpo&method.params.beta=0.25&steps=7');
    expect(app.store.get().document).toMatchObject({
      method: { id: 'dpo', params: { beta: 0.25 } },
      steps: 7,
    });
    await until(() => expect(location.hash).toContain('method.params.beta=0.25'));
    const kept = location.hash;
    const document = app.store.get().document;
    await open({}, kept);
    expect(app.store.get().document).toEqual(document);
  });

  it('names the fields of a bad URL and changes nothing', async () => {
    await open({}, '#steps=0&optimizer.learningRate=fast&nonsense=1');
    await until(() =>
      expect(text('document-problems')).toContain('Steps is 0, which is too small; use at least 1'),
    );
    expect(text('document-problems')).toContain('Learning rate should be');
    expect(text('document-problems')).toContain('"nonsense"');
    expect(app.store.get().document).toEqual(defaultRun(stepDpo));
    expect(location.hash).toContain('steps=0');
  });

  it('names a model, a task or a difficulty that is not here, and starts with one that is', async () => {
    await open({}, '#model=nope&start=1');
    expect(app.store.get().connection).toBe('ready');
    expect(text('document-problems')).toContain('"nope" is not here; use one of');
    expect(app.store.get().models.map((m) => m.id)).toContain(app.store.get().document!.model);
    expect(fake.calls.some((c) => c.name === 'create')).toBe(false);
    await open({}, '#data.difficulty=nope');
    expect(text('document-problems')).toContain('Difficulty "nope" is not a difficulty of');
    await open({}, '#data.task=nope');
    expect(text('document-problems')).toContain('Built-in problems "nope" is not');
  });

  it('tells the story of the model that is chosen, in its own words', async () => {
    await open();
    const { models, document } = app.store.get();
    const { description } = models.find((m) => m.id === document!.model)!;
    await until(() => expect(text('about-model')).toContain(description));
  });

  it('takes a whole run document as JSON, and starts when asked', async () => {
    const run = { ...defaultRun(stepDpo), steps: 2, data: { ...defaultRun(stepDpo).data, trees: 2 } };
    await open({}, `#run=${encodeURIComponent(JSON.stringify(run))}&start=1`);
    await until(() => expect(phase()).toBe('finished'));
    expect(fake.calls.find((c) => c.name === 'create')!.args[0]).toEqual(run);
  });

  it('draws the form from the method and refuses what is out of range', async () => {
    await open();
    byId('method-dpo')!.click();
    await until(() => expect(app.store.get().document!.method.id).toBe('dpo'));
    await until(() => expect(byId('field-method-params-beta')).not.toBeNull());
    const beta = byId('field-method-params-beta') as HTMLInputElement;
    beta.value = '99';
    beta.dispatchEvent(new Event('change'));
    await until(() =>
      expect(text('document-problems')).toContain('β, strength of the reference is 99; use a number'),
    );
    expect(app.store.get().document!.method.params['beta']).toBe(0.1);
    expect(beta.getAttribute('aria-invalid')).toBe('true');

    // Nothing is trained that the form does not show: the press leads to the field.
    (document.activeElement as HTMLElement).blur();
    byId('train')!.click();
    await until(() => expect(document.activeElement).toBe(beta));
    expect(fake.calls.some((c) => c.name === 'create')).toBe(false);
    byId('forgive')!.click();
    await until(() => expect(beta.value).toBe('0.1'));
    expect(beta.getAttribute('aria-invalid')).toBe('false');
    expect(byId('document-problems')).toBeNull();
  });
});

describe('runs and honest screens', () => {
  it('offers the unfinished run and goes on with it', async () => {
    await open({ stored: [storedRun('training')] });
    await until(() => expect(text('offer')).toContain('Go on where you were (step 12 of 30)'));
    byId('offer-resume')!.click();
    await until(() => expect(Number(byId('status')!.dataset['step'])).toBeGreaterThan(12));
    expect(
      app.store
        .get()
        .points.map((p) => p.x)
        .slice(0, 3),
    ).toEqual([11, 12, 13]);
    byId('stop')!.click();
    await until(() => expect(phase()).toBe('stopped'));
  });

  it('deletes a run only after the question was answered', async () => {
    await open({ stored: [storedRun('finished')] });
    await until(() => expect(byId('run-run-old')).not.toBeNull());
    expect(byId('offer')).toBeNull();
    byId('run-delete')!.click();
    await until(() => expect(document.querySelector('dialog')!.open).toBe(true));
    document.querySelector<HTMLButtonElement>('dialog [value="no"]')!.click();
    await until(() => expect(document.querySelector('dialog')!.open).toBe(false));
    expect(fake.calls.some((c) => c.name === 'deleteRun')).toBe(false);
    byId('run-delete')!.click();
    await until(() => expect(document.querySelector('dialog')!.open).toBe(true));
    byId('confirm-delete')!.click();
    await until(() => expect(byId('run-run-old')).toBeNull());
  });

  it('lets go of the run it shows when that is deleted', async () => {
    await open({}, small);
    byId('train')!.click();
    await until(() => expect(phase()).toBe('finished'));
    await until(() => expect(byId('run-delete')).not.toBeNull());
    byId('run-delete')!.click();
    await until(() => expect(document.querySelector('dialog')!.open).toBe(true));
    byId('confirm-delete')!.click();
    await until(() => expect(phase()).toBe('none'));
    expect(byId('tree-list')).toBeNull();
    expect(byId('export-model')!.hasAttribute('disabled')).toBe(true);
  });

  it('says that the GPU was lost and goes on from the checkpoint', async () => {
    const error = Object.assign(new Error('The GPU device was lost (reset).'), { name: 'GpuError' });
    await open({ failAt: { step: 3, error } }, small);
    byId('train')!.click();
    await until(() => expect(text('trouble')).toContain('The GPU went away'));
    expect(text('trouble')).toContain('The GPU device was lost (reset).');
    delete fake.options.failAt;
    byId('trouble-resume')!.click();
    await until(() => expect(phase()).toBe('paused'));
    expect(fake.calls.some((c) => c.name === 'open')).toBe(true);
  });

  it('says what failed when the model cannot be loaded, the worker dies, or nothing can be saved', async () => {
    await open({ fail: { load: new Error('model.safetensors answered 404') } });
    expect(text('trouble')).toContain('model.safetensors answered 404');
    expect(text('status')).toBe('The engine is not running.');
    await open();
    fake.crash(new WorkerCrash('out of memory'));
    await until(() => expect(text('trouble')).toContain('The training worker stopped out of memory'));
    await open(
      { checkpointNote: 'the disk is full', storageProblem: 'Nothing can be stored in a private window.' },
      small,
    );
    byId('train')!.click();
    await until(() => expect(text('checkpoint')).toContain('Not saved at step 4: the disk is full'));
    await until(() => expect(text('storage-problem')).toContain('private window'));
  });

  it('shows hostile text as text', async () => {
    await open({ hostile: '<img src=x onerror="window.pwned = 1"><b>bold</b>' });
    await until(() => expect(text('problem')).toContain('<img src=x'));
    await until(() => expect(text('verdict')).toMatch(/olved/));
    expect(byId('watch')!.querySelector('img, b')).toBeNull();
    expect('pwned' in window).toBe(false);
  });

  it('is driven through window.marginalia', async () => {
    await open({}, small);
    const info = await window.marginalia.ready;
    expect(info.name).toBe('wasm');
    expect(() => window.marginalia.configure({ version: 1 })).toThrow(/model/);
    const status = await window.marginalia.train();
    expect(status!.phase).toBe('finished');
    expect(window.marginalia.events.filter((e) => e.kind === 'metrics')).toHaveLength(4);
    expect(window.marginalia.run.document!.steps).toBe(4);
  });
});
