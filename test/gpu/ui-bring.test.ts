import { afterEach, describe, expect, it } from 'vitest';
import { defaultAdapter } from '../../src/train/run-document';
import type { App } from '../../src/ui/app';
import '../../src/ui/styles/main.css';
import type { HubSource } from '../../workers/protocol';
import type { FakeOptions, FakeTrainer } from '../support/fake-trainer';
import {
  byId,
  choose,
  closeUi,
  control,
  drop,
  file,
  fill,
  give,
  openUi,
  phase,
  text,
  until,
} from '../support/ui-page';

/* Bring a model, bring data, look at the report, train an adapter, take it home: over a stand-in for the engine. */

let app: App;
let fake: FakeTrainer;

const open = async (options: FakeOptions = {}, hash = '') => {
  closeUi(app);
  ({ app, fake } = await openUi(options, hash));
};
const state = () => app.store.get();
const run = () => state().document!;
const called = (name: string) => fake.calls.filter((c) => c.name === name);

const modelFolder = () => [
  file('config.json', '{}'),
  file('model.safetensors', 'weights'),
  file('tokenizer.json', '{}'),
];

const pair = (i: number) => ({
  question: `What is ${i}+1?`,
  chosen: `Let me add.\n${i}+1=${i + 1}\n`,
  rejected: `Let me add.\n${i}+1=${i}\n`,
});
const jsonl = (rows: readonly unknown[], name = 'pairs.jsonl') =>
  file(name, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
const pairs = (count: number) => jsonl(Array.from({ length: count }, (_, i) => pair(i)));

const bringModel = async () => {
  await give('model-files', file('tiny.gguf', 'GGUF'));
  await until(() => expect(run().model).toBe('file:tiny'));
  await until(() => expect(state().pending).toBe(''));
};
const bringPairs = async (given = pairs(12)) => {
  await give('data-file', given);
  await until(() => expect(run().data.dataset).not.toBeNull());
};

afterEach(() => closeUi(app));

describe('bringing a model', () => {
  it('takes a GGUF from the file input, chooses it with an adapter, and leaves its packed weights packed', async () => {
    await open();
    await bringModel();
    expect(run()).toMatchObject({ model: 'file:tiny', weights: 'file', adapter: defaultAdapter() });
    await until(() =>
      expect(text('model-details')).toMatch(
        /134\.5 million parameters in 4.B, with a chat template. It is kept/,
      ),
    );
    await until(() => expect(called('load').at(-1)!.args).toEqual(['file:tiny']));
    await until(() => expect(byId('chat')).not.toBeNull());
    expect(byId('watch')).toBeNull();
    await until(() => expect(document.querySelector<HTMLElement>('#problems')!.hidden).toBe(true));
    await until(() => expect(text('storage-list')).toContain('tiny'));

    // Back at a built-in model, what was the other's is gone.
    await choose('field-model', 'arith-nano');
    await until(() => expect(run()).toMatchObject({ model: 'arith-nano', weights: 'f32', adapter: null }));
    await until(() => expect(byId('watch')).not.toBeNull());
  });

  it('takes dropped files anywhere on its panel, and says why it refuses others', async () => {
    await open();
    await drop('model-drop', file('notes.txt', 'hello'));
    await until(() => expect(text('model-problem')).toContain('notes.txt: is no model; give a .gguf file'));
    expect(run().model).toBe('arith-nano');
    expect(text('trouble')).toBe('');
    await drop('model-drop', ...modelFolder());
    await until(() => expect(state().models.find((m) => m.id === run().model)?.builtIn).toBe(false));
    expect(text('model-problem')).toBe('');
    expect(called('addModel').at(-1)!.args[0]).toMatchObject([
      { name: 'config.json' },
      { name: 'model.safetensors' },
      { name: 'tokenizer.json' },
    ]);
  });

  it('walks through dropped folders, and leaves a file dropped beside its panels alone', async () => {
    await open();
    const fileEntry = (path: string) => ({
      isDirectory: false,
      fullPath: path,
      file: (ok: (f: File) => void) => ok(file(path, path)),
    });
    const folder = (path: string, ...parts: unknown[][]) => ({
      isDirectory: true,
      fullPath: path,
      createReader: () => ({ readEntries: (ok: (e: unknown[]) => void) => ok(parts.shift() ?? []) }),
    });
    // A reader hands out its entries in parts, the last of them empty.
    const top = folder(
      '/m',
      [fileEntry('/m/config.json')],
      [folder('/m/deep', [fileEntry('/m/deep/x.bin')]), fileEntry('/m/tokenizer.json')],
    );
    const event = new DragEvent('drop', { bubbles: true, cancelable: true });
    const items = [{ kind: 'file', webkitGetAsEntry: () => top }];
    Object.defineProperty(event, 'dataTransfer', { value: { types: ['Files'], files: [], items } });
    (await control('model-drop')).dispatchEvent(event);
    await until(() => expect(run().model).toBe('file:m'));
    expect((called('addModel')[0]!.args[0] as { name: string }[]).map((f) => f.name)).toEqual([
      'm/config.json',
      'm/deep/x.bin',
      'm/tokenizer.json',
    ]);
    const stray = new DragEvent('drop', {
      bubbles: true,
      cancelable: true,
      dataTransfer: new DataTransfer(),
    });
    stray.dataTransfer!.items.add(file('a.gguf', ''));
    document.querySelector('#keep')!.dispatchEvent(stray);
    expect(stray.defaultPrevented).toBe(true);
    expect(called('addModel')).toHaveLength(1);
  });

  it('keeps an adapter that the person has set', async () => {
    await open({}, '#adapter.rank=32&adapter.alpha=64');
    await bringModel();
    expect(run().adapter).toMatchObject({ rank: 32, alpha: 64 });
  });

  it('downloads from a hub with progress for file and whole, and ends when it is cancelled', async () => {
    await open({ pace: 120 });
    (await control('hub-repo')).value = 'HuggingFaceTB/SmolLM2-135M-Instruct';
    (await control('hub-load')).click();
    await until(() => expect(text('download-progress')).toMatch(/ of 271.MB, 12.MB a second, \d+.s left/));
    expect(byId('download-progress')!.querySelectorAll('progress')).toHaveLength(2);
    expect(byId('download-progress')!.querySelector('[role=status]')).not.toBeNull();
    (await control('download-cancel')).click();
    await until(() => expect(text('model-problem')).toContain('was cancelled; what has come is kept'));
    expect(byId('download-progress')).toBeNull();
    expect(run().model).toBe('arith-nano');
  });

  it('hands the token to the call alone', async () => {
    await open();
    (await control('hub-repo')).value = 'someone/gated';
    (await control('hub-revision')).value = 'v2';
    (await control('hub-load')).click();
    await until(() => expect(text('model-problem')).toContain('is gated (401); give a token'));
    const token = await control('hub-token');
    expect(token.type).toBe('password');
    token.value = 'hf_secret';
    (await control('hub-address')).value = 'https://hub.example';
    (await control('hub-load')).click();
    await until(() => expect(run().model).toBe('hub:someone/gated@v2'));
    const source = called('addHubModel').at(-1)!.args[0] as HubSource;
    expect(source).toEqual({
      repo: 'someone/gated',
      revision: 'v2',
      token: 'hf_secret',
      hub: 'https://hub.example',
    });
    await until(() => expect(location.hash).toContain('hub%3Asomeone'));
    expect(location.hash).not.toContain('hf_secret');
    expect(JSON.stringify([state(), { ...localStorage }, { ...sessionStorage }])).not.toContain('hf_secret');
  });

  it('understands a pasted address, and says what a repository is called like', async () => {
    await open();
    const repo = await control('hub-repo');
    repo.value = 'no name';
    (await control('hub-load')).click();
    await until(() =>
      expect(document.querySelector('hub-form')!.textContent).toContain('owner/name, as in the address'),
    );
    expect(repo.getAttribute('aria-invalid')).toBe('true');
    repo.value = 'https://huggingface.co/someone/small/tree/main';
    (await control('hub-load')).click();
    await until(() => expect(run().model).toBe('hub:someone/small@4f1c2e9'));
    repo.value = 'someone/missing';
    (await control('hub-load')).click();
    await until(() => expect(text('model-problem')).toContain('no such repository (404)'));
  });

  it('offers to load a model that the address names and that is not here', async () => {
    await open({}, '#model=hub%3Asomeone%2Fsmall%404f1c2e9&weights=f16&adapter.rank=4&steps=7');
    await until(() => expect(text('document-problems')).toContain('"hub:someone/small@4f1c2e9" is not here'));
    expect(run().model).toBe('arith-nano');
    (await control('missing-load')).click();
    await until(() => expect(run().model).toBe('hub:someone/small@4f1c2e9'));
    expect(called('addHubModel')[0]!.args[0]).toEqual({ repo: 'someone/small', revision: '4f1c2e9' });
    expect(run()).toMatchObject({ steps: 7, adapter: { rank: 4 } });
    await until(() => expect(byId('document-problems')).toBeNull());
    expect(byId('model-missing')).toBeNull();
  });

  it('says that a model goes with the page where the browser has no room', async () => {
    await open({ notKept: true });
    await bringModel();
    await until(() => expect(text('model-details')).toContain('goes with this page'));
  });
});

describe('bringing data', () => {
  it('says what it looks like, shows the first examples by step, and reports on every row', async () => {
    await open();
    await bringModel();
    await bringPairs(
      jsonl([...Array.from({ length: 30 }, (_, i) => pair(i)), 'not json', { question: 'no answers' }]),
    );
    await until(() => expect(text('data-format')).toMatch(/pairs\.jsonl.*Prompt, chosen, rejected/));
    expect((byId('map-prompt') as HTMLSelectElement).selectedOptions[0]!.textContent).toContain(
      'as found: question',
    );
    await until(() => expect(byId('data-preview')).not.toBeNull());
    expect(byId('data-preview')!.querySelectorAll('.side-chosen .data-step')[0]!.textContent).toContain(
      '0+1=1',
    );
    expect(text('data-preview')).toContain('given to both');

    (await control('data-check')).click();
    await until(() => expect(text('report-rows')).toContain('32 rows read, 30 used, 2 left out'));
    expect(text('report-dropped')).toContain('line 31');
    expect(text('report-dropped')).toContain('not json');
    expect(text('report-checks')).toMatch(/Chosen equal to rejected ?0/);
    expect(byId('lengths-chosen')!.querySelectorAll('rect').length).toBeGreaterThan(0);
    const counted = [...byId('lengths-chosen')!.querySelectorAll('tbody tr td:last-child')];
    expect(counted.reduce((sum, cell) => sum + Number(cell.textContent), 0)).toBe(30);
    expect(byId('data-report')!.dataset['stale']).toBe('false');
    await until(() => expect(state().storage!.items.some((i) => i.label === 'pairs.jsonl')).toBe(true));

    // Another setting: the report is of another reading, and the examples show the new one.
    await choose('field-data-dataset-settings-steps-rule', 'step');
    await until(() => expect(byId('data-report')!.dataset['stale']).toBe('true'));
    expect(text('report-stale')).toContain('Check the data again');
    await until(() => expect(text('data-preview')).not.toContain('given to both'));
    (await control('data-check')).click();
    await until(() => expect(byId('data-report')!.dataset['stale'], text('check-problem')).toBe('false'));
  });

  it('maps columns by hand, names what is wrong, and cuts by a pattern', async () => {
    await open();
    const odd = Array.from({ length: 9 }, (_, i) => ({ q: `Q${i}`, good: `a${i};b`, bad: `a${i};c` }));
    await bringPairs(jsonl(odd, 'odd.jsonl'));
    await until(() => expect(text('preview-problem')).toContain('odd.jsonl'));
    await choose('field-data-dataset-settings-format', 'preference');
    await choose('map-prompt', 'q');
    await choose('map-chosen', 'good');
    await choose('map-rejected', 'bad');
    await until(() => expect(byId('preview-problem')).toBeNull());
    await choose('field-data-dataset-settings-steps-rule', 'pattern');
    await fill('field-data-dataset-settings-steps-pattern', 'b|c');
    await until(() => expect(text('data-preview')).toContain('given to both'));
    await fill('field-data-dataset-settings-steps-pattern', '(');
    await until(() => expect(text('preview-problem')).toContain('steps.pattern'));
    expect(run().data.dataset!.settings).toMatchObject({
      format: 'preference',
      mapping: { prompt: 'q', chosen: 'good', rejected: 'bad' },
    });
    await until(() => expect(location.hash).toContain('data.dataset.settings.mapping.chosen=good'));

    await fill('field-data-dataset-settings-heldOut', '200');
    await until(() =>
      expect(text('document-problems')).toContain(
        'Held out, in percent is 200, which is too large; use at most 90',
      ),
    );
    expect(byId('field-data-dataset-settings-heldOut')!.getAttribute('aria-invalid')).toBe('true');
    await fill('field-data-dataset-settings-heldOut', '20');
    await fill('field-data-dataset-settings-maxLength', '');
    await until(() => expect(run().data.dataset!.settings).toMatchObject({ heldOut: 0.2, maxLength: null }));
  });

  it('says what labels mean, and counts the columns that are not used', async () => {
    await open();
    const said = ['good', 'bad', 'good', 'bad'];
    const rows = said.map((mark, i) => ({
      prompt: `Q${i >> 1}`,
      completion: `a${i}`,
      label: mark,
      note: i || null,
    }));
    await bringPairs(jsonl(rows, 'labelled.jsonl'));
    await until(() => expect(text('data-format')).toContain('Prompt, one answer, label'));
    await until(() => expect(text('preview-problem')).toContain('single answers with a label'));
    (await control('field-data-dataset-settings-pairUnpaired')).click();
    await until(() => expect(text('preview-problem')).toMatch(/"label" is not true or false/));
    await fill('field-data-dataset-settings-labels-right', 'good, fine');
    await fill('field-data-dataset-settings-labels-wrong', 'bad');
    await until(() => expect(byId('preview-problem')).toBeNull());
    expect(run().data.dataset!.settings.labels).toEqual({ right: ['good', 'fine'], wrong: ['bad'] });
    await until(() => expect(location.hash).toContain('settings.labels.right=good%2Cfine'));
    (await control('data-check')).click();
    await until(() => expect(text('report-unused')).toContain('note (in 3 rows)'));
    await fill('field-data-dataset-settings-labels-wrong', 'bad, Good');
    await until(() => expect(text('document-problems')).toContain('two meanings'));
  });

  it('takes several files and folders as one dataset, and says what it leaves out', async () => {
    await open();
    await give('data-file', pairs(3), jsonl([pair(7)], 'more.jsonl'), file('README.md', '# Pairs'));
    await until(() => expect(text('data-format')).toContain('more.jsonl and 1 more'));
    expect(text('data-notices')).toContain('Left out, being no files of examples: README.md');
    (await control('data-check')).click();
    await until(() => expect(text('report-rows')).toContain('4 rows read'));
  });

  it('keeps text that is not UTF-8, and reads it once its encoding is named', async () => {
    await open();
    const latin = Uint8Array.from('prompt,chosen,rejected\ncaf\u00e9?,oui,non\n', (c) => c.charCodeAt(0));
    await bringPairs(new File([latin], 'latin.csv'));
    expect(text('data-notices')).toContain('not UTF-8');
    await until(() => expect(text('preview-problem')).toContain('is not valid UTF-8 text'));
    await choose('field-data-dataset-settings-encoding', 'windows-1252');
    await until(() => expect(text('data-preview')).toContain('café?'));
    expect(byId('data-notices')).toBeNull();
  });

  it('ends a check when asked, and shows what a check fails on', async () => {
    await open({ pace: 400 });
    await bringPairs();
    (await control('data-check')).click();
    await until(() => expect(text('check-status')).toMatch(/Reading the rows… \d+ of 4/));
    (await control('check-cancel')).click();
    await until(() => expect(text('check-problem')).toContain('ended'));
    expect(byId('data-report')).toBeNull();
    expect(text('trouble')).toBe('');
  });

  it('looks up the files of a dataset on the hub and loads the one that was chosen', async () => {
    await open();
    (await control('data-hub-repo')).value = 'someone/pairs';
    (await control('data-hub-look')).click();
    const select = await control<HTMLSelectElement>('data-hub-choice');
    expect([...select.options].map((o) => o.value)).toEqual(['data/train.jsonl', 'data/test.jsonl']);
    select.value = 'data/test.jsonl';
    (await control('data-hub-load')).click();
    await until(() => expect(run().data.dataset).not.toBeNull());
    expect(called('addHubDataset')[0]!.args[0]).toEqual({ repo: 'someone/pairs', file: 'data/test.jsonl' });
  });

  it('lets go of a file that could not be used when other data is chosen, and keeps the others', async () => {
    await open();
    await bringPairs();
    const options = () =>
      [...byId('field-dataset')!.querySelectorAll('option')].map((o) => o.textContent!.trim());
    await give('data-file', file('ages.csv', 'name,age\nAda,36\n'));
    await until(() => expect(options()).toContain('ages.csv'));
    expect(text('data-format')).toContain('leaves this list');
    await choose('field-dataset', 'built-in');
    await until(() => expect(options()).toEqual(['Built-in problems', 'pairs.jsonl']));
    expect(called('deleteStored')).toMatchObject([{ args: ['dataFiles', expect.any(String)] }]);

    // One that a run was made of stays.
    await give('data-file', file('ages.csv', 'name,age\nAda,36\n'));
    await until(() => expect(options()).toContain('ages.csv'));
    app.store.set({ runDocument: run() });
    await choose('field-dataset', 'built-in');
    await until(() => expect(run().data.dataset).toBeNull());
    expect(options()).toContain('ages.csv');
  });

  it('goes back to the built-in problems, and takes the address up again when the file comes back', async () => {
    await open();
    await bringPairs();
    const { id } = run().data.dataset!;
    await fill('field-data-dataset-settings-limit', '5');
    await until(() => expect(run().data.dataset!.settings.limit).toBe(5));
    (await control('data-remove')).click();
    await until(() => expect(run().data.dataset).toBeNull());
    expect(byId('field-data-dataset-settings-format')).toBeNull();
    await until(() => expect(location.hash).not.toContain('data.dataset'));

    await open({}, `#data.dataset.id=${id}&data.dataset.settings.limit=7&data.task=gone`);
    await until(() => expect(text('document-problems')).toMatch(/Data "[^"]+" is not here/));
    expect(text('data-missing')).toContain(id);
    await bringPairs();
    expect(run().data.dataset).toMatchObject({ id, settings: { limit: 7 } });
    expect(byId('data-missing')).toBeNull();
  });

  it('shows hostile text as text: markup, marks of direction, very long lines', async () => {
    await open();
    const script = '<script>window.pwned = 1</script>';
    const image = '<img src=x onerror="window.pwned = 1">';
    const evil = [
      { prompt: `${script}\u202eSay it.`, chosen: `${image}\nyes`, rejected: `<b>no</b>` },
      { prompt: 'x'.repeat(60_000), chosen: 'y'.repeat(9000), rejected: `${'z'.repeat(9000)}` },
      { prompt: image, chosen: `\u2066${script}`, rejected: '\u0000\u0007' },
      { [image]: 1, prompt: script },
      `{${image}`,
    ];
    await bringPairs(jsonl(evil, `${image}.jsonl`));
    await fill('field-data-dataset-settings-maxLength', '');
    await fill('field-data-dataset-settings-heldOut', '0');
    await until(() => expect(text('data-preview')).toContain(script));
    (await control('data-check')).click();
    await until(() => expect(byId('data-report')).not.toBeNull());
    expect(text('report-samples')).toContain(`${script}\\u202eSay it.`);
    expect(text('report-samples')).toContain(image);
    expect(text('report-samples')).toContain('more characters)');
    expect(text('report-dropped')).toContain('<img src=x');
    const panel = byId('data-drop')!;
    expect(panel.querySelector('script, img, b')).toBeNull();
    for (const mark of ['\u202e', '\u2066', '\u0007']) expect(panel.textContent).not.toContain(mark);
    for (const details of panel.querySelectorAll('details')) details.open = true;
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(document.documentElement.clientWidth);
    expect('pwned' in window).toBe(false);
  });
});

describe('training an adapter', () => {
  it('sets rank, alpha, dropout, rsLoRA, layers, storage and checkpointing', async () => {
    await open();
    expect(run().adapter).toBeNull();
    (await control('train-lora')).click();
    await until(() => expect(run().adapter).toEqual(defaultAdapter()));
    await fill('field-adapter-rank', '16');
    await fill('field-adapter-alpha', '32');
    await fill('field-adapter-dropout', '0.05');
    (await control('adapter-rsLora')).click();
    (await control('adapter-module-all-linear')).click();
    await until(() => expect(run().adapter!.targetModules).toContain('q_proj'));
    for (const name of ['k_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']) {
      (await control(`adapter-module-${name}`)).click();
      await until(() => expect(run().adapter!.targetModules).not.toContain(name));
    }
    await choose('field-weights', 'int8');
    (await control('checkpointing')).click();
    await until(() =>
      expect(run()).toMatchObject({
        weights: 'int8',
        checkpointing: true,
        adapter: {
          rank: 16,
          alpha: 32,
          dropout: 0.05,
          rsLora: true,
          targetModules: ['q_proj', 'v_proj'],
          from: null,
        },
      }),
    );
    await fill('field-adapter-rank', '0');
    await until(() => expect(text('document-problems')).toContain('Rank is 0, which is too small'));
    (await control('train-full')).click();
    await until(() => expect(run()).toMatchObject({ adapter: null, weights: 'f32' }));
    expect(byId('adapter-fields')).toBeNull();
  });

  it('goes on from an adapter that was brought, and may compare with it', async () => {
    await open();
    await bringModel();
    await give('adapter-files', file('readme.md', 'x'));
    await until(() => expect(text('adapter-problem')).toContain('readme.md: is no adapter'));
    await give('adapter-files', file('adapter_config.json', '{}'), file('adapter_model.safetensors', ''));
    await until(() => expect(run().adapter!.from).toBe('adapter:one'));
    expect(called('addAdapter').at(-1)!.args[1]).toBe('file:tiny');
    await until(() => expect(text('adapter-fields')).toContain('rank 4, alpha 8, on q_proj, v_proj'));
    await choose('field-adapter-reference', 'adapter');
    await until(() => expect(run().adapter!.reference).toBe('adapter'));
    await choose('field-adapter-from', '');
    await until(() => expect(run().adapter).toMatchObject({ from: null, reference: 'base' }));
  });

  it('says what it takes, asks before training what does not fit, and applies a remedy', async () => {
    await open({ limitBytes: 1e9 });
    const { batchSize, accumulate } = run();
    await bringModel();
    // A large model's examples go through it one by one, as many a step as before.
    expect(run()).toMatchObject({ batchSize: 1, accumulate: batchSize * accumulate, checkpointing: true });
    await bringPairs();
    app.editor.edit((d) => ({ ...d, batchSize, accumulate, checkpointing: false }));
    await until(() => expect(byId('estimate')?.dataset['fits']).toBe('false'));
    await until(() => expect(byId('estimate')!.getAttribute('aria-busy')).toBe('false'));
    expect(text('estimate-problem')).toContain('more than this device gives');
    expect(text('estimate')).toMatch(/activations ?\d/);
    expect(text('estimate')).toMatch(
      /about 75.s in all.*30 steps, 72.s \(2.4.s each\); beside them: scoring 480 examples/,
    );
    expect(text('estimate-line')).toContain('Does not fit');

    (await control('estimate-why')).click();
    expect(document.activeElement).toBe(document.querySelector('#estimate-title'));

    byId('train')!.click();
    await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(true));
    document.querySelector<HTMLButtonElement>('#ask [value="no"]')!.click();
    await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(false));
    expect(called('create')).toHaveLength(0);

    const before = state().estimate!.totalBytes;
    (await control('remedy-0')).click();
    await until(() => expect(run().checkpointing).toBe(true));
    await until(() => expect(state().estimated).toBe(true));
    expect(state().estimate!.totalBytes).toBeLessThan(before);
    await until(() => expect(byId('estimate')!.dataset['fits']).toBe('true'));
    expect(byId('remedy-0')).toBeNull();
  });

  it('trains what does not fit when the person wants it', async () => {
    await open({ limitBytes: 1000 }, '#steps=2&data.trees=2&evaluation.problems=0');
    await until(() => expect(byId('estimate')?.dataset['fits']).toBe('false'));
    await until(() => expect(state().estimated).toBe(true));
    byId('train')!.click();
    await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(true));
    document.querySelector<HTMLButtonElement>('#ask [value="yes"]')!.click();
    await until(() => expect(phase()).toBe('finished'));
    byId('train')!.click();
    await until(() => expect(called('create')).toHaveLength(2)); // asked once
  });

  it('asks as well when the address starts it, before the estimate is shown', async () => {
    await open({ limitBytes: 1000 }, '#steps=2&data.trees=2&evaluation.problems=0&start=1');
    await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(true));
    expect(document.querySelector('#ask')!.textContent).toContain('more than this device gives');
    expect(called('create')).toHaveLength(0);
    document.querySelector<HTMLButtonElement>('#ask [value="no"]')!.click();
    await until(() => expect(document.querySelector<HTMLDialogElement>('#ask dialog')!.open).toBe(false));
    expect([called('create').length, state().pending]).toEqual([0, '']);
    await open({}, '#steps=2&data.trees=2&evaluation.problems=0&start=1');
    await until(() => expect(phase()).toBe('finished'));
  });

  it('names what would fit when memory ends', async () => {
    const error = Object.assign(new Error('Batch size 64 does not fit into the memory here; 8 would.'), {
      name: 'MemoryError',
    });
    await open({ fail: { create: error } });
    byId('train')!.click();
    await until(() => expect(text('trouble')).toContain('8 would'));
    expect(text('trouble')).toContain('There was not enough memory');
  });

  it('says why nothing can be estimated, quietly', async () => {
    await open({ fail: { estimate: new Error('The dataset was not read yet.') } });
    await until(() =>
      expect(text('estimate')).toContain('Cannot be said yet: The dataset was not read yet.'),
    );
    expect(text('trouble')).toBe('');
  });

  it('trains on the data, measures pairs and not answers, talks, and exports', async () => {
    await open({}, '#steps=4&evaluation.every=2');
    await bringModel();
    await bringPairs();
    await until(() => expect(state().pending).toBe(''));
    byId('train')!.click();
    await until(() => expect(phase()).toBe('finished'));
    expect(called('create')[0]!.args[0]).toEqual(run());
    await until(() =>
      expect(document.querySelector('.dock-label')!.textContent).toContain('Held-out pairs ranked right'),
    );
    await until(() => expect(byId('eval-loss-table')!.querySelectorAll('tbody tr')).toHaveLength(3));
    expect(document.querySelector('curves-panel')!.textContent).not.toContain('Held-out accuracy');
    expect(byId('tree-list')!.querySelectorAll('button').length).toBe(state().checked!.report.trees.train);
    expect(byId('data-report')!.dataset['stale']).toBe('false'); // the run's own reading is shown
    await until(() => expect(document.querySelectorAll('button.token').length).toBeGreaterThan(4));

    const prompt = await control<HTMLTextAreaElement>('chat-prompt');
    (await control('chat-send')).click();
    await until(() => expect(text('chat-problem')).toContain('Write something'));
    prompt.value = '<b>Why?</b>';
    prompt.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }),
    );
    await until(() => expect(text('chat-policy')).toBe('I would say: <b>Why?</b>'));
    expect(text('chat-reference')).toBe('Hm, <b>Why?</b>?');
    expect(byId('chat')!.querySelector('b')).toBeNull();
    expect(called('chat')[0]!.args).toEqual([
      [{ role: 'user', content: '<b>Why?</b>' }],
      { which: 'reference', temperature: 0, seed: 0, maxTokens: 64 },
    ]);
    (await control('chat-plain')).click();
    await fill('chat-tokens', '2');
    (await control('chat-send')).click();
    await until(() => expect(called('chat').at(-1)!.args[0]).toBe('<b>Why?</b>'));
    await until(() => expect(text('chat-policy')).toBe('I would'));

    const clicked: string[] = [];
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
      clicked.push(this.download);
    };
    try {
      (await control('export-adapter')).click();
      await until(() => expect(clicked).toEqual(['file-tiny-step-dpo-step-4-adapter.zip']));
      await choose('export-dtype', 'BF16');
      await until(() => expect(byId('export-model')!.hasAttribute('disabled')).toBe(false));
      (await control('export-model')).click();
      await until(() => expect(clicked).toHaveLength(2));
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
    expect(called('exportModel').map((c) => c.args[0])).toEqual([
      { what: 'adapter' },
      { what: 'model', dtype: 'BF16' },
    ]);
  });

  it('says what the chat fails on, beside it', async () => {
    await open({ fail: { chat: new Error('The prompt is longer than the model reads.') } });
    await bringModel();
    (await control<HTMLTextAreaElement>('chat-prompt')).value = 'x';
    (await control('chat-send')).click();
    await until(() => expect(text('chat-problem')).toContain('longer than the model reads'));
  });
});

