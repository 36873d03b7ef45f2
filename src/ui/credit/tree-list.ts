import { html, LitElement, svg } from 'lit';
import { define } from '../element';
import { count, plural } from '../format';
import { left, right } from '../icons';
import type { TreeShape } from '../state';

const page = 24;

/** A fork: the shared tokens as a stem, each response as a branch as long as it is. */
const glyph = (tree: TreeShape) => {
  const branches = tree.branches.slice(0, 6);
  const longest = tree.shared + Math.max(1, ...branches);
  const at = (tokens: number) => 2 + (tokens / longest) * 60;
  const y = (i: number) => (branches.length === 1 ? 10 : 4 + (i * 12) / (branches.length - 1));
  const fork = at(tree.shared);
  return html`<svg viewBox="0 0 64 20" width="64" height="20" fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
    ${svg`<path d="M2 10H${fork}" opacity="0.55" />${branches.map((n, i) => svg`<path d="M${fork} 10V${y(i)}H${at(tree.shared + n)}" />`)}`}
  </svg>`;
};

const inWords = (tree: TreeShape) =>
  tree.branches.length > 1
    ? `${plural(tree.shared, 'shared token')}, then ${tree.branches.map(count).join(' against ')}`
    : `${plural(tree.shared, 'token')} of prompt, ${count(tree.branches[0] ?? 0)} of answer`;

/** The trees that the pipeline made, a page at a time. Fires `pick` with a tree's index. */
export class TreeList extends LitElement {
  static override properties = {
    trees: { attribute: false },
    picked: { attribute: false },
    from: { state: true },
  };
  declare trees: readonly TreeShape[];
  declare picked: number;
  declare from: number;

  constructor() {
    super();
    this.from = 0;
  }

  protected override createRenderRoot() {
    return this;
  }

  protected override willUpdate(changed: Map<string, unknown>) {
    if (changed.has('picked') && this.picked >= 0) this.from = page * Math.floor(this.picked / page);
    if (this.from >= this.trees.length) this.from = 0;
  }

  override render() {
    const { trees, from } = this;
    const to = Math.min(trees.length, from + page);
    const turn = (by: number) => () => {
      this.from = Math.max(0, from + by);
    };
    return html`
      <ol class="trees" data-testid="tree-list" start=${from + 1}>
        ${trees.slice(from, to).map(
          (tree) => html`<li>
            <button type="button" class="tree" data-testid="tree-${tree.index}" aria-pressed=${String(tree.index === this.picked)}
              aria-label="Pair ${count(tree.index + 1)}: ${inWords(tree)}" title=${inWords(tree)}
              @click=${() => this.dispatchEvent(new CustomEvent('pick', { detail: tree.index }))}>
              <span>${count(tree.index + 1)}</span>${glyph(tree)}
            </button>
          </li>`,
        )}
      </ol>
      <p class="pager">
        <button type="button" class="quiet-button" ?disabled=${from === 0} @click=${turn(-page)}>${left()} Earlier</button>
        <span class="quiet">${count(from + 1)} to ${count(to)} of ${count(trees.length)}</span>
        <button type="button" class="quiet-button" ?disabled=${to >= trees.length} @click=${turn(page)}>Later ${right()}</button>
      </p>
    `;
  }
}

define('tree-list', TreeList);
