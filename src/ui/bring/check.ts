import type { AppCore } from '../app';
import { isMoving } from '../state';
import { checkKey } from './check-key';

const previewRows = 16;
const restMs = 350;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Reads the dataset as a run would: the first rows whenever the settings rest, the whole of it when asked to. */
export const createCheck = (app: AppCore) => {
  const get = () => app.store.get();
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The call under way: the engine reads one dataset at a time. */
  let current: Promise<void> = Promise.resolve();
  let previewing = false;
  let wanted = '';

  const mayPreview = () => {
    const { connection, document, status, checking, pending, bringing } = get();
    return (
      connection === 'ready' &&
      !!document?.data.dataset &&
      !checking &&
      !pending &&
      !bringing &&
      !isMoving(status?.phase)
    );
  };

  const preview = async () => {
    const { document } = get();
    const dataset = document?.data.dataset;
    if (!document || !dataset || !mayPreview()) {
      wanted = '';
      return;
    }
    const key = checkKey(document);
    const { limit } = dataset.settings;
    const settings = {
      ...dataset.settings,
      heldOut: 0, // of so few rows, none can be spared
      limit: Math.min(limit ?? previewRows, previewRows),
    };
    const few = { ...document, data: { ...document.data, dataset: { ...dataset, settings } } };
    const asked = app.connection;
    previewing = true;
    try {
      const report = await asked.api.checkDataset(few);
      if (wanted === key) app.store.set({ preview: { key, report }, previewProblem: '' });
    } catch (error) {
      if (wanted === key && asked === app.connection) app.store.set({ previewProblem: messageOf(error) });
    } finally {
      previewing = false;
    }
  };

  const schedule = () => {
    const { document } = get();
    const key = document?.data.dataset ? checkKey(document) : '';
    if (key === wanted) return;
    if (key === '') {
      wanted = '';
      clearTimeout(timer);
      app.store.set({ preview: undefined, previewProblem: '', checked: undefined, checkProblem: '' });
      return;
    }
    if (!mayPreview()) return;
    wanted = key;
    clearTimeout(timer);
    timer = setTimeout(() => {
      current = current.then(preview);
    }, restMs);
  };

  const end = app.store.subscribe((changed) => {
    if (
      ['document', 'connection', 'status', 'checking', 'pending', 'bringing'].some((k) =>
        changed.has(k as never),
      )
    )
      schedule();
  });

  return {
    end() {
      clearTimeout(timer);
      end();
    },
    /** The whole dataset; the report is shown, or why there is none. True when there is one. */
    async check(): Promise<boolean> {
      const { document, checking } = get();
      if (!document?.data.dataset || checking) return false;
      clearTimeout(timer);
      const asked = app.connection;
      app.store.set({ checking: true, checkProblem: '', progress: undefined });
      try {
        if (previewing) {
          wanted = ''; // it is read again afterwards, and its end is no problem to speak of
          await asked.api.cancelCheck();
        }
        await current;
        const report = await asked.api.checkDataset(document);
        app.store.set({ checked: { key: checkKey(document), report } });
        return true;
      } catch (error) {
        if (asked === app.connection) app.store.set({ checkProblem: messageOf(error) });
        return false;
      } finally {
        app.store.set({ checking: false, progress: undefined });
      }
    },
    cancel: () => app.attempt('ending the check', () => app.connection.api.cancelCheck()),
  };
};
