import { html } from 'lit';
import { addressFields, contract, driverCalls, pageContract, phaseTable } from '../contract';
import { AppElement, define } from '../element';
import { pageLink } from '../page-link';

const example = `await page.goto('/#data.trees=16&evaluation.problems=20&steps=5&start=1');
await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'finished');`;

const where = [
  ['A browser with WebGPU on a real GPU', 'our own kernels; the fast way'],
  [
    'A browser whose only WebGPU adapter is software',
    'WebAssembly, chosen by itself: several times faster there',
  ],
  ['A browser without WebGPU', 'WebAssembly'],
  ['Anywhere, asked for by name', 'plain JavaScript, for comparison'],
] as const;

const table = (
  label: string,
  rows: readonly (readonly [string, string])[],
  head: readonly [string, string],
  codes = true,
) =>
  html`<div class="scroll-x" tabindex="0" role="group" aria-label=${label}><table>
    <thead><tr><th scope="col">${head[0]}</th><th scope="col">${head[1]}</th></tr></thead>
    <tbody>${rows.map(([name, what]) => html`<tr><th scope="row">${codes ? html`<code>${name}</code>` : name}</th><td>${what}</td></tr>`)}</tbody>
  </table></div>`;

/** What this is, where it works, and how a program drives it. */
export class AboutPage extends AppElement {
  protected watched() {
    return ['document', 'place'] as const;
  }

  override render() {
    const { app } = this;
    return html`<h1 class="page-title" tabindex="-1">About</h1>
      <div class="spread"><div class="text prose">
        <p>Marginalia trains a small language model in a web page with methods of preference optimisation, and shows token by token where each puts the credit. It is a library and a command line as well. The same run document gives the same numbers in all three, on one device and browser.</p>
        <p>Preference optimisation shows a model two answers to one problem and says which is better; its weights are moved until the better one is likelier and the worse one less likely. ${pageLink(app, { path: [] }, 'Watch it happen')} in ten seconds, ${pageLink(app, { path: ['lessons'] }, 'find out in a lesson')} what goes wrong with it, or ${pageLink(app, { path: ['methods'] }, 'choose a method')} for data of your own.</p>
        <h2>What works where</h2>
        ${table('What works where', where, ['where', 'what to expect'], false)}
        <h2 id="drive">Drive it from a test</h2>
        <pre class="sample-code" tabindex="0">${example}</pre>
        <p>One document on one device and browser gives the same numbers each time, through pause, reload and resume. There is one button that is always there, <code>#main-button</code>; its test id says what it would do. A control that does nothing at the moment has <code>aria-disabled="true"</code>.</p>
        ${table('Test ids', contract, ['test id', 'what'])}
        <h3>On the other pages</h3>
        <div class="scroll-x" tabindex="0" role="group" aria-label="Test ids by page"><table>
          <thead><tr><th scope="col">page</th><th scope="col">test ids</th><th scope="col">what</th></tr></thead>
          <tbody>${pageContract.map(([address, ids, what]) => html`<tr><th scope="row"><code>${address}</code></th><td><code>${ids}</code></td><td>${what}</td></tr>`)}</tbody>
        </table></div>
        <h3>In the address</h3>
        ${table('Fields of an address', addressFields, ['field', 'what'])}
        <h3>The phases of a run</h3>
        ${table('Phases', phaseTable, ['data-phase', 'when'])}
        <h3>From a script</h3>
        ${table('window.marginalia', driverCalls, ['window.marginalia', 'what'])}
        <h2>Licence</h2>
        <p>MIT. The built-in models were trained from the task itself and come under the same licence. Fonts of the formulas are KaTeX’s (MIT).</p>
      </div><div class="note">
        <h3>Nothing leaves the machine</h3>
        <p>No account, no server, no counting of visits. What is kept lies in this browser, and ${pageLink(app, { path: ['kept'] }, 'Kept')} lists all of it.</p>
      </div></div>`;
  }
}

define('about-page', AboutPage);
