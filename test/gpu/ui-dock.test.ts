import { afterEach, describe, expect, it } from 'vitest';
import { defaultRun } from '../../src/train/run-document';
import type { App } from '../../src/ui/app';
import { fieldNames } from '../../src/ui/setup/field-labels';
import '../../src/ui/styles/main.css';
import type { RunSummary } from '../../workers/protocol';
import { fakeMethods } from '../support/fake-methods';
import type { FakeOptions, FakeTrainer } from '../support/fake-trainer';
import { byId, closeUi, control, file, fill, give, openUi, phase, text, until } from '../support/ui-page';

/* What the dock says about Train, and that a press on anything in it leads somewhere. */

let app: App;
let fake: FakeTrainer;

const open = async (options: FakeOptions = {}, hash = '') => {
  closeUi(app);
  ({ app, fake } = await openUi(options, hash));
};
const called = (name: string) => fake.calls.filter((c) => c.name === name);
const inDock = (id: string) => byId(id)?.closest('.dock') !== null && byId(id) !== null;
const row = JSON.stringify({ prompt: 'a?', chosen: 'b', rejected: 'c' });
const bring = async () => {
  await give('model-files', file('tiny.gguf', 'GGUF'));
  await until(() => expect(app.store.get().document!.model).toBe('file:tiny'));
  await until(() => expect(app.store.get().pending).toBe(''));
};
const answer = async (value: 'yes' | 'no') => {
  await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(true));
  document.querySelector<HTMLButtonElement>(`#ask [value="${value}"]`)!.click();
  await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(false));
};

const stepDpo = fakeMethods.find((m) => m.id === 'step-dpo')!;
const storedRun = (runId: string, phaseThen: RunSummary['phase']): RunSummary => ({
  runId,
  document: { ...defaultRun(stepDpo), steps: 3000 },
  created: 1,
  updated: 2,
  step: 1200,
  stage: 0,
  phase: phaseThen,
  metrics: [],
  evaluations: [],
});

afterEach(() => closeUi(app));

describe('fields that are refused', () => {
  it('are named in the dock as the form names them, and lead to their control, folded away or not', async () => {
    await open();
    await fill('field-optimizer-maxGradNorm', '-3');
    await until(() => expect(inDock('document-problems')).toBe(true));
    expect(text('document-problems')).toContain(
      'Largest gradient norm is -3, which is too small; use at least 0',
    );
    const field = byId('field-optimizer-maxGradNorm')!;
    expect(field.closest('details')!.open).toBe(false);
    (await control('problem-optimizer.maxGradNorm')).click();
    expect(document.activeElement).toBe(field);
    field.blur();
    byId('train')!.click();
    await until(() => expect(document.activeElement).toBe(field));
    const { top, bottom } = field.getBoundingClientRect();
    expect(top).toBeGreaterThanOrEqual(0);
    expect(bottom).toBeLessThanOrEqual(document.querySelector('.dock')!.getBoundingClientRect().top);
    byId('step')!.click();
    await until(() => expect(document.activeElement).toBe(field));
    expect(called('create')).toHaveLength(0);
  });

  it('of an address that names no control are settled in the dock itself', async () => {
    await open({}, '#optimizer.momentum=1');
    await until(() => expect(text('document-problems')).toContain('unknown field "momentum"'));
    byId('train')!.click();
    expect(document.activeElement).toBe(byId('forgive'));
    expect(called('create')).toHaveLength(0);
    byId('forgive')!.click();
    await until(() => expect(byId('document-problems')).toBeNull());
    byId('train')!.click();
    await until(() => expect(called('create')).toHaveLength(1));
  });

  it('are called by the very labels that stand beside the controls', async () => {
    await open({}, '#adapter.rank=4');
    await bring();
    await give('data-file', file('pairs.jsonl', row));
    await until(() => expect(byId('field-data-dataset-settings-format')).not.toBeNull());
    app.editor.edit((d) => ({
      ...d,
      data: {
        ...d.data,
        dataset: {
          ...d.data.dataset!,
          settings: { ...d.data.dataset!.settings, steps: { rule: 'pattern', pattern: 'x' } },
        },
      },
    }));
    await until(() => expect(byId('field-data-dataset-settings-steps-pattern')).not.toBeNull());
    const names = [...fieldNames(app.store.get()).values()];
    const shown = [
      ...document.querySelectorAll<HTMLElement>(
        'setup-panel [data-testid^="field-"], data-panel [data-testid^="field-"], data-panel [data-testid^="map-"]',
      ),
    ];
    expect(shown.length).toBeGreaterThan(40);
    for (const field of shown) {
      const id = field.dataset['testid']!;
      if (id === 'field-dataset') continue; // which data; a file that is missing is brought again
      const label = field.id && document.querySelector(`label[for="${field.id}"]`);
      const words = (label || field.closest('label'))!
        .textContent!.replace(/\(if there is one\)/, '')
        .replace(/\s+/g, ' ')
        .trim();
      expect(names.find((n) => n.control === id)?.label, id).toBe(words);
    }
  });
});

