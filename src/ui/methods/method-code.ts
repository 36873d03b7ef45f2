import { html } from 'lit';
import { symbolsOf } from '../../methods/symbols';
import type { MethodInfo } from '../../train/method-info';
import { codeMarker } from './code-marks';
import { equationsOf, excerpt, pathOf } from './source-text';

interface Shown {
  /** The method's file. */
  text: string;
  /** All of it, where not the formulas and the loss alone. */
  whole: boolean;
  /** The symbol that is pointed at. */
  lit: string;
  look(symbol: string): void;
  open(whole: boolean): void;
}

/** A method's own file, its lines of the loss marked with the symbols of the formula. */
export const methodCode = (info: MethodInfo, { text, whole, lit, look, open }: Shown) => {
  const { header, body } = excerpt(text);
  const mark = codeMarker(symbolsOf(info));
  const shown = whole ? text : `${header}\n\n${body}`;
  return html`<section class="listing" aria-label="Its code"><h2>The same in code</h2>
    <pre class="code" tabindex="0" data-testid="method-code" @pointerover=${(event: Event) => {
      look((event.target as Element).closest<HTMLElement>('[data-s]')?.dataset['s'] ?? '');
    }} @pointerleave=${() => {
      look('');
    }}>${shown
      .trimEnd()
      .split('\n')
      .map((line) => {
        const equations = equationsOf(line);
        return html`<span class=${equations.length > 0 ? 'has-equation' : ''}>${mark(line).map(
          ({ text: part, symbol }) =>
            symbol === undefined
              ? part
              : html`<span data-s=${symbol} class=${symbol === lit ? 'is-lit' : ''}>${part}</span>`,
        )}\n</span>`;
      })}</pre>
    <p class="buttons"><button type="button" class="quiet-button" aria-expanded=${String(whole)} data-testid="method-whole" @click=${() => {
      open(!whole);
    }}>${whole ? 'The formulas and the loss alone' : 'Open the file'}</button> <code class="path">${pathOf(info)}</code></p></section>`;
};
