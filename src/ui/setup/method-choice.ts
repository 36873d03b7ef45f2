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

/** A few methods as cards, with the chosen one among them; all others by chapter, folded. */
export const methodChoice = (choice: MethodChoice) => {
  const { methods, chosen } = choice;
  const shown = methods.filter(({ id }) => first.includes(id) || id === chosen);
  const others = methods.filter((method) => !shown.includes(method));
  return html`<fieldset class="cards">
      <legend>Method</legend>
      ${shown.map((method) => card(method, choice))}
    </fieldset>
    ${
      others.length === 0
        ? nothing
        : html`<details class="more" data-testid="more-methods">
            <summary>${others.length} more methods</summary>
            ${Object.entries(chapters).map(([chapter, title]) => {
              const own = others.filter((method) => method.chapter === chapter);
              return own.length === 0
                ? nothing
                : html`<fieldset class="method-lines">
                    <legend>${title}</legend>
                    ${own.map((method) => line(method, choice, methods))}
                  </fieldset>`;
            })}
          </details>`
    }`;
};