describe('what Train waits for, or has to say', () => {
  it('is data, where a brought model has none: a press leads to the file', async () => {
    await open();
    await bring();
    await until(() => expect(inDock('lacks-data')).toBe(true));
    byId('train')!.click();
    expect(document.activeElement).toBe(byId('data-file'));
    expect(called('create')).toHaveLength(0);
    await give('data-file', file('pairs.jsonl', row));
    await until(() => expect(byId('lacks-data')).toBeNull());
  });

  it('is that nothing could be saved, with the way to the storage', async () => {
    await open({ checkpointNote: 'the disk is full.' }, '#steps=2&data.trees=2&evaluation.problems=0');
    byId('train')!.click();
    await until(() => expect(text('save-problem')).toContain('Step 2 is not saved: the disk is full.'));
    expect(inDock('save-problem')).toBe(true);
    (await control('save-problem-storage')).click();
    expect(document.activeElement).toBe(document.querySelector('#keep-title'));
  });

  it('is what a paused run does not take over, and takes it back', async () => {
    await open({ pace: 20 }, '#steps=40&data.trees=2&evaluation.problems=0&batchSize=2');
    byId('train')!.click();
    await until(() => expect(phase()).toBe('training'));
    byId('pause')!.click();
    await until(() => expect(phase()).toBe('paused'));
    await fill('field-optimizer-learningRate', '0.01');
    await fill('field-steps', '90');
    await until(() =>
      expect(text('changed-settings')).toMatch(
        /^(Learning rate and Steps|Steps and Learning rate): changed for the next run. Resume goes on/,
      ),
    );
    expect(inDock('changed-settings')).toBe(true);
    (await control('changed-restore')).click();
    await until(() => expect(byId('changed-settings')).toBeNull());
    expect(app.store.get().document).toEqual(app.store.get().runDocument);
  });

  it('is a batch that is larger than the data', async () => {
    await open({}, '#data.trees=6&batchSize=32&accumulate=2');
    await until(() =>
      expect(text('large-batch')).toContain('Each step takes 64, and there are only 6 examples'),
    );
    await fill('field-batchSize', '3');
    await until(() => expect(byId('large-batch')).toBeNull());
  });

  it('is a question before a step begins another run', async () => {
    await open({}, '#steps=2&data.trees=2&evaluation.problems=0');
    byId('train')!.click();
    await until(() => expect(phase()).toBe('finished'));
    byId('step')!.click();
    await answer('no');
    expect(called('create')).toHaveLength(1);
    byId('step')!.click();
    await answer('yes');
    await until(() => expect(called('create')).toHaveLength(2));
  });

  it('is that a run in the dock is tied before its first step, and that memory is asked about when an address starts', async () => {
    await open({ pace: 15 });
    await bring();
    await give('data-file', file('pairs.jsonl', Array.from({ length: 12 }, () => row).join('\n')));
    await until(() => expect(byId('lacks-data')).toBeNull());
    app.editor.edit((d) => ({ ...d, steps: 6, evaluation: { every: 3, problems: 8 } }));
    byId('train')!.click();
    await until(() => expect(text('accuracy')).toBe('tied'));
    expect(byId('accuracy')!.dataset['before']).toBe('0');
    await until(() => expect(phase()).toBe('finished'));
    expect(text('accuracy')).toMatch(/^tied → before, now \d+\.\d.%$/);

    await open({ limitBytes: 10 }, '#steps=2&data.trees=2&start=1');
    await answer('no');
    expect(called('create')).toHaveLength(0);
  });
});