describe('what is kept, and who drives', () => {
  it('lists what was brought, and lets go of a model that is deleted', async () => {
    await open();
    await bringModel();
    await bringPairs();
    await until(() => expect(text('storage-list')).toContain('pairs.jsonl'));
    const row = [...byId('storage-list')!.querySelectorAll('tr')].find((r) =>
      r.textContent!.includes('tiny'),
    )!;
    row.querySelector('button')!.click();
    await until(() => expect(document.querySelector<HTMLDialogElement>('#confirm dialog')!.open).toBe(true));
    document.querySelector<HTMLButtonElement>('#confirm [value="yes"]')!.click();
    await until(() => expect(run().model).toBe('arith-nano'));
    expect(state().models.map((m) => m.id)).not.toContain('file:tiny');
    await until(() => expect(text('document-problems')).toContain('"file:tiny" is not here'));
  });

  it('does all of it through window.marginalia', async () => {
    await open({}, '#steps=2&evaluation.problems=4');
    await window.marginalia.ready;
    await expect(window.marginalia.addModel([{ name: 'a.txt', data: new Uint8Array(3) }])).rejects.toThrow(
      /is no model/,
    );
    const model = await window.marginalia.addModel([{ name: 'm/config.json', data: new Uint8Array(3) }]);
    expect(window.marginalia.run.document!.model).toBe(model.id);
    await window.marginalia.addDataset({
      name: 'p.jsonl',
      data: await pairs(12)
        .arrayBuffer()
        .then((b) => new Uint8Array(b)),
    });
    const report = await window.marginalia.checkDataset();
    expect(report.rows).toEqual({ read: 12, used: 12, dropped: 0 });
    expect((await window.marginalia.estimate()).fits).toBe(true);
    await until(() => expect(state().pending).toBe(''));
    expect((await window.marginalia.train())!.phase).toBe('finished');
    expect(window.marginalia.events.some((e) => e.kind === 'dataset')).toBe(true);
  });

  it('is reached and worked by keyboard alone', async () => {
    await open();
    // Every control of the new parts is a native one that the tab key reaches, with a name.
    for (const details of document.querySelectorAll<HTMLDetailsElement>('#bring details'))
      details.open = true;
    await bringPairs();
    const controls = [
      ...document.querySelectorAll<HTMLElement>('#bring :is(input, select, textarea, button, summary)'),
    ];
    expect(controls.length).toBeGreaterThan(25);
    for (const one of controls) {
      expect(one.tabIndex, one.outerHTML).toBe(0);
      if (one instanceof HTMLInputElement || one instanceof HTMLSelectElement) {
        expect(one.labels!.length, one.outerHTML).toBeGreaterThan(0);
      } else expect(one.textContent!.trim(), one.outerHTML).not.toBe('');
    }
    // A disabled button would lose the focus: those that wait say so and stay.
    const load = await control('hub-load');
    load.focus();
    (await control('hub-repo')).value = 'someone/small';
    load.click();
    await until(() => expect(load.getAttribute('aria-disabled')).toBe('true'));
    expect(document.activeElement).toBe(load);
    await until(() => expect(run().model).toContain('someone/small'));
    expect(document.activeElement).toBe(load);
  });
});
