import { LitElement } from 'lit';
import { define } from '../element';

/** A TeX formula. The typesetter comes when the first one is shown; until then, and without it, the source stands there. */
export class MathFormula extends LitElement {
  static override properties = { tex: {} };
  declare tex: string;

  constructor() {
    super();
    this.tex = '';
  }

  protected override createRenderRoot() {
    return this;
  }

  override connectedCallback() {
    super.connectedCallback();
    // It scrolls when it is wider than the column, so the keyboard must reach it.
    this.tabIndex = 0;
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'The loss');
  }

  protected override updated() {
    const { tex } = this;
    this.textContent = tex;
    void Promise.all([import('katex'), import('katex/dist/katex.min.css')])
      .then(async ([{ default: katex }]) => {
        // A task of its own: loading and laying out the page have taken their share already.
        await new Promise((resolve) => setTimeout(resolve));
        if (this.tex !== tex) return;
        katex.render(tex, this, {
          displayMode: true,
          throwOnError: false,
          output: 'htmlAndMathml',
          strict: false,
          trust: false,
        });
      })
      .catch(() => {}); // offline before it was cached: the source stays
  }
}

define('math-formula', MathFormula);
