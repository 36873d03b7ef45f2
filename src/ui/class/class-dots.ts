import { html, svg } from 'lit';
import { percent, plural, points } from '../format';
import type { ClassRun } from './gather';

const [width, height] = [640, 92];
const edge = 24;

/** Dots of a class on one line, a pupil each, with the mean and its interval. */
export const classDots = ({ fields, method, dots, now, gain }: ClassRun, name: string) => {
  const at = (share: number) => edge + share * (width - 2 * edge);
  // Equal ones stand on each other.
  const heights = dots.map(({ now: value }, i) => dots.slice(0, i).filter((dot) => dot.now === value).length);
  const [low, high] = now.interval ?? [now.mean, now.mean];
  const sentence = `${plural(dots.length, 'pupil')}: ${percent(now.mean)} on average${now.interval ? ` (95 %: ${percent(Math.max(0, low))} to ${percent(Math.min(1, high))})` : ''}${
    gain
      ? `, ${points(gain.mean)} more than before${gain.interval ? ` (${points(gain.interval[0])} to ${points(gain.interval[1])})` : ''}`
      : ''
  }.`;
  return html`<section data-testid="class-run-${method}" data-pupils=${dots.length} data-mean=${now.mean}>
    <h3>${name}</h3>
    <p class="quiet"><code>${fields}</code></p>
    <svg class="class-dots" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}. ${sentence}">
      <line class="axis" x1=${edge} x2=${width - edge} y1="62" y2="62" />
      ${[0, 0.25, 0.5, 0.75, 1].map((share) => svg`<line class="axis" x1=${at(share)} x2=${at(share)} y1="62" y2="67" /><text x=${at(share)} y="82" text-anchor="middle">${percent(share, 0)}</text>`)}
      ${dots.map(({ now: value }, i) => svg`<circle cx=${at(value)} cy=${54 - 9 * Math.min(4, heights[i]!)} r="4" />`)}
      <line class="mean" x1=${at(Math.max(0, low))} x2=${at(Math.min(1, high))} y1="62" y2="62" />
      <line class="mean" x1=${at(now.mean)} x2=${at(now.mean)} y1="54" y2="70" />
    </svg>
    <p>${sentence}</p>
    <details class="numbers"><summary>Show numbers<span class="visually-hidden"> of ${name}</span></summary>
      <div class="scroll" tabindex="0" role="group" aria-label="Numbers of ${name}"><table>
        <thead><tr><th scope="col">seed</th><th scope="col">before</th><th scope="col">now</th></tr></thead>
        <tbody>${dots.map(({ seed, before, now: value }) => html`<tr><th scope="row">${seed}</th><td>${before === undefined ? '–' : percent(before)}</td><td>${percent(value)}</td></tr>`)}</tbody>
      </table></div></details>
  </section>`;
};
