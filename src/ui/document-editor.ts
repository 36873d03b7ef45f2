import { defaultParams } from '../methods/params';
import { worldProblems } from '../tasks/cards';
import { withPreset } from '../train/presets';
import { defaultRun, parseRun, type RunDocument, RunDocumentError } from '../train/run-document';
import { createAddress } from './address';
import type { App, AppCore } from './app';
import { hubNameOf } from './bring/bring';
import { documentOfFields } from './document-of-fields';
import { loadModel } from './load-model';
import { readHash, writeHash } from './run-url';
import { withMethod } from './setup/with-method';
import type { FieldProblem, Missing, State } from './state';
import { isLive, noRun } from './state';
import { lockedChange } from './view-wishes';

const firstMethod = 'step-dpo';
const firstModel = 'arith-nano';

/** What is pending while the engine follows the form to another model. */
export const loading = 'Loading the model';

const problemsOf = (error: unknown): FieldProblem[] => {
  if (error instanceof RunDocumentError) return error.problems;
  const message = error instanceof Error ? error.message : String(error);
  const [field, ...rest] = message.split(': ');
  return [{ field: rest.length > 0 ? field! : 'document', message: rest.join(': ') || message }];
};

const longest = 300;
const shortened = ({ field, message, value }: FieldProblem): FieldProblem => ({
  field,
  message: message.length > longest ? `${message.slice(0, longest)} …` : message,
  value,
});

/** What a candidate holds at a path, whatever shape it has. */
const givenAt = (candidate: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at ? (at as Record<string, unknown>)[key] : undefined),
      candidate,
    );

type Known = Pick<State, 'connection' | 'models' | 'datasets' | 'adapters'>;

/** What only the engine would find otherwise: a valid document that names things which are not here. */
const unknownNames = (document: RunDocument, { models, datasets, adapters }: Known): FieldProblem[] => {
  const check = (
    field: string,
    value: string,
    known: readonly { id: string }[],
    remedy = '',
  ): FieldProblem[] =>
    known.some(({ id }) => id === value)
      ? []
      : [
          {
            field,
            message: `"${value}" is not here; use one of ${known.map(({ id }) => id).join(', ')}${remedy}`,
          },
        ];
  // The lists come with the first answer of the engine; there is always a built-in model in them.
  const listed = models.length > 0;
  const problems = listed
    ? check(
        'model',
        document.model,
        models,
        hubNameOf(document.model) ? ', or load it from the hub' : ', or bring it',
      )
    : [];
  const { dataset } = document.data;
  if (!dataset) problems.push(...worldProblems(document));
  else if (listed && !datasets.some(({ id }) => id === dataset.id)) {
    problems.push({
      field: 'data.dataset.id',
      message: `"${dataset.id}" is not here; choose its file again (the same file has the same id), or go on with the built-in problems`,
    });
  }
  const from = document.adapter?.from;
  if (from && listed && !adapters.some(({ id }) => id === from)) {
    problems.push({
      field: 'adapter.from',
      message: `"${from}" is not here; add its files again, or begin a new adapter`,
    });
  }
  return problems;
};

