import { createSha256 } from '../util/sha256';
import type { FileSet, FileSetInfo, FileStore } from './files';

/** Bytes read from a dropped file at a time. */
const PIECE = 8 * 1024 * 1024;

/**
 * Stores files that a person dropped: a model folder, a GGUF, an adapter folder, a dataset's raw file. They are read
 * piece by piece and hashed on the way; the set's `files` then hold each one's SHA-256.
 * @param files by name, with '/' for folders
 * @param options.onProgress hears bytes done and bytes in all
 * @returns the stored set, whose `kept` is false when it found room in memory only
 * @throws StoreError; the signal's reason when aborted. Then nothing of it is left.
 */
export const keepFiles = async (
  store: FileStore,
  info: Omit<FileSetInfo, 'files' | 'source'>,
  files: ReadonlyMap<string, Blob>,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<FileSet> => {
  const { signal, onProgress } = options;
  const entries = [...files].map(([name, blob]) => ({ name, bytes: blob.size }));
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const release = await store.lock(info.kind, info.id, signal ? { signal } : {});
  try {
    const writer = await store.begin({ ...info, files: entries });
    try {
      let done = 0;
      for (const [name, blob] of files) {
        if (writer.have(name) > 0) await writer.reset(name); // of another file of this name and size, perhaps
        const hash = createSha256();
        for (let start = 0; start < blob.size; start += PIECE) {
          signal?.throwIfAborted();
          const piece = new Uint8Array(await blob.slice(start, start + PIECE).arrayBuffer());
          hash.update(piece);
          if (start + piece.byteLength === blob.size) writer.note(name, { sha256: hash.hex() });
          await writer.write(name, start, piece);
          done += piece.byteLength;
          onProgress?.(done, total);
        }
        if (blob.size === 0) writer.note(name, { sha256: hash.hex() });
      }
      signal?.throwIfAborted();
      return await writer.finish();
    } catch (error) {
      await writer.abandon().catch(() => undefined); // it is at hand to be dropped again
      throw error;
    }
  } finally {
    release();
  }
};
