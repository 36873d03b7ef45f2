import { afterEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/ui/app';
import type { AnalysisPanel } from '../../src/ui/lab/analysis-panel';
import '../../src/ui/lab/analysis-panel';
import '../../src/ui/styles/main.css';
import { byId, control, fill, openUi, phase, text, until } from '../support/ui-page';

/* Looks into models, over a stand-in for the engine with one made-up analysis. */

let app: App;

const openPanel = async (hash = '') => {
  ({ app } = await openUi({ pace: 1 }, hash));
  const panel = document.createElement('analysis-panel') as AnalysisPanel;
  panel.app = app;
  document.querySelector('main')!.append(panel);
  await until(() => expect(byId('analysis')).not.toBeNull());
  return panel;
};

afterEach(() => {
  app.end();
  document.body.innerHTML = '';
});

describe('a look into a model', () => {
  it('waits to be asked, and says that no run is open', async () => {
    const panel = await openPanel();
    expect(text('analysis-no-run')).toContain('No run is open');
    expect(panel.querySelector('figure')).toBeNull();
    (await control('analysis-run')).click();
    await until(() => expect(text('analysis-problems')).toContain('No run is open'));
  });

  it('lists what is found, bars with their numbers and answers beside one another', async () => {
    const panel = await openPanel('#steps=2');
    await app.control.train();
    await until(() => expect(phase()).toBe('finished'));
    await until(() => expect(byId('analysis-no-run')).toBeNull());
    await fill('field-analysis-depth', '2');
    expect(text('analysis-says')).toBe(''); // not until asked
    (await control('analysis-run')).click();
    await until(() => expect(text('analysis-says')).toBe('Looked 2 deep.'));
    const cells = [...byId('lab-amounts-table')!.querySelectorAll('tbody tr')].map((row) =>
      [...row.children].map((cell) => (cell.textContent ?? '').replace(/\s+/g, ' ').trim()),
    );
    expect(cells).toEqual([
      ['first', '', '50.0 %', '40.0 % to 60.0 %', 'ten answers'],
      ['second', '', '25.0 %', '–', ''],
    ]);
    const widths = [...panel.querySelectorAll<HTMLElement>('.lab-bar > div')].map((bar) =>
      Number.parseFloat(bar.style.width),
    );
    expect(widths[0]! / widths[1]!).toBeCloseTo(2, 2);
    expect(text('lab-answers-table')).toContain('A:3');
  });

  it('offers the analyses that train for themselves, with their seeds and the command', async () => {
    const panel = await openPanel();
    (await control('analysis-series-more-is-less')).click();
    await until(() => expect(byId('analysis')!.dataset['lab']).toBe('series-more-is-less'));
    expect((await control('field-analysis-seeds')).value).toBe('3');
    expect(panel.textContent).toContain('npm run analysis -- more-is-less');
    expect(text('analysis-run')).toBe('Train and look');
  });
});