/** Keeps the run document, the form and the URL the same thing, and refuses what is not a valid document. */
export const createDocumentEditor = (app: AppCore & Pick<App, 'restart'>) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let behind = false;
  let start = false;
  /** What the engine still has to do for the document. */
  let followed = Promise.resolve();
  let onStart = () => {};

  const methods = () => app.store.get().methods;
  /** What an address means that names no method. */
  const standard = () => methods().find((m) => m.id === firstMethod) ?? methods()[0];

  /**
   * Writes the document into the URL: the first change at once, lest a reload right after it lose it, and those that follow closely
   * when they end; not every keystroke, browsers limit that.
   */
  const mirror = () => {
    behind = timer !== undefined;
    if (!behind) address.rewrite();
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      if (behind) address.rewrite();
    }, 150);
  };

  /** What an address asked for, so that it can be brought and taken up again. */
  const missingOf = (document: RunDocument, unknown: readonly FieldProblem[]): Missing => {
    const named = (field: string) => unknown.some((problem) => problem.field === field);
    return {
      ...(named('model') && { model: document.model }),
      ...(named('data.dataset.id') && document.data.dataset && { dataset: document.data.dataset }),
      ...(named('adapter.from') && document.adapter && { adapter: document.adapter }),
    };
  };

  /** @param byHand the reader changes it, who may not change everything */
  const take = (candidate: unknown, byHand = false): boolean => {
    const before = app.store.get().document;
    let document: RunDocument;
    try {
      document = parseRun(candidate, methods());
      const unknown = unknownNames(document, app.store.get());
      if (unknown.length > 0) app.store.set({ missing: missingOf(document, unknown) });
      if (unknown.length > 0) throw new RunDocumentError(unknown);
    } catch (error) {
      app.store.set({
        documentProblems: problemsOf(error).map((problem) =>
          shortened({ ...problem, value: givenAt(candidate, problem.field) }),
        ),
      });
      return false;
    }
    const fixed = byHand && before && lockedChange(app.store.get().view, before, document);
    if (fixed) {
      app.store.set({
        documentProblems: [{ field: fixed, message: 'was set by the link, and is not to be changed' }],
      });
      return false;
    }
    const follows = before !== undefined && !isLive(app.store.get().status?.phase);
    // In one change: nobody asks the model that goes about what is meant for the one that comes.
    const loads = follows && loadsAnew(before, document);
    app.store.set({ document, documentProblems: [], ...(loads && { pending: loading, trouble: undefined }) });
    mirror();
    if (follows) followed = follow(before, document);
    return true;
  };

  /** The engine has another model to load, and does not begin anew for another backend. */
  const loadsAnew = (before: RunDocument, document: RunDocument) =>
    app.store.get().connection === 'ready' &&
    before.backend === document.backend &&
    before.model !== document.model;

  /** The engine follows the form while no run is under way. */
  const follow = async (before: RunDocument, document: RunDocument) => {
    const { connection, unloaded } = app.store.get();
    // An engine that could not begin for want of its model begins anew with another.
    const wants = connection === 'failed' && unloaded !== '';
    if (connection !== 'ready' && !wants) return;
    if (before.backend !== document.backend || (wants && before.model !== document.model))
      await app.restart();
    else if (loadsAnew(before, document)) {
      await app.attempt(`loading ${document.model}`, async () => {
        try {
          await loadModel(app, document.model);
          app.store.set({ ...noRun, unloaded: '' }); // the engine has closed it, to answer with the new model
        } finally {
          app.store.set({ pending: '' });
        }
      });
    }
  };

  /** Takes over what the URL says; a bad one changes nothing and says why. */
  const fromHash = () => {
    try {
      const contents = readHash(location.hash);
      start = contents.start;
      take(documentOfFields(contents.fields ?? {}, methods(), standard(), app.store.get().document));
    } catch (error) {
      app.store.set({ documentProblems: problemsOf(error) });
    }
  };

  const startAsked = () => start && app.store.get().documentProblems.length === 0;

  const address = createAddress(
    () => {
      const { document } = app.store.get();
      const method = methods().find((m) => m.id === document?.method.id);
      const first = standard();
      if (!document || !method || !first) return undefined;
      return writeHash(document, {
        ...defaultRun(method, document.model),
        model: defaultRun(method).model,
        method: { ...defaultRun(method).method, id: first.id },
      });
    },
    () => {
      fromHash();
      if (startAsked()) void followed.then(() => onStart());
    },
    (place, view) => app.store.set({ place, view }),
  );

  return {
    address,
    mirror,
    take,
    end() {
      clearTimeout(timer);
      address.end();
    },
    /** Called when the catalogue is there: defaults, then the URL. */
    begin() {
      if (app.store.get().document) return;
      const method = standard();
      if (!method) throw new Error('The catalogue has no methods.');
      app.store.set({ document: defaultRun(method) });
      fromHash();
      address.begin();
      // A URL that was refused stays as it is, to be corrected.
      if (app.store.get().documentProblems.length === 0) mirror();
    },
    /** The lists have come: what the document names must be in them. Else something that is here takes its place. */
    checkNames() {
      const { document, models } = app.store.get();
      if (!document || models.length === 0) return;
      const unknown = unknownNames(document, app.store.get());
      const missing = missingOf(document, unknown);
      if (Object.keys(missing).length === 0) return;
      const model = missing.model
        ? (models.find(({ id }) => id === firstModel) ?? models[0]!).id
        : document.model;
      clearTimeout(timer); // the URL stays, to be corrected
      app.store.set({
        document: {
          ...document,
          model,
          adapter: missing.adapter ? { ...missing.adapter, from: null, reference: 'base' } : document.adapter,
          data: missing.dataset ? { ...document.data, dataset: null } : document.data,
        },
        documentProblems: unknown.map(shortened),
        missing,
      });
    },
    /** Drops what was refused: the form shows the document again. */
    forgive() {
      app.store.set({ documentProblems: [], missing: {}, trouble: undefined });
      mirror();
    },
    startAsked,
    /** @param f called when an address that was typed or followed later asks to train at once */
    onStart(f: () => void) {
      onStart = f;
    },
    edit(change: (document: RunDocument) => unknown): boolean {
      const { document } = app.store.get();
      return document ? take(change(document), true) : false;
    },
    /** Another method; see `withMethod` for what stays. */
    chooseMethod(id: string) {
      const method = methods().find((m) => m.id === id);
      const { document } = app.store.get();
      if (!method || !document || document.method.id === id) return;
      take(
        withMethod(
          document,
          methods().find((m) => m.id === document.method.id),
          method,
        ),
        true,
      );
    },
    /** Named settings of the method. */
    choosePreset(id: string) {
      const { document } = app.store.get();
      const method = methods().find((m) => m.id === document?.method.id);
      const preset = method?.presets.find((p) => p.id === id);
      if (document && method && preset) take(withPreset(document, method, preset), true);
    },
    /** Another source of training data, at its own defaults. */
    chooseSource(id: string) {
      const { document } = app.store.get();
      const source = methods()
        .find((m) => m.id === document?.method.id)
        ?.sources.find((s) => s.id === id);
      if (!document || !source) return;
      take({ ...document, data: { ...document.data, source: { id, params: defaultParams(source) } } }, true);
    },
  };
};
