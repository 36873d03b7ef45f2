const LF = 10;
const CR = 13;
const QUOTE = 34;

/**
 * Makes each line end outside quotes (`\r\n`, `\n` or `\r`, also mixed) a `\n`; inside quotes everything stays. The
 * function returned takes a text piece by piece, cut anywhere.
 * @param delimiter one character
 */
export const unifyLineEnds = (delimiter: string): ((piece: string) => string) => {
  const separator = delimiter.charCodeAt(0);
  let quoted = false;
  /** A quote opens only here; one that closes may turn out to be the first of two, which mean one inside. */
  let cellBegins = true;
  let closed = false;
  let afterCr = false;
  return (piece) => {
    const kept: string[] = [];
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const c = piece.charCodeAt(i);
      if (afterCr) {
        afterCr = false;
        if (c === LF) {
          kept.push(piece.slice(from, i));
          from = i + 1;
          continue;
        }
      }
      if (quoted) {
        if (c !== QUOTE) continue;
        quoted = false;
        closed = true;
        continue;
      }
      if (c === QUOTE && (cellBegins || closed)) quoted = true;
      else if (c === CR) {
        kept.push(piece.slice(from, i), '\n');
        from = i + 1;
        afterCr = true;
      }
      closed = false;
      cellBegins = !quoted && (c === separator || c === LF || c === CR);
    }
    if (from === 0) return piece;
    kept.push(piece.slice(from));
    return kept.join('');
  };
};
