import { html, LitElement, nothing } from 'lit';
import type { SearchView } from '../../../workers/protocol';
import '../styles/search-tree.css';
import { define } from '../element';
import { count, number, plural } from '../format';
import type { SearchRow } from './search-rows';
import { childrenOf, OPEN_AT_FIRST, onTreeKey, openAtFirst, rowsOf } from './search-rows';

/** A searched tree, step by step, with what the search knew of each; what was compared is framed. */
export class SearchTree extends LitElement {
  static override properties = {
    view: { attribute: false },
    path: { attribute: false },
    fresh: { attribute: false },
    plain: { attribute: false },
    open: { state: true },
    at: { state: true },
  };
  declare view: SearchView;
  /** Nodes on a way down, and new ones, of a search that is shown again. */
  declare path: readonly number[];
  declare fresh: readonly number[];
  /** Without the words around it. */
  declare plain: boolean;
  declare open: Set<number>;
  /** The node that the keyboard is at. */
  declare at: number;
  #children: number[][] = [];

  constructor() {
    super();
    this.path = [];
    this.fresh = [];
    this.plain = false;
  }

  #shown = '';

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate() {
    // The same tree comes again with every look at its credit, and stays as it was opened.
    const shown = JSON.stringify([this.view.nodes.map(({ text }) => text), this.view.pairs]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#children = childrenOf(this.view);
    this.open = openAtFirst(this.view);
    this.at = 0;
  }

  #toggle(node: number) {
    const open = new Set(this.open);
    if (!open.delete(node)) open.add(node);
    this.open = open;
  }

  async #key(event: KeyboardEvent) {
    const { altKey, ctrlKey, metaKey } = event;
    if (altKey || ctrlKey || metaKey) return;
    const rows = rowsOf(this.#children, this.open);
    const next = onTreeKey(event.key, this.at, rows, this.#children, this.open);
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    this.at = next.at;
    if (next.toggle !== undefined) this.#toggle(next.toggle);
    await this.updateComplete;
    this.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }

  #row({ node, depth, place, siblings }: SearchRow) {
    const { nodes, pairs } = this.view;
    const own = nodes[node]!;
    const inner = this.#children[node]!;
    const chosen = pairs.some((pair) => pair.chosen === node);
    const rejected = pairs.some((pair) => pair.rejected === node);
    const side = chosen && rejected ? 'is-both' : chosen ? 'is-chosen' : rejected ? 'is-rejected' : '';
    const fresh = this.fresh.includes(node);
    const way = this.path.includes(node);
    const said = [chosen && 'chosen', rejected && 'rejected', way && 'on the way', fresh && 'new']
      .filter(Boolean)
      .join(' and ');
    const cell = (name: string, value: number | undefined) =>
      html`<span class="search-number"><span class="search-name">${name} </span>${value === undefined ? '–' : number(Number(value.toFixed(3)))}</span>`;
    return html`<li role="treeitem" class="search-row ${side} ${way ? 'is-way' : ''} ${fresh ? 'is-new' : ''}" style="--depth: ${depth}" data-testid="search-node-${node}"
      aria-level=${depth + 1} aria-posinset=${place} aria-setsize=${siblings}
      aria-expanded=${inner.length > 0 ? String(this.open.has(node)) : nothing}
      aria-selected=${String(this.at === node)} tabindex=${this.at === node ? 0 : -1}
      @focus=${() => {
        this.at = node;
      }}
      @click=${() => {
        this.at = node;
        if (inner.length > 0) this.#toggle(node);
      }}>
      <span class="search-step">
        <span aria-hidden="true" class="search-fold">${inner.length === 0 ? '·' : this.open.has(node) ? '▾' : '▸'}</span>
        <span class="search-text">${own.text.trim() || '(end)'}</span>
        ${own.correct === undefined ? nothing : html`<span class="search-verdict">${own.correct ? 'right' : 'wrong'}</span>`}
        ${said ? html`<span class="search-side">${said}</span>` : nothing}
      </span>
      ${cell('prior', own.prior)} ${cell('Q', own.q)} ${cell('visits', own.visits)} ${cell('value', own.value)}
    </li>`;
  }

  override render() {
    const { nodes, pairs } = this.view;
    const rows = rowsOf(this.#children, this.open);
    const folded = nodes.length > OPEN_AT_FIRST;
    return html`<section class="search" aria-labelledby="search-tree-title">
      <h3 id="search-tree-title" class=${this.plain ? 'visually-hidden' : ''}>The search</h3>
      <p class="quiet" ?hidden=${this.plain}>${plural(nodes.length - 1, 'step')} were tried, ${plural(pairs.length, 'pair')} came of them${folded ? `; ${count(rows.length)} are unfolded, those on the way to a pair first` : ''}. Prior: how likely the policy found the step, a token in the mean. Q: the mean of what came back through it. Value: what it was found worth itself.</p>
      <ul role="tree" class="search-rows" data-testid="search-tree" aria-labelledby="search-tree-title" @keydown=${(e: KeyboardEvent) => void this.#key(e)}>
        ${rows.map((row) => this.#row(row))}
      </ul>
    </section>`;
  }
}

define('search-tree', SearchTree);
