/** What is promised to whoever drives the page from a program. The README says the same; a test holds both against the page. */

/** Test ids. */
export const contract: readonly (readonly [string, string])[] = [
  ['train', 'the main button; pause while it trains, resume when it is paused'],
  ['step, stop', 'one optimiser step; the end of the run'],
  [
    'status, accuracy',
    'the sentence about the run; held-out accuracy before and now; beside it, in worlds that measure more, measures with measure-asr and the like, which carry data-before and data-now too',
  ],
  [
    'method-<id>, field-<path>',
    'the form: method-dpo, field-steps, field-optimizer-learningRate, field-method-params-beta',
  ],
  ['model-files, data-file', 'file inputs'],
  ['loss-table, margins-table, logps-table, accuracy-table', "the curves' numbers"],
  ['tree-<n>, credit', 'a pair, and its tokens (aria-busy until they are there)'],
  [
    'problems-load, run-list, export-model, metrics-json, copy-run',
    'held-out problems; stored runs; what can be taken away',
  ],
];

/** Values of `data-phase`. */
export const phaseTable: readonly (readonly [string, string])[] = [
  ['none', 'no run is open'],
  ['idle', 'a run is open and has not begun'],
  ['loading, evaluating, collecting, scoring, training', 'it moves'],
  ['paused', 'it waits'],
  ['finished, stopped, failed', 'it has ended'],
];

/** What `window.marginalia` has. */
export const driverCalls: readonly (readonly [string, string])[] = [
  ['ready', 'a promise of the engine: which backend'],
  [
    'configure(document), train()',
    'takes a run document, or throws what is wrong with it; trains it, and resolves when it has ended',
  ],
  ['run, events', 'document and status of the run shown; every event since the page opened'],
  ['addModel(files), addDataset(file), addAdapter(files)', 'bring them, from files or from a hub'],
  ['checkDataset(), estimate()', 'the report on every row; what the run would take'],
  ['api', 'every call of workers/protocol.ts'],
];
