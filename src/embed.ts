/*
 * <marginalia-page src page hide lock>: a page of Marginalia within another page. A plain script of its own, which loads nothing
 * until an element is there; what it shows lies in a frame.
 *
 *   src    where Marginalia lies; the folder of this script when left out
 *   page   as after the sign # of an address: "lessons/why-chosen-fall/1", "lab/loss", with fields behind a question mark
 *   hide   parts to be hidden, and lock, fields that nobody may change; see view.hide and view.lock
 *
 * The frame is as high as its content, and is told which part of it the window shows, so that its buttons stay in sight.
 * Events, with what they tell in `detail`: step, answer, metrics, finished.
 */
(() => {
  const script =
    document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : location.href;
  const told = ['step', 'answer', 'metrics', 'finished'];

  const addressOf = (element: HTMLElement): string => {
    const of = (name: string) => element.getAttribute(name) ?? '';
    const base = new URL(of('src') || '.', of('src') ? location.href : script);
    if (!/\.html$/.test(base.pathname) && !base.pathname.endsWith('/')) base.pathname += '/';
    const [path = '', fields = ''] = of('page')
      .replace(/^#?\/*/, '')
      .split('?');
    const query = [
      fields,
      ...['hide', 'lock', 'seed'].map(
        (name) => of(name) && `view.${name}=${encodeURIComponent(of(name)).replaceAll('%2C', ',')}`,
      ),
      'view.embed=1',
    ].filter(Boolean);
    base.hash = `/${path}?${query.join('&')}`;
    return base.href;
  };

  class MarginaliaPage extends HTMLElement {
    static observedAttributes = ['src', 'page', 'hide', 'lock', 'seed'];
    #frame: HTMLIFrameElement | undefined;
    #asked = 0;
    /** The page in the frame is there; before it another one is, of this origin. */
    #there = false;

    connectedCallback() {
      this.style.display ||= 'block';
      const frame = document.createElement('iframe');
      frame.title = this.getAttribute('title') ?? 'Marginalia';
      frame.loading = 'lazy';
      frame.allow = 'clipboard-write; cross-origin-isolated';
      frame.style.cssText = 'display: block; width: 100%; height: 40rem; border: 0';
      frame.src = addressOf(this);
      this.#frame = frame;
      this.append(frame);
      addEventListener('message', this.#hear);
      // Whatever scrolls, the window or a part of the page that the element lies in.
      addEventListener('scroll', this.#moved, { capture: true, passive: true });
      addEventListener('resize', this.#moved);
    }

    disconnectedCallback() {
      removeEventListener('message', this.#hear);
      removeEventListener('scroll', this.#moved, { capture: true });
      removeEventListener('resize', this.#moved);
      cancelAnimationFrame(this.#asked);
      this.#frame?.remove();
      this.#frame = undefined;
      this.#there = false;
    }

    attributeChangedCallback() {
      const frame = this.#frame;
      const address = addressOf(this);
      if (!frame || frame.src === address) return;
      // Another hash alone would not load the page anew.
      const fresh = frame.cloneNode() as HTMLIFrameElement;
      fresh.src = address;
      frame.replaceWith(fresh);
      this.#frame = fresh;
      this.#there = false;
    }

    #moved = () => {
      cancelAnimationFrame(this.#asked);
      this.#asked = requestAnimationFrame(() => {
        const frame = this.#frame;
        if (!frame || !this.#there) return;
        const { top } = frame.getBoundingClientRect();
        const seen = { marginalia: 1, type: 'seen', top: -top, bottom: innerHeight - top };
        frame.contentWindow?.postMessage(seen, new URL(frame.src).origin);
      });
    };

    #hear = ({ source, origin, data }: MessageEvent) => {
      const frame = this.#frame;
      if (!frame || source !== frame.contentWindow || origin !== new URL(frame.src).origin) return;
      if (data?.marginalia !== 1) return;
      this.#there = true;
      const { marginalia: _, type, ...detail } = data;
      if (type === 'height' && detail.height > 0) {
        frame.style.height = `${Math.ceil(detail.height)}px`;
        this.#moved();
      }
      if (told.includes(type)) this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
    };
  }

  if (!customElements.get('marginalia-page')) customElements.define('marginalia-page', MarginaliaPage);
})();
