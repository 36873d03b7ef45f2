import { html, nothing, svg, type TemplateResult } from 'lit';
import type { RunPhase, RunStatus } from '../../../workers/protocol';
import { isTied } from '../../train/outcome';
import { quantile } from '../../util/quantile';
import { count, percent, signed } from '../format';
import { ticks } from '../live/live-view';
import { mendedOf } from '../live/mended';
import { numbersTable } from '../live/numbers-table';
import { sinceStart } from '../live/since-start';
import { type SmallLine, smallChart } from '../live/small-chart';
import type { Arm } from '../state';
import { type Letter, letters, styles } from './arms';

/** An arm that trains or has trained, with its letter and what it is called. */
export interface ShownArm extends Omit<Arm, 'status' | 'stages'> {
  letter: Letter;
  name: string;
  /** Steps of a pass, and how many passes there are. */
  status: { steps: number; stage: { count: number }; took?: RunStatus['took']; phase?: RunPhase };
}

export const armKey = ({ letter, name }: Pick<ShownArm, 'letter' | 'name'>): TemplateResult => {
  const { color, dash } = styles[letter];
  return html`<span class="arm-key"><svg viewBox="0 0 26 6" width="26" height="6" aria-hidden="true"><path class="small-line" d="M0 3H26" style="stroke: var(${color})" stroke-dasharray=${dash ?? nothing} /></svg>
    <strong>${letter.toUpperCase()}</strong> ${name}</span>`;
};

const last = <T>(rows: readonly T[]): T | undefined => rows.at(-1);

/** What an accuracy is a share of: of problems, of held-out pairs, of images. */
export const countedOf = ({ evaluations }: ShownArm): { share: string; counted: string } => {
  const kind = last(evaluations)?.evaluation.kind ?? 'answers';
  if (kind === 'pairs') return { share: 'Share of held-out pairs ranked right', counted: 'ranked right' };
  if (kind === 'images') return { share: 'Share of images as asked', counted: 'as asked' };
  return { share: 'Share of held-out problems solved', counted: 'solved' };
};

/** Without those that say nothing: before the first step every margin is 0. */
export const told = ({ evaluations }: ShownArm) =>
  evaluations.filter(({ evaluation }) => !isTied(evaluation));

/** What there is no room for is not cut off in silence. */
const shortened = (name: string, most: number) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

const line = (arm: ShownArm, points: SmallLine['points'], band?: SmallLine['band']): SmallLine => ({
  label: `${arm.letter.toUpperCase()} ${arm.name}`,
  ...styles[arm.letter],
  points,
  ...(band && { band }),
});

const stepsOf = (arms: readonly ShownArm[]) =>
  Math.max(1, ...arms.map(({ status }) => status.steps * status.stage.count));

const heads = (arms: readonly ShownArm[]) =>
  arms.map(({ letter, name }) => `${letter.toUpperCase()} ${name}`);

const accuracyNumbers = (arms: readonly ShownArm[]) => {
  const steps = [...new Set(arms.flatMap((arm) => told(arm).map(({ x }) => x)))].sort((a, b) => a - b);
  return numbersTable(
    'compare-accuracy',
    countedOf(arms[0]!).share,
    ['step', ...heads(arms)],
    steps.map((step) => [
      count(step),
      ...arms.map((arm) => {
        const found = told(arm).find(({ x }) => x === step)?.evaluation;
        return found
          ? `${percent(found.accuracy)} (${percent(found.interval[0])} to ${percent(found.interval[1])})`
          : '–';
      }),
    ]),
  );
};

/** Accuracy of all arms on one axis, with the 95 % intervals of the newest at the right edge. */
export const accuracyPanel = (arms: readonly ShownArm[], width = 640): TemplateResult | typeof nothing => {
  const values = arms.flatMap((arm) => [
    ...told(arm).map(({ evaluation }) => evaluation.accuracy),
    ...(last(told(arm))?.evaluation.interval ?? []),
  ]);
  if (values.length === 0) return nothing;
  const low = Math.max(0, Math.floor((Math.min(...values) - 0.04) * 10) / 10);
  const high = Math.min(1, Math.ceil((Math.max(...values) + 0.04) * 10) / 10);
  return html`<h2>What they can do</h2>${smallChart({
    title: countedOf(arms[0]!).share,
    sentence: arms
      .map((arm) => {
        const now = last(told(arm));
        return `${arm.letter.toUpperCase()}, ${arm.name}: ${now ? percent(now.evaluation.accuracy) : 'not measured'}.`;
      })
      .join(' '),
    lines: arms.map((arm) => {
      const interval = last(told(arm))?.evaluation.interval;
      return {
        ...line(
          arm,
          told(arm).map(({ x, evaluation }) => [x, evaluation.accuracy] as const),
        ),
        marks: true,
        ...(interval && { interval }),
      };
    }),
    steps: stepsOf(arms),
    y: [low, high],
    format: (value) => percent(value),
    size: [width, 200],
    testid: 'compare-accuracy',
  })}${accuracyNumbers(arms)}`;
};

