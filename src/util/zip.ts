import { Zip, ZipPassThrough } from 'fflate';
import { joinBytes } from './join-bytes';

/** A file of the zip, whole or in parts that are made one by one. */
export type Content = Uint8Array | Iterable<Uint8Array>;

const isBytes = (content: Content): content is Uint8Array => content instanceof Uint8Array;

/** The files as a zip, not compressed: weights do not shrink, and a large model should be written in one go. */
export const zipOf = (files: ReadonlyMap<string, Content>): Uint8Array => {
  const chunks: Uint8Array[] = [];
  let failed: Error | undefined;
  const zip = new Zip((error, chunk) => {
    if (error) failed ??= error;
    else chunks.push(chunk);
  });
  for (const [name, content] of files) {
    const entry = new ZipPassThrough(name);
    entry.mtime = new Date('2020-01-01T00:00:00Z'); // equal runs give equal files
    zip.add(entry);
    for (const part of isBytes(content) ? [content] : content) entry.push(part);
    entry.push(new Uint8Array(0), true);
  }
  zip.end();
  if (failed) throw failed;
  return joinBytes(chunks);
};
