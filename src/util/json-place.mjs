// In plain JavaScript, because the page and the scripts both use it.

/**
 * The line of a character.
 * @param {string} text
 * @param {number} index
 * @returns {number} from 1
 */
export const lineAt = (text, index) => text.slice(0, index).split('\n').length;

const space = /[ \t\r\n]*/y;
const scalar =
  /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** Index of the first character that JSON does not allow there. JSON.parse tells it in some versions of Node only. */
const errorIndex = (text) => {
  let at = 0;
  const skip = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at += found[0].length;
    return found !== null;
  };
  const take = (character) => {
    skip(space);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  // Each returns false with `at` on the offending character.
  const list = (close, item) => {
    if (take(close)) return true;
    do if (!item()) return false;
    while (take(','));
    return take(close);
  };
  const member = () => {
    skip(space);
    return text[at] === '"' && skip(scalar) && take(':') && value();
  };
  const value = () => {
    if (take('{')) return list('}', member);
    if (take('[')) return list(']', value);
    return skip(scalar);
  };
  if (value()) skip(space);
  return at;
};

/**
 * The line on which a text ceases to be JSON.
 * @param {string} text
 * @returns {number} from 1
 */
export const jsonErrorLine = (text) => lineAt(text, errorIndex(text));
