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

/** Test ids of the other pages, by the rule `page-thing[-id]`: an address, what is there, what it says. */
export const pageContract: readonly (readonly [address: string, ids: string, what: string])[] = [
  [
    '#/methods',
    'methods-row-<id>, methods-have-<id>, methods-want-<id>, methods-count',
    'the catalogue: rows, filters, and in data-count how many are shown',
  ],
  [
    '#/methods/dpo',
    'symbol-<id>, method-code, method-train',
    'a method: numbers of its symbols in data-value, its file, a run of it',
  ],
  [
    '#/compare',
    'compare-arm-<letter>, compare-same, compare-add',
    'arms, what is the same in them, another one; then compare-paired-<letter> with data-difference, and compare-failed where one failed',
  ],
  [
    '#/lessons/why-chosen-fall',
    'lesson-step-<n>, lesson-ask-<n>',
    'steps with data-state, questions; replies are lesson-reply-<n>, with data-truth',
  ],
  ['#/studies', 'study-<id>, studies-count', 'claims, each with data-verdict'],
  [
    '#/lab/loss',
    'loss-row-<n>, loss-card-<letter>, loss-ask-<id>',
    'answers with data-gained, methods with data-loss, questions to begin with',
  ],
  [
    '#/lab/click',
    'click-pair, click-left, click-right, click-same, click-neither, click-offer',
    'the pair with data-clicked; how many choices are wanting in data-left',
  ],
  [
    '#/lab/table',
    'lab, lab-start, lab-says',
    'an experiment (aria-busy), the start of its triangle, what it says',
  ],
  ['#/lab/tree', 'tree-replay, tree-on, tree-back, tree-says', 'a search: data-at of data-simulations'],
  [
    '#/class',
    'class-link-pupils, class-link-colleagues, class-unknown, class-files',
    'two links, data-count of names that do nothing, files that were handed in',
  ],
];

/** Fields of an address that a test has use for; for readers there are `view.hide`, `view.lock` and `view.seed` beside them. */
export const addressFields: readonly (readonly [string, string])[] = [
  ['start=1', 'trains at once, as if Train had been pressed; in an address that is followed later as well'],
  ['backend=wasm', 'the engine; the same numbers on every machine with the same browser'],
  [
    'view.brief=3',
    'on a lesson: each run stops after 3 updates a pass, from at most 24 pairs, and is measured on at most 24 problems; the lesson says so, replies are read off these runs, and answers are kept apart from those of the whole lesson',
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
