import type { RunDocument } from '../../train/run-document';

/** What a dataset's report depends on. Equal keys, equal reports. */
export const checkKey = (document: RunDocument | undefined): string =>
  document ? JSON.stringify([document.model, document.method.id, document.seed, document.data.dataset]) : '';
