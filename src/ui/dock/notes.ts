import { outcomeOf } from '../../train/outcome';
import type { RunDocument } from '../../train/run-document';
import { count, plural } from '../format';
import { type FieldName, fieldNames } from '../setup/field-labels';
import { isLive, isMoving, lacksData, type State } from '../state';

/** What a button of a note does. */
export type NoteAct =
  | { kind: 'field'; path: string }
  | { kind: 'section'; id: 'keep' | 'bring' }
  | { kind: 'restore' };

export interface Note {
  /** Test id. */
  id: string;
  /** 'stop': Train waits for it; 'warn': something was or will be lost; 'hint': good to know. */
  tone: 'stop' | 'warn' | 'hint';
  text: string;
  actions: readonly { id: string; label: string; act: NoteAct }[];
}

/** Paths of the fields in which two documents differ; a part that only one of them has is named whole. */
export const differences = (a: unknown, b: unknown, path = ''): string[] => {
  if (Object.is(a, b)) return [];
  const isPart = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isPart(a) || !isPart(b)) return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    differences(a[key], b[key], path === '' ? key : `${path}.${key}`),
  );
};

/** What goes with another choice, and is not told beside it: another method has other parameters. */
const goesWith = { 'method.id': 'method.params.', 'data.source.id': 'data.source.params.' } as const;

const toldOf = (paths: readonly string[]): string[] =>
  paths.filter(
    (path) =>
      !Object.entries(goesWith).some(([owner, part]) => paths.includes(owner) && path.startsWith(part)),
  );

const listed = (items: readonly string[]): string => {
  const most = 3;
  const shown = items.slice(0, most);
  const rest = items.length - shown.length;
  const parts = rest > 0 ? [...shown, `${count(rest)} more`] : shown;
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
};

const changedSettings = (state: Readonly<State>, names: ReadonlyMap<string, FieldName>): Note[] => {
  const { status, runDocument, document, arms } = state;
  // The form has what the arms of a comparison share, and not what is each one's own.
  if (arms.length > 0 || !isLive(status?.phase) || status?.phase === 'idle' || !runDocument || !document)
    return [];
  const labels = [
    ...new Set(toldOf(differences(runDocument, document)).map((path) => names.get(path)?.label ?? path)),
  ];
  if (labels.length === 0) return [];
  const goesOn = isMoving(status?.phase) ? 'The run goes on' : 'Resume goes on';
  return [
    {
      id: 'changed-settings',
      tone: 'hint',
      text: `${listed(labels)}: changed for the next run. ${goesOn} with the settings that it began with; to use these, stop it and train anew.`,
      actions: [{ id: 'changed-restore', label: 'Back to this run’s settings', act: { kind: 'restore' } }],
    },
  ];
};

/** Trees that the document's run would train on, where that is known before it begins. */
export const treesOf = (
  document: RunDocument,
  { checked }: Readonly<State>,
  key: string,
): number | undefined => {
  if (document.data.dataset === null) return document.data.trees;
  return checked?.key === key ? checked.report.trees.train : undefined;
};

const largeBatch = (state: Readonly<State>, key: string): Note[] => {
  const { document, status } = state;
  if (!document || isMoving(status?.phase) || lacksData(state)) return [];
  const trees = treesOf(document, state, key);
  const batch = document.batchSize * document.accumulate;
  if (trees === undefined || batch <= trees || trees === 0) return [];
  return [
    {
      id: 'large-batch',
      tone: 'hint',
      text: `Each step takes ${count(batch)}, and there ${trees === 1 ? 'is' : 'are'} only ${plural(trees, 'example')}: it will see ${trees === 1 ? 'it' : 'some of them'} ${plural(Math.ceil(batch / trees), 'time')}.`,
      actions: [
        { id: 'large-batch-size', label: 'Batch size', act: { kind: 'field', path: 'batchSize' } },
        ...(document.data.dataset
          ? []
          : [
              {
                id: 'large-batch-trees',
                label: fieldNames(state).get('data.trees')?.label ?? 'Pairs to make',
                act: { kind: 'field', path: 'data.trees' },
              } as const,
            ]),
      ],
    },
  ];
};

const missingData = (state: Readonly<State>): Note[] => {
  const { document, models, status } = state;
  if (!document || isMoving(status?.phase) || !lacksData(state)) return [];
  const name = models.find((m) => m.id === document.model)?.name ?? document.model;
  return [
    {
      id: 'lacks-data',
      tone: 'stop',
      text: `${name} needs a file of examples: the built-in problems are made for the built-in models.`,
      actions: [
        { id: 'lacks-data-choose', label: 'Choose a file', act: { kind: 'field', path: 'data.dataset' } },
      ],
    },
  ];
};

const unreadableData = ({ previewProblem, document, status }: Readonly<State>): Note[] =>
  previewProblem && document?.data.dataset && !isMoving(status?.phase)
    ? [
        {
          id: 'unreadable-data',
          tone: 'warn',
          text: `The first rows cannot be used as they are read: ${previewProblem}`,
          actions: [
            {
              id: 'unreadable-data-go',
              label: 'How it is read',
              act: { kind: 'field', path: 'data.dataset.settings.format' },
            },
          ],
        },
      ]
    : [];

const unsaved = ({ saveProblem, status }: Readonly<State>): Note[] =>
  saveProblem
    ? [
        {
          id: 'save-problem',
          tone: 'warn',
          text: `Step ${count(status?.step ?? 0)} is not saved: ${saveProblem} ${isMoving(status?.phase) ? 'Training goes on; what' : 'What'} is not saved goes with this page.`,
          actions: [
            {
              id: 'save-problem-storage',
              label: 'Show what is stored',
              act: { kind: 'section', id: 'keep' },
            },
          ],
        },
      ]
    : [];

const worseThanBefore = ({ evaluations, status }: Readonly<State>): Note[] => {
  if (status?.phase !== 'finished' && status?.phase !== 'stopped') return [];
  const outcome = outcomeOf(evaluations.map((e) => e.evaluation));
  if (!outcome?.clear) return [];
  const what =
    outcome.last.kind === 'pairs'
      ? 'The loss on held-out rows is higher than before training: the examples are being learned by heart.'
      : outcome.trend === 'collapsed'
        ? 'The model has lost most of what it could do before training.'
        : 'The model solves fewer problems than before training.';
  return [
    {
      id: 'worse',
      tone: 'warn',
      text: `${what} A lower learning rate or fewer steps may help.`,
      actions: [
        { id: 'worse-rate', label: 'Learning rate', act: { kind: 'field', path: 'optimizer.learningRate' } },
        { id: 'worse-steps', label: 'Steps', act: { kind: 'field', path: 'steps' } },
      ],
    },
  ];
};

/**
 * What there is to say about Train beside a failure, refused fields and an offer to go on, which have forms of their own.
 * @param key of the data as the document reads them, see `checkKey`
 */
export const notesOf = (
  state: Readonly<State>,
  names: ReadonlyMap<string, FieldName>,
  key: string,
): Note[] => [
  ...missingData(state),
  ...unreadableData(state),
  ...unsaved(state),
  ...worseThanBefore(state),
  ...changedSettings(state, names),
  ...largeBatch(state, key),
];