describe('runs of other tabs', () => {
  it('are interrupted when nobody has them, and neither offered nor called so when another tab does', async () => {
    await open({ stored: [storedRun('run-old', 'training')] });
    await until(() => expect(text('run-run-old')).toContain('1,200 of 3,000, interrupted'));
    expect(inDock('offer')).toBe(true);
    expect(text('offer')).toContain('step 1,200 of 3,000');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const granted = new Promise<void>((resolve) => {
      void navigator.locks.request('marginalia/run/run-old', () => {
        resolve();
        return held;
      });
    });
    await granted;
    await open({ stored: [storedRun('run-old', 'training')] });
    await until(() => expect(text('run-run-old')).toContain('open in another tab'));
    expect(byId('offer')).toBeNull();
    release();
  });
});

describe('a run', () => {
  it('begins with a problem that the model gets wrong, and shows the first that it comes to solve', async () => {
    await open({ pace: 8 }, '#steps=30&data.trees=4&evaluation.every=5&evaluation.problems=40');
    await until(() => expect(text('verdict')).toMatch(/olved/));
    byId('train')!.click();
    await until(() => expect(text('story')).toContain('the model gets it wrong'));
    expect(byId('reference-answer')!.querySelector('.is-wrong')).not.toBeNull();
    await until(() => expect(byId('live-curve')).not.toBeNull());
    expect(inDock('live-curve')).toBe(true);
    await until(() => expect(byId('story')?.dataset['solved']).toBe(''));
    await until(() => expect(byId('policy-answer')!.textContent).toContain('Solved'));
    const solved = text('problem');
    await until(() => expect(phase()).toBe('finished'));
    expect(text('problem')).toBe(solved);
    expect(byId('live-curve')!.getAttribute('aria-label')).toMatch(
      /^Loss .* at step 30 of 30\. Held-out accuracy/,
    );
    // The person's own choice stays.
    byId('next-problem')!.click();
    await until(() => expect(text('problem')).not.toBe(solved));
  });

  it('has its credit view follow by itself, at every rest and while it is in sight', async () => {
    await open({ pace: 30 }, '#steps=400&data.trees=3&evaluation.problems=0&batchSize=2');
    byId('train')!.click();
    await until(() => expect(phase()).toBe('training'));
    await until(() => expect(document.querySelectorAll('line-chart').length).toBeGreaterThan(2));
    document.querySelector('#credit')!.scrollIntoView();
    await until(() => expect(text('credit')).toContain('Pair 1 under the weights of step'));
    const stepShown = () => Number(/step (\d+)/.exec(text('credit'))?.[1]);
    const before = stepShown();
    await until(() => expect(stepShown()).toBeGreaterThan(before));
    const token = document.querySelectorAll<HTMLButtonElement>('credit-response button.token')[2]!;
    token.focus();
    byId('pause')!.click();
    await until(() => expect(phase()).toBe('paused'));
    await until(() => expect(stepShown()).toBe(app.store.get().status!.step));
    expect(document.activeElement).toBe(token);
    expect(text('credit-readout')).not.toContain('A token');
  });
});
