/** GPT-2's way to write each byte as a printable character: those that are printable as themselves, the rest from U+0100. */
const isPrintable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/** The character of each byte. */
export const byteCharacters: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
})();

export const characterBytes: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((c, byte) => [c, byte]),
);

const encoder = new TextEncoder();

/** UTF-8 of a text, a character for each byte. */
export const toByteCharacters = (text: string): string => {
  let written = '';
  for (const byte of encoder.encode(text)) written += byteCharacters[byte]!;
  return written;
};
