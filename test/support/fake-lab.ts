import type { LabCard, LabResult } from '../../src/lab/lab';

const number = (help: string, value: number, max: number) => ({
  kind: 'number' as const,
  label: help.toLowerCase(),
  help: `${help}.`,
  min: 0,
  max,
  default: value,
  from: 'ours' as const,
});

/** Two experiments of a made-up lab: a line, and a triangle. */
export const fakeLabs: readonly LabCard[] = [
  {
    id: 'table',
    name: 'Three actions',
    paper: { title: 'Papers', year: 2023 },
    summary: 'Where does it go?',
    notes: ['A note.'],
    params: {
      method: {
        kind: 'choice',
        label: 'method',
        help: 'Whose loss.',
        options: { ipo: 'IPO', dpo: 'DPO' },
        default: 'ipo',
        from: 'ours',
      },
      beta: number('Beta', 0.5, 10),
      a: number('Start a', 0.34, 0.998),
      b: number('Start b', 0.33, 0.998),
      arrows: { kind: 'flag', label: 'arrows', help: 'All of it.', default: true, from: 'ours' },
    },
  },
  {
    id: 'line',
    name: 'A line',
    paper: { title: 'On lines', year: 2024, arxiv: '2401.00001' },
    summary: 'How steep is it?',
    notes: [],
    params: { slope: number('Slope', 2, 5) },
  },
];

const triangle = ({ method, a, b, arrows }: Record<string, unknown>): LabResult => {
  const start = [Number(a), Number(b), 1 - Number(a) - Number(b)];
  return {
    says: [`${String(method)} goes to the middle.`],
    numbers: { 'end/a': 1 / 3 },
    figures: [
      {
        kind: 'triangle',
        id: 'flow',
        title: String(method).toUpperCase(),
        corners: ['a', 'b', 'c'],
        arrows: arrows ? [{ at: [0.5, 0.25, 0.25], by: [-0.1, 0.05, 0.05] }] : [],
        path: [start, [1 / 3, 1 / 3, 1 / 3]],
        sentence: `From ${start.map((p) => p.toFixed(2)).join(', ')} to the middle.`,
      },
    ],
  };
};

const line = ({ slope }: Record<string, unknown>, seed: number): LabResult => ({
  says: [`It rises by ${String(slope)}.`],
  numbers: { slope: Number(slope), seed },
  figures: [
    {
      id: 'line',
      title: 'The line',
      xAxis: 'step',
      yAxis: 'height',
      series: [
        {
          label: 'measured',
          x: [0, 1, 2],
          y: [0, 1, 2].map((x) => x * Number(slope)),
          low: [0, 1, 2],
          high: [1, 3, 9],
        },
        { label: 'wanted', x: [0, 2], y: [0, 4], theory: true },
      ],
      sentence: `At step 2 it is ${2 * Number(slope)} high.`,
    },
  ],
});

export const runFakeLab = (id: string, given: Readonly<Record<string, unknown>>, seed: number): LabResult => {
  const card = fakeLabs.find((each) => each.id === id)!;
  const params = {
    ...Object.fromEntries(Object.entries(card.params).map(([name, spec]) => [name, spec.default])),
    ...given,
  };
  if (params['slope'] === 5) throw new Error('slope: is 5, and the fake lab refuses that');
  return id === 'table' ? triangle(params) : line(params, seed);
};

/** A made-up analysis of the open run. */
export const fakeAnalyses: readonly LabCard[] = [
  {
    id: 'look',
    name: 'A look',
    paper: { title: 'On looking', year: 2024 },
    summary: 'What is there?',
    notes: [],
    params: { depth: number('Depth', 1, 3) },
  },
];

export const fakeAnalysis = ({ depth = 1 }: Readonly<Record<string, unknown>>): LabResult => ({
  says: [`Looked ${String(depth)} deep.`],
  numbers: { depth: Number(depth) },
  figures: [
    {
      kind: 'bars',
      id: 'amounts',
      title: 'Amounts',
      axis: 'share',
      shares: true,
      bars: [
        { label: 'first', value: 0.5, low: 0.4, high: 0.6, note: 'ten answers' },
        { label: 'second', value: 0.25 },
      ],
      sentence: 'first 50 %; second 25 %.',
    },
    {
      kind: 'texts',
      id: 'answers',
      title: 'Answers',
      columns: ['before', 'now'],
      rows: [{ prompt: '1,+1\n', texts: ['A:2', 'A:3'] }],
      sentence: 'One of 1.',
    },
  ],
});
