import { html, nothing, svg } from 'lit';
import { chapters } from '../../methods/method';
import type { ParamValue } from '../../methods/params';
import type { MethodInfo } from '../../train/method-info';
import { number, signed } from '../format';
import '../live/loss-plane';
import type { PlanePath } from '../live/loss-plane';
import { paramFields } from '../setup/param-fields';
import { gained, type LabAnswers } from './answers';
import { type Arm, derivativesOf, pushOf } from './arm';

export interface ArmCard {
  arm: Arm;
  index: number;
  /** Methods that may be chosen. */
  methods: readonly MethodInfo[];
  answers: LabAnswers;
  paths: readonly PlanePath[];
  /** Its arrows stand on the bars. */
  drawn: boolean;
  several: boolean;
  choose(id: string): void;
  draw(): void;
  setParam(name: string, value: ParamValue): void;
  remove(): void;
  moved(chosen: number, rejected: number): void;
}

const letters = 'ABCD';

const picker = ({ arm, index, methods, choose }: ArmCard) =>
  html`<select aria-label="Method ${letters[index]}" data-testid="loss-arm-${letters[index]!.toLowerCase()}" @change=${(
    event: Event,
  ) => choose((event.target as HTMLSelectElement).value)}>${Object.entries(chapters).map(
    ([chapter, title]) => {
      const own = methods.filter((method) => method.chapter === chapter);
      return own.length === 0
        ? nothing
        : html`<optgroup label=${title}>${own.map(({ id, name }) => html`<option value=${id} .selected=${id === arm.method} ?selected=${id === arm.method}>${name}</option>`)}</optgroup>`;
    },
  )}</select>`;

/** Arrows of every token of the first two answers, small, for an arm whose arrows are not on the bars. */
const strip = ({ arm, answers }: ArmCard) => {
  const rows = derivativesOf(arm, answers, 'policy').slice(0, 2);
  const most = Math.max(...rows.flat().map(Math.abs), 1e-30);
  const width = 14 * Math.max(...rows.map(({ length }) => length));
  const push = pushOf(arm)!;
  return svg`<svg class="loss-arm-strip" viewBox="0 0 ${width} 60" style="max-width: ${width * 1.4}px" role="img" aria-label="Where it pushes: the first answer ${signed(push.chosen, 3)}, the second ${signed(push.rejected, 3)}.">
    ${rows.map((row, r) =>
      row.map((by, t) => {
        const [x, zero] = [14 * t + 7, 15 + 30 * r];
        const share = Math.abs(by) / most;
        if (share < 0.004) return svg`<circle class="push-none" cx=${x} cy=${zero} r="1.4" />`;
        const way = by < 0 ? -1 : 1;
        const tip = zero + way * (3 + 10 * Math.sqrt(share));
        return svg`<path class=${by < 0 ? 'push-up' : 'push-down'} d="M${x} ${zero}V${tip}M${x - 3} ${tip - way * 3.5}L${x} ${tip}L${x + 3} ${tip - way * 3.5}" />`;
      }),
    )}
  </svg>`;
};

const numbers = ({ arm, answers }: ArmCard) => {
  const push = pushOf(arm)!;
  const margin = arm.result!.metrics['rewards/margins'];
  const [first, second] = answers.answers.map(gained) as [number, number];
  const rows: [string, string, string][] = [
    ['loss', number(arm.result!.loss), 'loss'],
    ['margin, nats', signed(first - second, 2), 'margin'],
    ...(margin === undefined
      ? []
      : [['its reward margin', number(margin), 'reward'] as [string, string, string]]),
    ['pushes apart by', number(push.apart), 'weight'],
    ['the first by', signed(push.chosen, 4), 'first'],
    ['the second by', signed(push.rejected, 4), 'second'],
  ];
  return html`<dl class="loss-arm-numbers">${rows.map(([name, value, id]) => html`<div><dt>${name}</dt><dd data-testid="loss-${id}-${arm.method}">${value}</dd></div>`)}</dl>`;
};

/** A method beside others: its numbers, arrows, settings, and its plane. */
export const armCard = (card: ArmCard) => {
  const { arm, index, methods, several, drawn, answers, paths } = card;
  const info = methods.find(({ id }) => id === arm.method);
  const [first, second] = answers.answers.map(gained);
  return html`<section class="loss-arm" aria-label="Method ${letters[index]}" data-testid="loss-card-${letters[index]!.toLowerCase()}" data-loss=${arm.result?.loss ?? ''}>
    <p class="loss-arm-head"><strong>${letters[index]}</strong> ${picker(card)}${several ? html`<button type="button" class="quiet-button" aria-label="Take ${info?.name ?? arm.method} away" @click=${card.remove}>×</button>` : nothing}</p>
    ${arm.problem ? html`<p class="field-problem" role="alert">${arm.problem}</p>` : nothing}
    ${arm.result && !arm.problem ? numbers(card) : nothing}
    ${
      several && arm.result && !arm.problem
        ? html`<p class="quiet"><label class="check"><input type="radio" name="loss-drawn" .checked=${drawn} @change=${card.draw} /> its arrows on the bars</label></p>${strip(card)}`
        : nothing
    }
    ${
      info && Object.keys(info.params).length > 0
        ? html`<details class="loss-arm-settings"><summary>Settings of ${info.name}</summary><div class="fields parameters">${paramFields(
            {
              specs: info.params,
              values: {
                ...Object.fromEntries(
                  Object.entries(info.params).map(([name, spec]) => [name, spec.default]),
                ),
                ...arm.params,
              },
              path: `loss.${letters[index]!.toLowerCase()}`,
              problems: [],
              set: (path, value) => card.setParam(path.split('.').at(-1)!, value),
            },
          )}</div></details>`
        : nothing
    }
    ${
      arm.plane && !arm.problem
        ? html`<loss-plane .plane=${arm.plane} .paths=${paths} .ring=${[first, second]} .method=${info?.name ?? arm.method} since="the reference"
            @move=${(event: CustomEvent<{ chosen: number; rejected: number }>) => card.moved(event.detail.chosen, event.detail.rejected)}></loss-plane>`
        : nothing
    }
  </section>`;
};
