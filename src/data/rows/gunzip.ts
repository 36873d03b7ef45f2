import { DataError, reasonOf } from '../data-error';
import type { ByteSource } from './byte-source';
import { inBytes, limits } from './limits';

async function* unpack(source: ByteSource): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new DecompressionStream('gzip');
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let packed = 0;
  let unpacked = 0;
  let readError: unknown;
  const feed = async () => {
    try {
      for await (const chunk of source.chunks()) {
        packed += chunk.length;
        await writer.write(chunk);
      }
      await writer.close();
    } catch (error) {
      // What the decompressor says comes out of the reader too; what the file says does not.
      readError = error;
      await writer.abort(error).catch(() => {});
    }
  };
  const fed = feed();
  writer.closed.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      unpacked += value.length;
      if (unpacked > limits.unpacked) {
        throw new DataError(
          source.name,
          '',
          `unpacks to more than ${inBytes(limits.unpacked)}; split it, or unpack it first`,
        );
      }
      if (unpacked > limits.ratioFrom && unpacked > packed * limits.ratio) {
        throw new DataError(
          source.name,
          '',
          `unpacks to more than ${limits.ratio} times its size (${inBytes(unpacked)} from ${inBytes(packed)}), which no real data does; unpack it first if it is yours`,
        );
      }
      yield value as Uint8Array<ArrayBuffer>;
    }
    await fed;
    if (readError) throw readError;
  } catch (error) {
    if (error instanceof DataError) throw error;
    if (readError instanceof DataError) throw readError;
    throw new DataError(
      source.name,
      `after ${unpacked} unpacked bytes`,
      `the gzip stream is damaged or cut short (${reasonOf(error)}); fetch the file again`,
      { cause: error },
    );
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** The same bytes without gzip. @throws DataError from `chunks` when the stream is damaged or swells beyond reason */
export const gunzipped = (source: ByteSource): ByteSource => ({
  name: source.name,
  size: undefined,
  chunks: () => unpack(source),
});
