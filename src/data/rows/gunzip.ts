import { DataError } from '../data-error';
import type { ByteSource } from './byte-source';
import { inBytes, limits } from './limits';

/** Bytes unpacked at a time: at the best ratio there is, what comes of them is held at once. */
const PIECE = 32 * 1024;

/**
 * Gzip in pieces: members one after the other (as `cat a.gz b.gz` and block-wise packers make them) are one text, zeros
 * behind them are padding. A browser's own `DecompressionStream` takes the first member only.
 */
async function* unpack(source: ByteSource): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { Inflate } = await import('pako');
  const out: Uint8Array<ArrayBuffer>[] = [];
  let packed = 0;
  let unpacked = 0;
  const begin = () => {
    const inflate = new Inflate({ windowBits: 31, chunkSize: 256 * 1024 }); // 31: gzip and nothing else
    inflate.onData = (bytes) => {
      unpacked += bytes.length;
      out.push(bytes);
    };
    return inflate;
  };
  const damaged = (why: string): never => {
    throw new DataError(
      source.name,
      `after ${unpacked} unpacked bytes`,
      `the gzip stream is damaged or cut short (${why}); fetch the file again`,
    );
  };
  const checkSize = () => {
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
  };
  let member: ReturnType<typeof begin> | undefined = begin();
  for await (const chunk of source.chunks()) {
    for (let at = 0; at < chunk.length; at += PIECE) {
      let piece = chunk.subarray(at, at + PIECE);
      packed += piece.length;
      if (!member) {
        const next = piece.findIndex((byte) => byte !== 0);
        if (next < 0) continue;
        piece = piece.subarray(next);
        member = begin();
      }
      member.push(piece);
      if (member.err !== 0) damaged(member.msg);
      if (member.ended) member = undefined;
      checkSize();
      yield* out.splice(0);
    }
  }
  if (member) damaged('its end is missing');
}

/** The same bytes without gzip. @throws DataError from `chunks` when the stream is damaged or swells beyond reason */
export const gunzipped = (source: ByteSource): ByteSource => ({
  name: source.name,
  size: undefined,
  chunks: () => unpack(source),
});