/** The same problems before and now, as two counts an arm, on one scale. */
export const mendedPanel = (arms: readonly ShownArm[], width = 640): TemplateResult | typeof nothing => {
  const rows = arms.flatMap((arm) => {
    const mended = mendedOf(arm.evaluations[0]?.evaluation, last(arm.evaluations)?.evaluation);
    return mended && arm.evaluations.length > 1 ? [{ arm, mended }] : [];
  });
  if (rows.length === 0) return nothing;
  const most = Math.max(1, ...rows.flatMap(({ mended: m }) => [m.mended, m.broken]));
  // Where it is narrow a name stands above its bars.
  const narrow = width < 480;
  const half = (width - (narrow ? 190 : 310)) / 2;
  const [middle, step, top] = narrow ? [width / 2, 46, 16] : [width - half - 84, 30, 0];
  const long = (n: number) => (n / most) * half;
  return html`<h2>Mended and broken</h2>
    <svg class="mended" viewBox="0 0 ${width} ${rows.length * step + 8}" role="img" data-testid="compare-mended"
      aria-label=${rows.map(({ arm, mended: m }) => `${arm.letter.toUpperCase()}, ${arm.name}: mended ${m.mended}, broke ${m.broken}.`).join(' ')}>
      ${rows.map(
        (
          { arm, mended: m },
          i,
        ) => svg`<text x="0" y=${i * step + (narrow ? 14 : 22)}>${arm.letter.toUpperCase()} ${shortened(arm.name, narrow ? 40 : 18)}</text>
        <rect class="broke" x=${middle - long(m.broken)} y=${i * step + 8 + top} width=${long(m.broken)} height="20" />
        <rect class="mends" x=${middle} y=${i * step + 8 + top} width=${long(m.mended)} height="20" />
        <text class="broke-word" text-anchor="end" x=${middle - long(m.broken) - 6} y=${i * step + 22 + top}>broke ${m.broken}</text>
        <text class="mends-word" x=${middle + long(m.mended) + 6} y=${i * step + 22 + top}>mended ${m.mended}</text>`,
      )}
      <path class="middle" d="M${middle} 0V${rows.length * step + 8}" />
    </svg>
    ${numbersTable(
      'compare-mended',
      'Mended and broken',
      ['arm', 'mended', 'broke', 'solved both times', 'neither'],
      rows.map(({ arm, mended: m }) => [
        `${arm.letter.toUpperCase()} ${arm.name}`,
        ...[m.mended, m.broken, m.both, m.neither].map(count),
      ]),
    )}`;
};

const bins = 32;

/** How far each pair of the probe was pushed apart, in nats, one axis for all arms. */
export const apartPanel = (arms: readonly ShownArm[], whole = 640): TemplateResult | typeof nothing => {
  const rows = arms.flatMap((arm) => {
    const now = last(sinceStart(arm.probes));
    return now && now.x > 0
      ? [{ arm, values: now.changes.map(({ chosen, rejected }) => chosen.all - rejected.all) }]
      : [];
  });
  if (rows.length === 0) return nothing;
  const all = rows.flatMap(({ values }) => values);
  const [low, high] = [Math.min(0, ...all), Math.max(1, ...all)];
  const span = high - low;
  const histograms = rows.map(({ arm, values }) => {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) counts[Math.min(bins - 1, Math.floor(((value - low) / span) * bins))]!++;
    return { arm, values, counts };
  });
  const most = Math.max(...histograms.flatMap(({ counts }) => counts));
  const narrow = whole < 480; // a name then stands above its bars
  const left = narrow ? 4 : 130;
  const [width, height] = [whole - left - 10, narrow ? 66 : 56];
  const x = (value: number) => left + ((value - low) / span) * width;
  const marks = ticks(low, high, narrow ? 3 : 6);
  const digits = marks.every(Number.isInteger) ? 0 : 1;
  return html`<h2>How far each pair was pushed apart</h2>
    <svg class="apart" viewBox="0 0 ${whole} ${rows.length * height + 22}" role="img" data-testid="compare-apart"
      aria-label=${histograms.map(({ arm, values }) => `${arm.letter.toUpperCase()}, ${arm.name}: ${values.length} pairs, from ${signed(Math.min(...values), 1)} to ${signed(Math.max(...values), 1)} nats.`).join(' ')}>
      ${histograms.map(({ arm, counts }, i) => {
        const ground = (i + 1) * height - 6;
        const beta = arm.document.method.params['beta'];
        const target =
          arm.document.method.id === 'ipo' &&
          arm.document.method.params['average'] === 'sum' &&
          typeof beta === 'number'
            ? 1 / (2 * beta)
            : undefined;
        return svg`<text x="0" y=${narrow ? ground - height + 18 : ground - 4}>${arm.letter.toUpperCase()} ${shortened(arm.name, narrow ? 40 : 18)}</text>
          ${counts.map((n, k) => (n === 0 ? nothing : svg`<rect style="fill: var(${styles[arm.letter].color})" x=${(left + (k / bins) * width + 0.5).toFixed(1)} y=${(ground - (n / most) * (height - 24)).toFixed(1)} width=${(width / bins - 1).toFixed(1)} height=${((n / most) * (height - 24)).toFixed(1)} />`))}
          <path class="small-ground" d="M${left} ${ground}H${left + width}" />
          ${target !== undefined && target >= low && target <= high ? svg`<path class="target" d="M${x(target)} ${ground - height + 12}V${ground}" /><text class="axis" x=${x(target) + 4} y=${ground - height + 20}>its target</text>` : nothing}`;
      })}
      ${marks.map((value) => svg`<text class="axis" text-anchor=${x(value) > left + width - 16 ? 'end' : x(value) < left + 16 ? 'start' : 'middle'} x=${x(value)} y=${rows.length * height + 14}>${signed(value, digits)}</text>`)}
    </svg>
    <p class="quiet">The chosen answer’s log-prob less the rejected one’s, since the start, in nats.</p>
    ${numbersTable(
      'compare-apart',
      'How far each pair was pushed apart, in nats',
      ['arm', 'least', 'one in ten below', 'middle', 'one in ten above', 'most'],
      rows.map(({ arm, values }) => [
        `${arm.letter.toUpperCase()} ${arm.name}`,
        ...[0, 0.1, 0.5, 0.9, 1].map((share) => signed(quantile(values, share), 2)),
      ]),
    )}`;
};

export const letterOf = (index: number): Letter => letters[index]!;
