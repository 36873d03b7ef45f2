import { afterEach, describe, expect, it, vi } from 'vitest';
import { methods } from '../../src/methods';
import { describeMethod } from '../../src/train/method-info';
import type { App } from '../../src/ui/app';
import { mountPage } from '../../src/ui/mount';
import '../../src/ui/styles/main.css';
import { createFakeTrainer } from '../support/fake-trainer';

/* The form of methods, their parameters and their sources, with the whole catalogue over a stand-in for the engine. */

let app: App;

const byId = <E extends HTMLElement = HTMLElement>(id: string) =>
  document.querySelector<E>(`[data-testid="${id}"]`);
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 30 });
const run = () => app.store.get().document!;

const open = async (hash = '') => {
  history.replaceState(null, '', hash || location.pathname + location.search);
  document.body.innerHTML = '<div id="app"></div>';
  app = mountPage(document.getElementById('app')!, () =>
    createFakeTrainer({ pace: 4, methods: methods.map(describeMethod) }),
  );
  await until(() => expect(app.store.get().connection).toBe('ready'));
};

const change = (id: string, value: string | boolean) => {
  const control = byId<HTMLInputElement | HTMLSelectElement>(id)!;
  if (typeof value === 'boolean') (control as HTMLInputElement).checked = value;
  else control.value = value;
  control.dispatchEvent(new Event('change', { bubbles: true }));
};

afterEach(() => {
  app.end();
  document.body.innerHTML = '';
  history.replaceState(null, '', location.pathname + location.search);
});

describe('the form of a method', () => {
  it('has every method, the rest folded by chapter; a method stays in its place and keeps the keyboard', async () => {
    await open();
    const more = byId<HTMLDetailsElement>('more-methods')!;
    expect(more.open).toBe(false);
    expect(document.querySelectorAll('input[name="method"]')).toHaveLength(methods.length);
    more.querySelector('summary')!.click();
    expect([...more.querySelectorAll('legend')].map((l) => l.textContent)).toContain('Token-level');
    const radio = byId<HTMLInputElement>('method-2d-dpo')!;
    radio.focus();
    radio.click();
    await until(() => expect(run().method.id).toBe('2d-dpo'));
    await until(() => expect(more.querySelector('summary')!.textContent).toContain('2D-DPO among them'));
    expect(byId('method-2d-dpo')).toBe(radio);
    expect(document.activeElement).toBe(radio);
    expect(radio.checked).toBe(true);
    expect(more.open).toBe(true);
  });

  it('opens the fold for a method of the address', async () => {
    await open('#method.id=kto');
    expect(byId<HTMLDetailsElement>('more-methods')!.open).toBe(true);
    expect(byId<HTMLInputElement>('method-kto')!.checked).toBe(true);
  });

  it('edits numbers, choices and flags of a method, and parameters of its source, into document and address', async () => {
    await open('#method.id=2d-dpo');
    change('field-method-params-robust', 'flip');
    change('field-method-params-noise', '0.2');
    await until(() => expect(run().method.params).toMatchObject({ robust: 'flip', noise: 0.2 }));
    await until(() => expect(location.hash).toContain('method.params.robust=flip'));
    const [key] = Object.entries(methods.find((m) => m.id === '2d-dpo')!.sources[0]!.params).find(
      ([, s]) => s.kind === 'number',
    )!;
    change(`field-data-source-params-${key}`, '3');
    await until(() => expect(run().data.source!.params[key]).toBe(3));
    byId('method-tgdpo')!.click();
    await until(() => expect(byId('field-method-params-clamp')).not.toBeNull());
    change('field-method-params-clamp', false);
    await until(() => expect(run().method.params['clamp']).toBe(false));
    expect(byId<HTMLInputElement>('field-method-params-clamp')!.checked).toBe(false);
  });

  it('keeps what was changed and still fits when another method is chosen', async () => {
    await open('#method.id=dpo&method.params.beta=0.33&batchSize=3');
    byId('method-ipo')!.click();
    await until(() =>
      expect(run()).toMatchObject({ method: { id: 'ipo', params: { beta: 0.33 } }, batchSize: 3 }),
    );
    byId('method-sft')!.click();
    await until(() => expect(run()).toMatchObject({ method: { id: 'sft', params: {} }, batchSize: 3 }));
    expect(app.store.get().documentProblems).toEqual([]);
  });

  it('has fields of a source only where the data are made', async () => {
    await open('#method.id=dpo');
    expect(byId('field-source')).not.toBeNull();
    const other = [...byId<HTMLSelectElement>('field-source')!.options].find((o) => !o.selected)!.value;
    change('field-source', other);
    await until(() => expect(run().data.source!.id).toBe(other));
    const lines = '{"prompt":"a","chosen":"b","rejected":"c"}\n'.repeat(8);
    await app.bring.addDataset([{ name: 'pairs.jsonl', data: new Blob([lines]) }]);
    await until(() => expect(run().data.dataset).not.toBeNull());
    await until(() => expect(byId('field-source')).toBeNull());
    expect(document.querySelector('[data-testid^="field-data-source-params"]')).toBeNull();
    expect(byId('field-data-trees')).toBeNull();
    byId('method-ipo')!.click();
    await until(() => expect(run().method.id).toBe('ipo'));
    expect(run().data.source).toBeNull();
    app.bring.chooseDataset(undefined);
    await until(() => expect(byId('field-source')).not.toBeNull());
  });
});
