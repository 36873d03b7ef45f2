import { html, nothing } from 'lit';
import type { CreditResponse, CreditView, ImageView } from '../../../workers/protocol';
import { conditionAt, inWords } from '../../diffusion/world/condition';
import { type ListWeights, listWeights } from '../../methods/list-weights';
import { AppElement, define } from '../element';
import { number, signed } from '../format';
import { paintAll, picture } from './paint';

type Shown = ImageView['answers'][number];

const atTime = (t: number) => (t < 0 ? 'the image' : `t = ${t}`);

const roles = { chosen: 'Chosen', rejected: 'Rejected', response: 'Compared' } as const;

const weightsOf = (given: unknown): ListWeights => (given === 'gain' || given === 'none' ? given : 'rank');

/** What a method compares, as pictures: the state that each answer starts from, what follows, and what the network makes of it. */
export class ImagePair extends AppElement {
  static override properties = { ...AppElement.properties, view: { attribute: false } };
  declare view: CreditView;

  protected watched() {
    return ['document', 'runDocument'] as const;
  }

  protected override updated() {
    paintAll(this);
  }

  get #params(): Record<string, unknown> {
    return (this.state.runDocument ?? this.state.document)?.method.params ?? {};
  }

  #answer(own: Shown, response: CreditResponse, asked: string, place: number) {
    const { from, to, clean, score, spread, labels } = own;
    const isError = to.t < 0 && from.t >= 0 && this.#noised;
    const [role, many] = [roles[response.role], this.view.responses.length > 2];
    const name = many ? `Image ${place + 1}` : role;
    const [first, second, third] = isError
      ? ([
          ['the image', to.pixels],
          [`noised, ${atTime(from.t)}`, from.pixels],
          ['as the policy restores it', clean],
        ] as const)
      : ([
          [atTime(from.t), from.pixels],
          [`next, ${atTime(to.t)}`, to.pixels],
          ['what that stands for', clean],
        ] as const);
    const reward = labels['reward'];
    const rows: [string, string][] = [
      ...(reward === undefined ? [] : [['reward of the image', signed(reward)] as [string, string]]),
      ...(many && score !== undefined ? [['share of votes', number(score)] as [string, string]] : []),
      ...(spread === undefined ? [] : [['spread of its noise', number(spread)] as [string, string]]),
      ['implicit reward so far', signed(response.reward)],
      ['push right now', signed(response.steps.reduce((sum, { push }) => sum + push, 0))],
      ...(labels['moved'] === undefined
        ? []
        : [
            ['pushed up the slope', labels['moved'] > 0 ? 'yes' : 'no, the reward would fall'] as [
              string,
              string,
            ],
          ]),
    ];
    return html`<figure class="image-answer" data-testid="pair-${place}">
      <figcaption>${name}</figcaption>
      <ol class="image-walk">${[first, second, third].map(([label, pixels]) => html`<li>${picture(pixels, `${asked}, ${name}, ${label}`)}<span>${label}</span></li>`)}</ol>
      <dl class="legend">${rows.map(([label, value]) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)}</dl>
    </figure>`;
  }

  /** Whether images are scored by their errors under a noise of the visit, and not as steps of a walk. */
  get #noised(): boolean {
    return ['diffusion-dpo', 'smpo', 'rankdpo'].includes(this.view.method);
  }

  /** Of a list: what each ordered pair counts by. */
  #weights(answers: readonly Shown[]) {
    if (this.view.method !== 'rankdpo') return nothing;
    const phi = answers.map(({ score }) => score ?? 0);
    const own = this.view.responses.map(({ reward }) => reward);
    const by = this.#params['tauFrom'] === 'model' ? own : phi;
    const table = listWeights(phi, by, weightsOf(this.#params['weights']));
    return html`<div class="scroll" tabindex="0" role="group" aria-label="Weights of the list">
      <table class="image-measures" data-testid="list-weights">
        <caption>What image of the row against image of the column counts by</caption>
        <thead><tr><th scope="col">image</th>${phi.map((_, b) => html`<th scope="col">${b + 1}</th>`)}</tr></thead>
        <tbody>${table.map((row, a) => html`<tr><th scope="row">${a + 1}</th>${row.map((weight) => html`<td>${weight > 0 ? number(weight) : '–'}</td>`)}</tr>`)}</tbody>
      </table>
    </div>`;
  }

  /** Of SmPO: how much this pair counts. */
  #factor([w, l]: readonly Shown[]) {
    const g = this.#params['g'];
    if (this.view.method !== 'smpo' || typeof g !== 'number' || !w || !l) return nothing;
    const factor = g * (2 / (1 + Math.exp((l.score ?? 0) - (w.score ?? 0))) - 1);
    return html`<p data-testid="pair-factor">This pair counts ${number(factor)} times: g (2p − 1) at the lead of its rewards.</p>`;
  }

  override render() {
    const { images, responses } = this.view;
    if (!images) return nothing;
    const asked = inWords(conditionAt(images.condition));
    return html`<p class="text">Asked for: <strong>${asked}</strong>.</p>
      <div class="image-answers">${images.answers.map((own, i) => this.#answer(own, responses[i]!, asked, i))}</div>
      ${this.#weights(images.answers)}${this.#factor(images.answers)}`;
  }
}

define('image-pair', ImagePair);
