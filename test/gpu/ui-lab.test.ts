import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/ui/app';
import type { LabPanel } from '../../src/ui/lab/lab-panel';
import '../../src/ui/lab/lab-panel';
import '../../src/ui/styles/main.css';
import { byId, choose, control, fill, openUi, text, until } from '../support/ui-page';

/* The lab on the page, over a stand-in for the engine with two made-up experiments. */

let app: App;
let panel: LabPanel;

const openLab = async (at = '') => {
  ({ app } = await openUi());
  panel = document.createElement('lab-panel') as LabPanel;
  panel.app = app;
  panel.at = at;
  document.querySelector('main')!.append(panel);
  await until(() => expect(panel.querySelector('figure')).not.toBeNull());
};

afterEach(() => {
  app.end();
  document.body.innerHTML = '';
});

const start = () => [...panel.querySelectorAll<SVGElement>('[data-testid="lab-start"]')];
const press = (target: Element, key: string, shiftKey = false) =>
  target.dispatchEvent(new KeyboardEvent('keydown', { key, shiftKey, bubbles: true, cancelable: true }));

describe('the lab', () => {
  it('shows the first experiment at its defaults, with sentences, notes and what to type in a terminal', async () => {
    await openLab();
    expect(byId('lab')!.dataset['lab']).toBe('table');
    await until(() => expect(panel.querySelectorAll('lab-triangle')).toHaveLength(2));
    expect(text('lab-says')).toBe('ipo goes to the middle.dpo goes to the middle.');
    expect(panel.textContent).toContain('npm run lab -- table');
    expect(panel.textContent).toContain('A note.');
  });

  it('draws a chart with its intervals, says it in words and has its numbers', async () => {
    await openLab('line');
    const picture = panel.querySelector('lab-chart svg')!;
    expect(picture.getAttribute('aria-label')).toBe('The line. At step 2 it is 4 high.');
    expect(picture.querySelectorAll('polyline')).toHaveLength(2);
    expect(picture.querySelectorAll('polygon')).toHaveLength(1);
    const rows = [...byId('lab-line-table')!.querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows).toEqual([
      ['0', '0 (0 to 1)', '0'],
      ['1', '2 (1 to 3)', '–'],
      ['2', '4 (2 to 9)', '4'],
    ]);
  });

  it('computes anew when a parameter or the seed changes, and names what is wrong beside its field', async () => {
    await openLab('line');
    await fill('field-lab-slope', '3');
    await until(() => expect(text('lab-says')).toBe('It rises by 3.'));
    await fill('field-lab-seed', '7');
    await until(() => expect(JSON.parse(byId('lab-numbers')!.textContent!)).toEqual({ slope: 3, seed: 7 }));
    await fill('field-lab-slope', '9');
    const input = await control('field-lab-slope');
    await until(() => expect(input.getAttribute('aria-invalid')).toBe('true'));
    expect(text('lab-says')).toBe('It rises by 3.');
    await fill('field-lab-slope', '5'); // in range, and refused by the engine
    await until(() => expect(text('lab-problems')).toContain('slope: is 5'));
    await fill('field-lab-slope', '1');
    await until(() => expect(text('lab-says')).toBe('It rises by 1.'));
    expect(byId('lab-problems')).toBeNull();
  });

  it('turns to another experiment, which whoever holds the address may do itself', async () => {
    await openLab();
    (await control('lab-line')).click();
    await until(() => expect(byId('lab')!.dataset['lab']).toBe('line'));
    await until(() => expect(panel.querySelector('lab-chart')).not.toBeNull());
    let asked = '';
    panel.addEventListener('lab-turn', (event) => {
      event.preventDefault();
      asked = (event as CustomEvent<string>).detail;
    });
    (await control('lab-table')).click();
    expect([asked, byId('lab')!.dataset['lab']]).toEqual(['table', 'line']);
    panel.at = 'table';
    await until(() => expect(panel.querySelector('lab-triangle')).not.toBeNull());
  });

  it('moves the start by keyboard and pointer, in all triangles, with the arrows of before', async () => {
    await openLab();
    await until(() => expect(start()).toHaveLength(2));
    expect(start()[0]!.getAttribute('aria-valuetext')).toMatch(/^a 34.0\s%, b 33.0\s%, c 33.0\s%$/);
    press(start()[0]!, 'ArrowUp', true);
    await until(() =>
      expect(start().map((handle) => handle.getAttribute('aria-valuenow'))).toEqual(['44', '44']),
    );
    await until(() => expect(text('lab').includes('From 0.44, 0.28, 0.28')).toBe(true));
    expect(panel.querySelectorAll('.lab-arrow')).toHaveLength(2);
    press(start()[1]!, 'ArrowRight');
    await until(() => expect(start()[0]!.getAttribute('aria-valuetext')).toMatch(/b 27.0\s%, c 29.0\s%/));
    // To the middle of the left edge: a and b alike, and hardly any c.
    const picture = panel.querySelector<SVGSVGElement>('svg.lab-triangle')!;
    const box = picture.getBoundingClientRect();
    const scale = Math.max(400 / box.width, 360 / box.height);
    const at = {
      clientX: box.left + box.width / 2 + (115 - 200) / scale,
      clientY: box.top + box.height / 2 + (177 - 180) / scale,
    };
    picture.setPointerCapture = () => {};
    start()[0]!.dispatchEvent(new PointerEvent('pointerdown', { ...at, bubbles: true }));
    picture.dispatchEvent(new PointerEvent('pointermove', { ...at, bubbles: true }));
    picture.dispatchEvent(new PointerEvent('pointerup', { ...at, bubbles: true }));
    await until(() =>
      expect(start()[0]!.getAttribute('aria-valuetext')).toMatch(
        /^a (49.9|50.0)\s%, b (49.9|50.0)\s%, c 0.2\s%$/,
      ),
    );
    expect(Number((await control('field-lab-a')).value)).toBeCloseTo(0.499, 2);
    await choose('field-lab-beside', '');
    await until(() => expect(panel.querySelectorAll('lab-triangle')).toHaveLength(1));
  });
});
