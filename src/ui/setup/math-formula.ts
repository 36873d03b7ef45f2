import { define } from '../element';
import { breakableTex } from './breakable-tex';

/**
 * A TeX formula, in as many lines as its column needs. The typesetter comes when the engine has started or
 * one is near the window, so that the first view need not wait for it; until then, and without it, the source stands
 * there. What cannot be broken scrolls, and shadows at the edges say so.
 */
export class MathFormula extends HTMLElement {
  /** `started`: the engine has, and there is time for what is out of sight. */
  static readonly observedAttributes = ['tex', 'started'];

  #near = false;
  #sight: IntersectionObserver | undefined;
  #size: ResizeObserver | undefined;

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'The loss');
    this.#sight = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#sight?.disconnect();
        this.#near = true;
        this.#typeset();
      },
      { rootMargin: '600px' },
    );
    this.#sight.observe(this);
    this.#size = new ResizeObserver(this.#reach);
    this.#size.observe(this);
    document.fonts.addEventListener('loadingdone', this.#reach); // the letters' widths change, the column's does not
  }

  disconnectedCallback() {
    this.#sight?.disconnect();
    this.#size?.disconnect();
    document.fonts.removeEventListener('loadingdone', this.#reach);
  }

  /** Where it scrolls, the keyboard must reach it; where it does not, there is nothing to stop at. */
  readonly #reach = () => {
    if (this.scrollWidth > this.clientWidth + 1) this.tabIndex = 0;
    else this.removeAttribute('tabindex');
  };

  attributeChangedCallback(name: string) {
    if (name === 'tex') {
      this.textContent = this.tex;
      requestAnimationFrame(this.#reach);
    }
    if (this.#near || this.hasAttribute('started')) this.#typeset();
  }

  get tex(): string {
    return this.getAttribute('tex') ?? '';
  }

  #typeset() {
    const { tex } = this;
    void Promise.all([import('katex'), import('katex/dist/katex.min.css')])
      .then(async ([{ default: katex }]) => {
        // A task of its own: loading and laying out the page have taken their share already.
        await new Promise((resolve) => setTimeout(resolve));
        if (this.tex !== tex) return;
        // Formulas set apart are never broken; one in the text is, and this one is made to look like the former.
        katex.render(`\\displaystyle ${breakableTex(tex)}`, this, {
          throwOnError: false,
          output: 'htmlAndMathml',
          strict: false,
          trust: false,
        });
        requestAnimationFrame(this.#reach); // where the page is laid out anyway
      })
      .catch(() => {}); // offline before it was cached: the source stays
  }
}

define('math-formula', MathFormula);
