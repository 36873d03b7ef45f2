import { afterEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../src/ui/app';
import { mountPage } from '../../src/ui/mount';
import { readHash } from '../../src/ui/run-url';
import '../../src/ui/styles/main.css';
import { fakeCase } from '../support/fake-loss';
import { createFakeTrainer, type FakeOptions } from '../support/fake-trainer';

/* The calculator on the page, over a stand-in for the engine, which gives -0.1, -0.2, ... to a first answer, else 0.1, 0.2, ... */

let app: App;

const byId = <E extends HTMLElement = HTMLElement>(id: string) =>
  document.querySelector<E>(`[data-testid="${id}"]`);
const text = (id: string) => (byId(id)?.textContent ?? '').replace(/\s+/g, ' ').trim();
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 30 });
const area = () => byId<HTMLTextAreaElement>('loss-text')!;
const tokens = () => [...document.querySelectorAll<HTMLButtonElement>('loss-response button.token')];

const open = async (hash = '', options: FakeOptions = {}) => {
  history.replaceState(null, '', hash || location.pathname + location.search);
  document.body.innerHTML = '<div id="app"></div>';
  app = mountPage(document.getElementById('app')!, () => createFakeTrainer({ pace: 4, ...options }));
  await until(() => expect(app.store.get().connection).toBe('ready'));
};

const write = (value: string) => {
  area().value = value;
  area().dispatchEvent(new Event('input', { bubbles: true }));
};

afterEach(() => {
  app.end();
  document.body.innerHTML = '';
  history.replaceState(null, '', location.pathname + location.search);
});

describe('the calculator', () => {
  it('comes when it is opened, with the example of the form’s method, its loss, metrics and derivatives', async () => {
    await open();
    expect(customElements.get('loss-panel')).toBeUndefined();
    byId('loss-open')!.click();
    await until(() => expect(byId('loss-result')).not.toBeNull());
    expect(document.activeElement).toBe(byId('field-loss-method'));
    expect(JSON.parse(area().value)).toEqual(fakeCase(app.store.get().document!.method.id));
    expect(byId('loss-result')!.dataset['loss']).toBe('0.5');
    expect(document.querySelector('loss-panel')!.textContent).toContain('rewards/margins');
    expect(document.querySelector('loss-panel h3 em')!.textContent).toBe('chosen');
    // Negative derivatives are pushed up, and the larger ones shown more strongly.
    expect(tokens().map((t) => t.className.replace('token ', ''))).toEqual([
      'up',
      'up',
      'up',
      'down',
      'down',
      'down',
    ]);
    const strength = tokens().map((t) => Number.parseInt(t.style.getPropertyValue('--strength'), 10));
    expect(strength[0]).toBeLessThan(strength[1]!);
    expect(strength[2]).toBe(100);
    expect(JSON.parse(byId('loss-answer')!.textContent!)).toMatchObject({ loss: 0.5 });
  });

  it('is a section of the page with an address of its own, and opens when it is gone to', async () => {
    expect(readHash('#loss')).toEqual({ at: 'loss', start: false, fields: undefined });
    expect(readHash('#lost').fields).toBeDefined();
    await open('#loss');
    await until(() => expect(byId('loss-result')).not.toBeNull());
    expect(app.store.get().documentProblems).toEqual([]);
    expect(document.activeElement!.id).toBe('loss-title');
  });

  it('moves among the numbers by keyboard and says each with its place', async () => {
    await open('#at=loss');
    await until(() => expect(tokens()).toHaveLength(6));
    expect(tokens().filter((t) => t.tabIndex === 0)).toHaveLength(2); // one of each answer
    tokens()[0]!.focus();
    tokens()[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
    expect(document.activeElement).toBe(tokens()[2]);
    await until(() =>
      expect(text('loss-readout')).toBe('prompt 0, response 0, step 0, policy[2]: −0.1, derivative −0.3'),
    );
    expect(tokens()[2]!.getAttribute('aria-label')).toBe(
      'prompt 0, response 0, step 0, policy[2]: −0.1, derivative −0.3',
    );
  });

  it('moves a number by keyboard, and begins with a question', async () => {
    await open('#loss');
    await until(() => expect(tokens()).toHaveLength(6));
    const policy = () => JSON.parse(area().value).prompts[0].responses[0].steps[0].policy;
    expect(policy()).toEqual([-0.4, -1.2, -0.1]);
    tokens()[0]!.focus();
    tokens()[0]!.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
    await until(() => expect(policy()).toEqual([-0.3, -1.2, -0.1]));
    await until(() => expect(tokens()[0]!.textContent).toBe('−0.3'));
    tokens()[1]!.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ArrowDown', shiftKey: true, bubbles: true }),
    );
    await until(() => expect(policy()).toEqual([-0.3, -2.2, -0.1]));
    byId('loss-question-long')!.click();
    await until(() => expect(policy()).toHaveLength(12));
    await until(() => expect(byId('loss-question-long')!.getAttribute('aria-pressed')).toBe('true'));
    expect(document.querySelector('loss-panel')!.textContent).toContain('A sum takes that for preference');
    expect(byId('loss-pair')).toBeNull(); // no run is open
  });

  it('computes what is typed, and names what is wrong while the answer of before stays, marked', async () => {
    await open('#loss');
    await until(() => expect(tokens()).toHaveLength(6));
    const given = fakeCase('dpo');
    delete given.prompts[0]!.responses[1]!.steps[1]!.reference;
    write(JSON.stringify(given));
    await until(() =>
      expect(text('loss-problems')).toBe('prompt 0, response 1, step 1: has no reference, and DPO reads it'),
    );
    expect(byId('loss-result')!.dataset['stale']).toBe('true');
    expect(area().getAttribute('aria-invalid')).toBe('true');
    write('{\n  "method": "dpo",\n  "prompts": [,]\n}');
    await until(() => expect(text('loss-problems')).toMatch(/^line 3: is not JSON: /));
    given.prompts[0]!.responses[1]!.steps.pop();
    write(JSON.stringify(given));
    await until(() => expect(byId('loss-problems')).toBeNull());
    expect(byId('loss-result')!.dataset['stale']).toBe('false');
    expect(tokens()).toHaveLength(4);
  });

  it('takes another method’s example, and leaves alone what somebody wrote until asked', async () => {
    await open('#loss');
    await until(() => expect(byId('loss-result')).not.toBeNull());
    const menu = byId<HTMLSelectElement>('field-loss-method')!;
    const choose = (id: string) => {
      menu.value = id;
      menu.dispatchEvent(new Event('change', { bubbles: true }));
    };
    choose('dpo');
    await until(() => expect(JSON.parse(area().value).method).toBe('dpo'));
    const own = `${area().value}\n`;
    write(own);
    choose('tgdpo');
    await new Promise((r) => setTimeout(r, 700));
    expect(area().value).toBe(own);
    byId('loss-example')!.click();
    await until(() => expect(area().value).not.toBe(own));
  });

  it('takes a dropped file, opening for it', async () => {
    await open();
    const files = new DataTransfer();
    files.items.add(new File([JSON.stringify(fakeCase('dpo'))], 'case.json'));
    document
      .querySelector('loss-door .drop')!
      .dispatchEvent(new DragEvent('drop', { dataTransfer: files, bubbles: true, cancelable: true }));
    await until(() => expect(byId('loss-result')).not.toBeNull());
    await until(() => expect(JSON.parse(area().value).method).toBe('dpo'));
  });
});
