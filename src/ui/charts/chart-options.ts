import type uPlot from 'uplot';
import { number } from '../format';
import type { Figure } from './curves';

/** What a custom property is right now, as a colour that a canvas takes. */
const colorOf = (near: HTMLElement, property: string): string => {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  near.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
};

const withAlpha = (color: string, alpha: number) =>
  color.replace(/^rgb\(([^)]*)\)$/, (_, parts: string) => `rgba(${parts}, ${alpha})`);

const shortPercent = (share: number) => `${Math.round(100 * share)}\u202f%`;

/** Distances between marks of the axis of steps, which are whole. */
const wholeSteps = [1, 10, 100, 1000, 10_000, 100_000].flatMap((unit) => [unit, 2 * unit, 5 * unit]);

/** What a chart asks its element for while it lives. */
export interface ChartSource {
  stages(): readonly { id: string; x: number; label?: string }[];
  /** Where the axis of steps ends. */
  steps(): number;
  /** Told which row the cursor is at; undefined when it is nowhere. */
  look(row: number | undefined): void;
}

/** uPlot's options of a figure: quiet axes with their names, one cursor over all charts, a rule where a pass begins. */
export const chartOptions = (
  near: HTMLElement,
  figure: Figure,
  source: ChartSource,
  size: { width: number; height: number },
): uPlot.Options => {
  const color = (property: string) => colorOf(near, property);
  const font = '12px system-ui, sans-serif';
  const ink = color('--ink-quiet');
  const line = color('--line');
  const named = (label: string) => ({ label, labelFont: font, labelSize: 18, labelGap: 0 });
  const axis = (scale: string, label: string, right = false): uPlot.Axis => ({
    scale,
    stroke: ink,
    font,
    ...named(label),
    size: (_, values) => 14 + 7 * Math.max(4, ...(values ?? []).map((value) => value.length)),
    side: right ? 1 : 3,
    grid: { show: !right, stroke: line, width: 1 },
    ticks: { stroke: line, size: 4 },
    values: (_, values) => values.map((v) => (figure.shares ? shortPercent(v) : number(v))),
  });
  const hasRight = figure.series.some((s) => s.right);
  const bands = figure.series.flatMap((s, i): uPlot.Band[] =>
    s.edge && figure.series[i + 1]?.edge
      ? [{ series: [i + 2, i + 1], fill: withAlpha(color(s.color), 0.14) }]
      : [],
  );
  return {
    ...size,
    legend: { show: false },
    cursor: { sync: { key: 'curves' }, y: false, points: { size: 7 } },
    scales: {
      x: { time: false, range: () => [0, source.steps()] },
      y: figure.shares ? { range: [0, 1] } : {},
      right: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.08 : 1] },
    },
    axes: [
      {
        stroke: ink,
        font,
        ...named(figure.xAxis ?? 'step'),
        ...(figure.xAxis === undefined && { incrs: wholeSteps }),
        grid: { show: false },
        ticks: { stroke: line, size: 4 },
        size: 28,
      },
      axis('y', figure.axis),
      ...(hasRight ? [axis('right', figure.rightAxis ?? '', true)] : []),
    ],
    series: [
      {},
      ...figure.series.map((s): uPlot.Series => {
        const stroke = color(s.color);
        return {
          label: s.label,
          scale: s.right ? 'right' : 'y',
          ...(s.edge ? { width: 0 } : { stroke, width: 1.75 }),
          ...(s.dash ? { dash: [...s.dash] } : {}),
          points: s.marks ? { show: true, size: 7, fill: stroke } : { show: false },
          spanGaps: false,
        };
      }),
    ],
    bands,
    hooks: {
      setCursor: [(plot) => source.look(plot.cursor.idx ?? undefined)],
      draw: [
        (plot) => {
          const { ctx, bbox } = plot;
          ctx.save();
          ctx.strokeStyle = ink;
          ctx.setLineDash([4, 4]);
          ctx.fillStyle = ink;
          ctx.font = font;
          for (const { x, label } of source.stages().slice(1)) {
            const at = Math.round(plot.valToPos(x, 'x', true));
            ctx.beginPath();
            ctx.moveTo(at, bbox.top);
            ctx.lineTo(at, bbox.top + bbox.height);
            ctx.stroke();
            if (label) ctx.fillText(label, at + 4, bbox.top + 12);
          }
          ctx.restore();
        },
      ],
    },
  };
};
