import { html, nothing } from 'lit';
import { chapters } from '../../methods/method';
import type { MethodInfo } from '../../train/method-info';

/** The methods that a visit begins with; the others are a press away. */
const first = ['sft', 'dpo', 'step-dpo', 'tgdpo'];

interface MethodChoice {
  methods: readonly MethodInfo[];
  chosen: string;
  choose(id: string): void;
}

const radio = (method: MethodInfo, { chosen, choose }: MethodChoice) =>
  html`<input type="radio" name="method" value=${method.id} data-testid="method-${method.id}" .checked=${method.id === chosen}
    aria-describedby="about-${method.id}" @change=${() => choose(method.id)} />`;

const card = (method: MethodInfo, choice: MethodChoice) => html`<label class="card">
  ${radio(method, choice)}
  <span class="card-name">${method.name} <span class="card-year">${method.paper.year}</span></span>
  <span class="card-summary" id="about-${method.id}">${method.summary}</span>
</label>`;

const line = (method: MethodInfo, choice: MethodChoice, all: readonly MethodInfo[]) => {
  const kin = method.kin && all.find(({ id }) => id === method.kin?.id);
  return html`<label class="method-line">
    ${radio(method, choice)}
    <span class="card-name">${method.name} <span class="card-year">${method.paper.year}</span></span>
    <span class="card-summary" id="about-${method.id}">${kin ? `${kin.name}, but ${method.kin!.change}.` : method.summary}</span>
  </label>`;
};

/**
 * A few methods as cards, all others by chapter, folded, in a list that scrolls by itself. A method stays in its place when it is chosen, so that the keyboard
 * does; the fold says which one of its methods is.
 */
export const methodChoice = (choice: MethodChoice) => {
  const { methods, chosen } = choice;
  const shown = methods.filter(({ id }) => first.includes(id));
  const others = methods.filter((method) => !shown.includes(method));
  const own = others.find(({ id }) => id === chosen);
  return html`<fieldset class="cards">
      <legend>Method</legend>
      ${shown.map((method) => card(method, choice))}
    </fieldset>
    ${
      others.length === 0
        ? nothing
        : html`<details class="more more-methods" data-testid="more-methods" ?open=${own !== undefined}>
            <summary>${others.length} more methods${own ? html`, <strong>${own.name}</strong> among them` : nothing}</summary>
            <div class="method-chapters">${Object.entries(chapters).map(([chapter, title]) => {
              const lines = others.filter((method) => method.chapter === chapter);
              return lines.length === 0
                ? nothing
                : html`<fieldset class="method-lines">
                    <legend>${title}</legend>
                    ${lines.map((method) => line(method, choice, methods))}
                  </fieldset>`;
            })}</div>
          </details>`
    }`;
};

/**
 * Scrolls the list of the other methods, and nothing else, to the one that is chosen.
 * @returns false while it is out of sight
 */
export const showChosen = (root: ParentNode): boolean => {
  const list = root.querySelector<HTMLElement>('.method-chapters');
  const line = list?.querySelector<HTMLElement>('input:checked')?.closest<HTMLElement>('.method-line');
  if (!list || !line) return true;
  if (list.clientHeight === 0) return false;
  const above = line.offsetTop - list.scrollTop;
  if (above < 0 || above + line.offsetHeight > list.clientHeight)
    list.scrollTop = line.offsetTop - list.clientHeight / 2;
  return true;
};
